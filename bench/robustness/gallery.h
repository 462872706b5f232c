#pragma once

#include <opencv2/core.hpp>

#include <string>
#include <vector>

namespace sightingd::bench {

/// A picture as somebody posted it first.
struct Original {
  std::string name;
  bool is_photograph = false;  ///< Else drawn.
  std::string jpeg;
};

/// Different pictures, each once.
class Gallery {
 public:
  /// Pictures are reduced to so many pixels on the longer side, as networks do.
  static constexpr int kLongestSide = 1280;
  /// Two of which the gray thumbnails of 32 x 32 correlate above this show the same; so hashes
  /// have no say in it.
  static constexpr double kSameCorrelation = 0.95;

  /// Adds a picture of 8-bit RGB, unless one shows the same: then its name goes to left_out().
  void add(std::string name, bool is_photograph, const cv::Mat& rgb);

  const std::vector<Original>& originals() const { return originals_; }
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  std::vector<Original> originals_;
  std::vector<std::string> left_out_;
  std::vector<cv::Mat> thumbnails_;  ///< Of `originals_`: mean 0, length 1.
};

}  // namespace sightingd::bench
