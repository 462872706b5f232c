#include "bench/robustness/alterations.h"

#include "bench/robustness/files.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>
#include <utility>

namespace sightingd::bench {
namespace {

constexpr int kQuality = 85;
const cv::Scalar kBlack = cv::Scalar::all(0);
const cv::Scalar kWhite = cv::Scalar::all(255);

using Pixels = std::function<cv::Mat(const cv::Mat&)>;

// ---- Pixels

// Each level becomes scale * level + offset.
cv::Mat linear(const cv::Mat& rgb, double scale, double offset) {
  cv::Mat changed;
  rgb.convertTo(changed, -1, scale, offset);
  return changed;
}

cv::Mat contrast(const cv::Mat& rgb, double scale) { return linear(rgb, scale, 128 * (1 - scale)); }

cv::Mat gamma(const cv::Mat& rgb, double exponent) {
  cv::Mat table(1, 256, CV_8U);
  for (int level = 0; level < 256; ++level) {
    table.at<std::uint8_t>(level) =
        cv::saturate_cast<std::uint8_t>(255 * std::pow(level / 255.0, exponent));
  }
  cv::Mat changed;
  cv::LUT(rgb, table, changed);
  return changed;
}

cv::Mat gray(const cv::Mat& rgb, const cv::Matx13f& weights) {
  cv::Mat one;
  cv::transform(rgb, one, weights);
  cv::Mat changed;
  cv::cvtColor(one, changed, cv::COLOR_GRAY2RGB);
  return changed;
}

cv::Mat resized(const cv::Mat& rgb, double scale) {
  cv::Mat changed;
  cv::resize(rgb, changed, {}, scale, scale, cv::INTER_AREA);
  return changed;
}

cv::Mat blurred(const cv::Mat& rgb, double sigma) {
  cv::Mat changed;
  cv::GaussianBlur(rgb, changed, {}, sigma);
  return changed;
}

cv::Mat sharpened(const cv::Mat& rgb) {
  cv::Mat changed;
  cv::addWeighted(rgb, 2, blurred(rgb, 2), -1, 0, changed);
  return changed;
}

cv::Mat noisy(const cv::Mat& rgb, double sigma) {
  cv::Mat noise(rgb.size(), CV_16SC3);
  cv::RNG(1).fill(noise, cv::RNG::NORMAL, 0, sigma);
  cv::Mat changed;
  cv::add(rgb, noise, changed, cv::noArray(), CV_8U);
  return changed;
}

// So many times the sides of the picture to the left and right, above and below.
cv::Mat framed(const cv::Mat& rgb, double across, double down, const cv::Scalar& colour) {
  const int x = static_cast<int>(std::lround(across * rgb.cols));
  const int y = static_cast<int>(std::lround(down * rgb.rows));
  cv::Mat changed;
  cv::copyMakeBorder(rgb, changed, y, y, x, x, cv::BORDER_CONSTANT, colour);
  return changed;
}

// Equally wide everywhere: `share` of the longer side.
cv::Mat bordered(const cv::Mat& rgb, double share, const cv::Scalar& colour) {
  const double width = share * std::max(rgb.cols, rgb.rows);
  return framed(rgb, width / rgb.cols, width / rgb.rows, colour);
}

cv::Mat mirrored(const cv::Mat& rgb) {
  cv::Mat changed;
  cv::flip(rgb, changed, 1);
  return changed;
}

cv::Mat turned(const cv::Mat& rgb, cv::RotateFlags turn) {
  cv::Mat changed;
  cv::rotate(rgb, changed, turn);
  return changed;
}

// White letters with a black edge, as tall as a 30th of the picture, from (x, y) of it on.
void write(cv::Mat& rgb, double x, double y) {
  constexpr const char* kText = "(c) example.org";
  const double scale = rgb.rows / 30.0 / 22;
  const cv::Point from(static_cast<int>(x * rgb.cols), static_cast<int>(y * rgb.rows));
  const int stroke = std::max(1, rgb.rows / 480);
  cv::putText(rgb, kText, from, cv::FONT_HERSHEY_SIMPLEX, scale, kBlack, 3 * stroke, cv::LINE_AA);
  cv::putText(rgb, kText, from, cv::FONT_HERSHEY_SIMPLEX, scale, kWhite, stroke, cv::LINE_AA);
}

cv::Mat with_text(const cv::Mat& rgb) {
  cv::Mat changed = rgb.clone();
  write(changed, 0.6, 0.96);
  return changed;
}

// A white band over a tenth of the height, with letters on it.
cv::Mat with_band(const cv::Mat& rgb, double opacity) {
  cv::Mat changed = rgb.clone();
  cv::Mat band = changed.rowRange(rgb.rows * 80 / 100, rgb.rows * 90 / 100);
  band.convertTo(band, -1, 1 - opacity, 255 * opacity);
  write(changed, 0.3, 0.87);
  return changed;
}

// ---- Files

struct List {
  std::vector<Alteration> all;

  void jpeg(std::string name, Pixels pixels, Transformation via = {}, int quality = kQuality) {
    all.push_back({std::move(name), via, [pixels = std::move(pixels), quality](const cv::Mat& rgb) {
                     return encode_jpeg(pixels(rgb), quality);
                   }});
  }
};

void add_encodings(List& list) {
  for (const int quality : {95, 85, 70, 50, 30}) {
    list.jpeg(
        "JPEG " + std::to_string(quality), [](const cv::Mat& rgb) { return rgb; }, {}, quality);
  }
  list.all.push_back({"WebP 80", {}, [](const cv::Mat& rgb) { return encode_webp(rgb, 80); }});
  list.all.push_back({"PNG", {}, encode_png});
  for (const int percent : {75, 50, 25}) {
    list.jpeg("resized to " + std::to_string(percent) + " %",
              [percent](const cv::Mat& rgb) { return resized(rgb, percent / 100.0); });
  }
}

void add_tones(List& list) {
  list.jpeg("brightness + 40", [](const cv::Mat& rgb) { return linear(rgb, 1, 40); });
  list.jpeg("brightness - 40", [](const cv::Mat& rgb) { return linear(rgb, 1, -40); });
  list.jpeg("contrast x 1.3", [](const cv::Mat& rgb) { return contrast(rgb, 1.3); });
  list.jpeg("contrast x 0.7", [](const cv::Mat& rgb) { return contrast(rgb, 0.7); });
  list.jpeg("gamma 0.7", [](const cv::Mat& rgb) { return gamma(rgb, 0.7); });
  list.jpeg("gamma 1.4", [](const cv::Mat& rgb) { return gamma(rgb, 1.4); });
  list.jpeg("gray, luma", [](const cv::Mat& rgb) { return gray(rgb, {0.299F, 0.587F, 0.114F}); });
  list.jpeg("gray, mean of the colours", [](const cv::Mat& rgb) {
    return gray(rgb, {1.F / 3, 1.F / 3, 1.F / 3});
  });
  list.jpeg("blur, sigma 2", [](const cv::Mat& rgb) { return blurred(rgb, 2); });
  list.jpeg("noise, sigma 10", [](const cv::Mat& rgb) { return noisy(rgb, 10); });
  list.jpeg("sharpened", sharpened);
  list.jpeg("watermark, text in a corner", with_text);
  list.jpeg("watermark, band, a third opaque",
            [](const cv::Mat& rgb) { return with_band(rgb, 1 / 3.0); });
  list.jpeg("watermark, band, half opaque", [](const cv::Mat& rgb) { return with_band(rgb, 0.5); });
}

void add_frames(List& list) {
  for (const int percent : {5, 10}) {
    for (const auto& [name, colour] : {std::pair{"white", kWhite}, std::pair{"black", kBlack}}) {
      list.jpeg("border, " + std::string(name) + ", " + std::to_string(percent) + " %",
                [percent, colour = colour](const cv::Mat& rgb) {
                  return bordered(rgb, percent / 100.0, colour);
                },
                {.framed = true});
    }
  }
  list.jpeg(
      "border, white, 5 %, resized to 50 %, JPEG 50",
      [](const cv::Mat& rgb) { return resized(bordered(rgb, 0.05, kWhite), 0.5); },
      {.framed = true}, 50);
  // A third of the picture more: 16:9 in 4:3, 4:3 in 16:9.
  list.jpeg("letter-box, bars above and below",
            [](const cv::Mat& rgb) { return framed(rgb, 0, 1 / 6.0, kBlack); }, {.framed = true});
  list.jpeg("letter-box, bars at the sides",
            [](const cv::Mat& rgb) { return framed(rgb, 1 / 6.0, 0, kBlack); }, {.framed = true});
}

void add_turns(List& list) {
  list.jpeg("mirrored", mirrored, {.turn = Turn::Mirrored});
  for (const auto& [name, rotation, turn] :
       {std::tuple{"turned 90", cv::ROTATE_90_CLOCKWISE, Turn::Rotated90},
        std::tuple{"turned 180", cv::ROTATE_180, Turn::Rotated180},
        std::tuple{"turned 270", cv::ROTATE_90_COUNTERCLOCKWISE, Turn::Rotated270}}) {
    list.jpeg(name, [rotation = rotation](const cv::Mat& rgb) { return turned(rgb, rotation); },
              {.turn = turn});
  }
  list.jpeg("mirrored, turned 90",
            [](const cv::Mat& rgb) { return turned(mirrored(rgb), cv::ROTATE_90_CLOCKWISE); },
            {.turn = Turn::MirroredRotated90});
  list.jpeg("mirrored, in a white border, 5 %",
            [](const cv::Mat& rgb) { return bordered(mirrored(rgb), 0.05, kWhite); },
            {.framed = true, .turn = Turn::Mirrored});
}

}  // namespace

std::vector<Alteration> alterations() {
  List list;
  add_encodings(list);
  add_tones(list);
  add_frames(list);
  add_turns(list);
  return std::move(list.all);
}

}  // namespace sightingd::bench
