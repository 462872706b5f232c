// TIFF files: pages without end, sides that lie, little that becomes much.
#include "tests/support/hostile/hostile_files.h"
#include "tests/support/tiff_pictures.h"

#include <cstdint>

namespace sightingd::test {
namespace {

constexpr std::uint16_t kWidth = 256;
constexpr std::uint16_t kHeight = 257;
constexpr std::uint16_t kRowsPerStrip = 278;
constexpr int kLzw = 5;
constexpr int kJpeg = 7;
constexpr int kDeflate = 8;
constexpr int kGray = 1;
constexpr int kYcbcr = 6;

std::string little(std::uint32_t value) {
  std::string text;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    text += static_cast<char>(value >> shift & 0xffU);
  }
  return text;
}

ExifEntry number(std::uint16_t tag, std::uint32_t value) {
  constexpr std::uint16_t kLong = 4;
  return {tag, kLong, 1, little(value)};
}

// A gray page of other sides than it was drawn with, in one strip of zeros.
TiffPageParts flat_page(std::uint32_t width, std::uint32_t height, std::size_t zeros) {
  TiffPageParts page = tiff_page(draw_flat(8, 8), {.compression = kDeflate, .photometric = kGray});
  page.set(number(kWidth, width));
  page.set(number(kHeight, height));
  page.set(number(kRowsPerStrip, height));
  page.blocks = {compressed_zeros(zeros)};
  return page;
}

std::string in_a_circle(std::string file) {
  constexpr std::size_t kFirst = 4;  // Where the header says that the first directory stands.
  const auto byte = [&](std::size_t at) {
    return std::size_t{static_cast<unsigned char>(file[at])};
  };
  const std::size_t at = byte(kFirst) | byte(kFirst + 1) << 8U | byte(kFirst + 2) << 16U;
  const std::size_t entries = byte(at) | byte(at + 1) << 8U;
  return file.replace(at + 2 + 12 * entries, 4, file.substr(kFirst, 4));
}

}  // namespace

const HostilePart& hostile_tiff() {
  static const HostilePart part = [] {
    const Picture picture = draw_scene(2, 24, 18);
    const TiffPageParts page = tiff_page(picture);
    constexpr std::uint32_t kMost = 0xffff'ffff;
    HostilePart made;
    made.small = {
        {"lzw.tif", encode_tiff(picture, all_extras(), {.compression = kLzw})},
        {"tiles.tif", encode_tiff(picture, all_extras(), {.compression = kDeflate, .tile = 16})},
        {"codes.tif", encode_tiff(picture, {}, {.compression = kJpeg, .photometric = kYcbcr})}};
    made.bombs = {
        {"flat.tif", tiff_file({flat_page(5'000, 4'000, 20'000'000)}), "stored"},
        {"endless.tif", tiff_file({flat_page(100, 100, 1'000'000'000)}), "malformed"},
        {"circle.tif", in_a_circle(tiff_file({page})), "stored"},
        {"pages.tif", tiff_file(std::vector<TiffPageParts>(1'001, page)), "too_many_frames"}};
    made.sides_and_sizes = {
        {"wide.tif", tiff_file({flat_page(65'535, 65'535, 1'000)}), "too_many_pixels"},
        {"endless_wide.tif", tiff_file({flat_page(kMost, 1, 1'000)})},
        {"endless_high.tif", tiff_file({flat_page(1, kMost, 1'000)})}};
    return made;
  }();
  return part;
}

}  // namespace sightingd::test
