#include "bench/robustness/gallery.h"

#include "bench/robustness/files.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <utility>

namespace sightingd::bench {
namespace {

constexpr int kQuality = 90;

cv::Mat thumbnail_of(const cv::Mat& rgb) {
  cv::Mat gray;
  cv::cvtColor(rgb, gray, cv::COLOR_RGB2GRAY);
  cv::resize(gray, gray, {32, 32}, 0, 0, cv::INTER_AREA);
  gray.convertTo(gray, CV_64F);
  gray -= cv::mean(gray)[0];
  const double length = cv::norm(gray);
  return length == 0 ? gray : cv::Mat(gray / length);
}

cv::Mat reduced(const cv::Mat& rgb) {
  const double scale = static_cast<double>(Gallery::kLongestSide) / std::max(rgb.cols, rgb.rows);
  if (scale >= 1) {
    return rgb;
  }
  cv::Mat small;
  cv::resize(rgb, small, {}, scale, scale, cv::INTER_AREA);
  return small;
}

}  // namespace

void Gallery::add(std::string name, bool is_photograph, const cv::Mat& rgb) {
  const cv::Mat small = reduced(rgb);
  const cv::Mat thumbnail = thumbnail_of(small);
  for (std::size_t i = 0; i < originals_.size(); ++i) {
    if (thumbnail.dot(thumbnails_[i]) > kSameCorrelation) {
      left_out_.push_back(name + " (shows what " + originals_[i].name + " shows)");
      return;
    }
  }
  thumbnails_.push_back(thumbnail);
  originals_.push_back({std::move(name), is_photograph, encode_jpeg(small, kQuality)});
}

}  // namespace sightingd::bench
