#include "pipeline/image/format/tiff/tiff_file.h"
#include "pipeline/image/metadata/facts.h"
#include "pipeline/image/pixels/decode.h"
#include "pipeline/image/verify/verify.h"
#include "tests/support/tiff_pictures.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

// The same pages to libtiff, where it makes something of them. Nothing is known of a file that had
// other directories besides.
bool shows_the_same(std::string_view before, std::string_view after) {
  const std::uint16_t pages = sightingd::test::libtiff_directories(after);
  if (sightingd::test::libtiff_directories(before) != pages) {
    return true;
  }
  for (std::uint16_t page = 0; page < pages; ++page) {
    const auto pixels = sightingd::test::libtiff_pixels(before, page);
    if (!pixels.empty() && sightingd::test::libtiff_pixels(after, page) != pixels) {
      return false;
    }
  }
  return true;
}

}  // namespace

// What comes out of a TIFF file holds only the picture, can be decoded, and stripping it again
// changes nothing. Whoever reads TIFF with libtiff sees the same pages in it as before.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto file = TiffFile::parse(bytes, {.max_pixels = 100'000, .max_frames = 20});
  if (!file) {
    return 0;
  }
  const Orientation orientation =
      read_metadata(file->carriers()).orientation.value_or(Orientation::Upright);
  const std::string stripped = file->stripped(orientation);
  const auto again = TiffFile::parse(stripped, {});
  if (!holds_only_the_picture(ImageKind::Tiff, stripped, orientation) || !again ||
      again->stripped(orientation) != stripped ||
      !decode_tiff(stripped, file->width(), file->height())) {
    std::abort();
  }
  const auto pixels = test::libtiff_pixels(bytes);
  const bool is_of_first_page = pixels.size() == std::size_t{file->width()} * file->height();
  if ((is_of_first_page && test::libtiff_pixels(stripped) != pixels) ||
      !shows_the_same(bytes, stripped)) {
    std::abort();
  }
  return 0;
}
