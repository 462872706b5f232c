#include "bench/robustness/files.h"

#include "tests/support/pictures.h"

#include <turbojpeg.h>

#include <memory>

namespace sightingd::bench {
namespace {

test::Picture picture_of(const cv::Mat& rgb) {
  const cv::Mat whole = rgb.isContinuous() ? rgb : rgb.clone();
  return {whole.cols, whole.rows, {whole.data, whole.data + whole.total() * whole.elemSize()}};
}

}  // namespace

std::string encode_jpeg(const cv::Mat& rgb, int quality) {
  return test::encode_jpeg(picture_of(rgb), {}, {.quality = quality});
}

std::string encode_png(const cv::Mat& rgb) { return test::encode_png(picture_of(rgb)); }

std::string encode_webp(const cv::Mat& rgb, float quality) {
  return test::encode_webp(picture_of(rgb), {}, {.quality = quality});
}

std::optional<cv::Mat> decode_jpeg(const std::string& file) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(decoder.get(), bytes, file.size(), &width, &height, &subsampling,
                          &colours) != 0) {
    return std::nullopt;
  }
  cv::Mat rgb(height, width, CV_8UC3);
  if (tjDecompress2(decoder.get(), bytes, file.size(), rgb.data, width, 3 * width, height, TJPF_RGB,
                    0) != 0) {
    return std::nullopt;
  }
  return rgb;
}

}  // namespace sightingd::bench
