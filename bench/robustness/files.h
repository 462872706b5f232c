#pragma once

#include <opencv2/core.hpp>

#include <optional>
#include <string>

/// Pictures of 8-bit RGB to files, and back.
namespace sightingd::bench {

std::string encode_jpeg(const cv::Mat& rgb, int quality);
std::string encode_png(const cv::Mat& rgb);
std::string encode_webp(const cv::Mat& rgb, float quality);

/// Nothing if it is not a JPEG that can be read as RGB.
std::optional<cv::Mat> decode_jpeg(const std::string& file);

}  // namespace sightingd::bench
