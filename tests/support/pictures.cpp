#include "tests/support/pictures.h"

#include <algorithm>
#include <cmath>

namespace sightingd::test {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers with every standard library.
class Random {
 public:
  explicit Random(int seed) : state_(static_cast<std::uint64_t>(seed) + 1) {}

  // From 0 to `bound` - 1.
  int below(int bound) {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    z ^= z >> 31U;
    return static_cast<int>(z % static_cast<std::uint64_t>(bound));
  }

 private:
  std::uint64_t state_;
};

Picture blank(int width, int height) {
  return {width, height,
          std::vector<std::uint8_t>(3 * static_cast<std::size_t>(width) *
                                    static_cast<std::size_t>(height))};
}

void paint(std::uint8_t* pixel, const std::array<std::uint8_t, 3>& colour) {
  std::copy(colour.begin(), colour.end(), pixel);
}

void draw_sky(Picture& picture) {
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      paint(picture.at(x, y), {static_cast<std::uint8_t>(40 + 120 * y / picture.height),
                               static_cast<std::uint8_t>(90 + 80 * x / picture.width),
                               static_cast<std::uint8_t>(200 - 100 * y / picture.height)});
    }
  }
}

void draw_disc(Picture& picture, int centre_x, int centre_y, int radius,
               const std::array<std::uint8_t, 3>& colour) {
  const int top = std::max(0, centre_y - radius);
  const int bottom = std::min(picture.height - 1, centre_y + radius);
  const int left = std::max(0, centre_x - radius);
  const int right = std::min(picture.width - 1, centre_x + radius);
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      const int dx = x - centre_x;
      const int dy = y - centre_y;
      if (dx * dx + dy * dy <= radius * radius) {
        paint(picture.at(x, y), colour);
      }
    }
  }
}

// Where the pixel that a viewer sees at (x, y) is stored (EXIF 2.32, tag 0x0112).
std::array<int, 2> stored_at(int x, int y, int width, int height, int orientation) {
  switch (orientation) {
    case 2:
      return {width - 1 - x, y};
    case 3:
      return {width - 1 - x, height - 1 - y};
    case 4:
      return {x, height - 1 - y};
    case 5:
      return {y, x};
    case 6:
      return {y, width - 1 - x};
    case 7:
      return {height - 1 - y, width - 1 - x};
    case 8:
      return {height - 1 - y, x};
    default:
      return {x, y};
  }
}

}  // namespace

Picture draw_scene(int seed, int width, int height) {
  Picture picture = blank(width, height);
  draw_sky(picture);
  Random random(seed);
  for (int i = 0; i < 14; ++i) {
    const int x = random.below(width);
    const int y = random.below(height);
    const int radius = std::max(1, width * (4 + random.below(18)) / 100);
    draw_disc(
        picture, x, y, radius,
        {static_cast<std::uint8_t>(random.below(256)), static_cast<std::uint8_t>(random.below(256)),
         static_cast<std::uint8_t>(random.below(256))});
  }
  return picture;
}

Picture draw_flat(int width, int height, std::array<std::uint8_t, 3> colour) {
  Picture picture = blank(width, height);
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
    paint(&picture.rgb[i], colour);
  }
  return picture;
}

Picture with_noise(Picture picture, int seed, int strength) {
  Random random(seed);
  for (std::uint8_t& value : picture.rgb) {
    const int noisy = value + random.below(2 * strength + 1) - strength;
    value = static_cast<std::uint8_t>(std::clamp(noisy, 0, 255));
  }
  return picture;
}

Picture scaled(const Picture& picture, int width, int height) {
  Picture small = blank(width, height);
  for (int y = 0; y < height; ++y) {
    const int top = y * picture.height / height;
    const int bottom = std::max(top + 1, (y + 1) * picture.height / height);
    for (int x = 0; x < width; ++x) {
      const int left = x * picture.width / width;
      const int right = std::max(left + 1, (x + 1) * picture.width / width);
      std::array<int, 3> sum{};
      for (int from_y = top; from_y < bottom; ++from_y) {
        for (int from_x = left; from_x < right; ++from_x) {
          for (std::size_t c = 0; c < 3; ++c) {
            sum[c] += picture.at(from_x, from_y)[c];
          }
        }
      }
      const int count = (bottom - top) * (right - left);
      for (std::size_t c = 0; c < 3; ++c) {
        small.at(x, y)[c] = static_cast<std::uint8_t>(sum[c] / count);
      }
    }
  }
  return small;
}

Picture stored_for_orientation(const Picture& upright, int orientation) {
  const bool turned = orientation >= 5;
  Picture stored =
      blank(turned ? upright.height : upright.width, turned ? upright.width : upright.height);
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      const auto [to_x, to_y] = stored_at(x, y, upright.width, upright.height, orientation);
      std::copy_n(upright.at(x, y), 3, stored.at(to_x, to_y));
    }
  }
  return stored;
}

Extras all_extras() {
  return {.exif = exif_block(
              CameraExif{.latitude = 22.2167, .longitude = 113.55, .maker = "LEAKmaker"}),
          .xmp = xmp_packet_at(22.2167, 113.55),
          .icc = icc_profile(),
          .comment = "LEAKcomment",
          .c2pa = true,
          .trailer = "LEAKtrailer"};
}

}  // namespace sightingd::test
