#pragma once

#include "pipeline/image/hash/gray_canvas.h"
#include "tests/support/pictures.h"

#include <cstddef>
#include <cstdint>

/// Drawn pictures as the hashes see them.
namespace sightingd::test {

/// Every pixel a cell.
inline GrayPicture unreduced(const Picture& picture) {
  GrayPicture gray{Axis::whole(static_cast<std::size_t>(picture.width)),
                   Axis::whole(static_cast<std::size_t>(picture.height)),
                   {}};
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const std::uint8_t* rgb = picture.at(x, y);
      gray.luma.push_back(0.299F * static_cast<float>(rgb[0]) +
                          0.587F * static_cast<float>(rgb[1]) +
                          0.114F * static_cast<float>(rgb[2]));
    }
  }
  return gray;
}

/// As decoders paint it.
inline GrayPicture reduced(const Picture& picture) {
  GrayCanvas canvas(static_cast<std::uint32_t>(picture.width),
                    static_cast<std::uint32_t>(picture.height));
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const std::uint8_t* rgb = picture.at(x, y);
      canvas.paint(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), rgb[0], rgb[1],
                   rgb[2]);
    }
  }
  return canvas.finish();
}

}  // namespace sightingd::test
