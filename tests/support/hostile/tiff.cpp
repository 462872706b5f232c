// TIFF files: pages without end, sides that lie, little that becomes much.
#include "tests/support/hostile/hostile_files.h"
#include "tests/support/tiff_pictures.h"

#include <cstdint>

namespace sightingd::test {
namespace {

constexpr std::uint16_t kWidth = 256;
constexpr std::uint16_t kHeight = 257;
constexpr std::uint16_t kRowsPerStrip = 278;
constexpr std::uint16_t kBits = 258;
constexpr std::uint16_t kCompression = 259;
constexpr std::uint16_t kPhotometric = 262;
constexpr std::uint16_t kSubDirectories = 330;
constexpr std::uint16_t kExifDirectory = 34665;
constexpr std::uint16_t kGpsDirectory = 34853;
constexpr int kFax4 = 4;
constexpr int kLzw = 5;
constexpr int kJpeg = 7;
constexpr int kDeflate = 8;
constexpr int kPackBits = 32773;
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

constexpr std::size_t kFirst = 4;  // Where the header says that the first directory stands.

std::string in_a_circle(std::string file) {
  const auto byte = [&](std::size_t at) {
    return std::size_t{static_cast<unsigned char>(file[at])};
  };
  const std::size_t at = byte(kFirst) | byte(kFirst + 1) << 8U | byte(kFirst + 2) << 16U;
  const std::size_t entries = byte(at) | byte(at + 1) << 8U;
  return file.replace(at + 2 + 12 * entries, 4, file.substr(kFirst, 4));
}

// A directory that names itself as its directory of EXIF, of GPS or of a smaller picture.
std::string naming_itself(std::uint16_t tag) {
  constexpr std::uint32_t kMark = 0x5a5a5a5a;
  TiffPageParts page = tiff_page(draw_scene(2, 24, 18));
  page.set(number(tag, kMark));
  std::string file = tiff_file({page});
  return file.replace(file.find(little(kMark)), 4, file.substr(kFirst, 4));
}

// White, as fax (ITU-T T.6) says it: a bit a row, whatever the width.
TiffPageParts white_fax(std::uint32_t width, std::uint32_t height) {
  TiffPageParts page = flat_page(width, height, 0);
  page.set(number(kBits, 1));
  page.set(number(kCompression, kFax4));
  page.set(number(kPhotometric, 0));
  page.blocks = {std::string(height / 8 + 1, '\xff')};
  return page;
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
        {"exif_circle.tif", naming_itself(kExifDirectory), "stored"},
        {"gps_circle.tif", naming_itself(kGpsDirectory), "stored"},
        {"sub_circle.tif", naming_itself(kSubDirectories), "stored"},
        {"flat_lzw.tif", encode_tiff(draw_flat(4'000, 4'000), {}, {.compression = kLzw}), "stored"},
        {"flat_packbits.tif", encode_tiff(draw_flat(4'000, 4'000), {}, {.compression = kPackBits}),
         "stored"},
        {"white_fax.tif", tiff_file({white_fax(8'000, 8'000)}), "stored"},
        {"whiter_fax.tif", tiff_file({white_fax(65'000, 65'000)}), "too_many_pixels"},
        {"pages.tif", tiff_file(std::vector<TiffPageParts>(1'001, page)), "too_many_frames"}};
    made.sides_and_sizes = {
        {"wide.tif", tiff_file({flat_page(65'535, 65'535, 1'000)}), "too_many_pixels"},
        {"endless_wide.tif", tiff_file({flat_page(kMost, 1, 1'000)})},
        {"endless_high.tif", tiff_file({flat_page(1, kMost, 1'000)})}};
    made.kinds = {
        {".tif", [](const Extras& extras) { return encode_tiff(draw_flat(16, 16), extras); }}};
    return made;
  }();
  return part;
}

}  // namespace sightingd::test
