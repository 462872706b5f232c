#include "pipeline/image/format/tiff/tiff_file.h"
#include "pipeline/image/metadata/facts.h"
#include "pipeline/image/pixels/decode.h"
#include "pipeline/image/verify/verify.h"
#include "tests/support/tiff_pictures.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// What comes out of a TIFF file holds only the picture, can be decoded, and stripping it again
// changes nothing. Whoever reads TIFF with libtiff sees the same picture in it as before.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const auto file = TiffFile::parse({reinterpret_cast<const char*>(data), size},
                                    {.max_pixels = 100'000, .max_frames = 20});
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
  const auto pixels = test::libtiff_pixels({reinterpret_cast<const char*>(data), size});
  const bool is_of_first_page = pixels.size() == std::size_t{file->width()} * file->height();
  if (is_of_first_page && test::libtiff_pixels(stripped) != pixels) {
    std::abort();
  }
  return 0;
}
