#include "pipeline/image/hash/gray_canvas.h"

#include <algorithm>

namespace sightingd {

GrayPicture GrayCanvas::finish() const {
  const auto samples_in = [this](std::size_t cell, std::uint32_t side) {
    const std::size_t first = cell << halved_;
    return std::min<std::size_t>(std::size_t{1} << halved_, side - first);
  };
  GrayPicture picture{x_, y_, std::vector<float>(darkness_.size())};
  for (std::size_t row = 0; row < y_.cells; ++row) {
    for (std::size_t column = 0; column < x_.cells; ++column) {
      const std::size_t at = row * x_.cells + column;
      const auto samples =
          static_cast<double>(samples_in(column, width_) * samples_in(row, height_));
      picture.luma[at] =
          static_cast<float>((kWhite - static_cast<double>(darkness_[at]) / samples) / 1000.0);
    }
  }
  return picture;
}

}  // namespace sightingd
