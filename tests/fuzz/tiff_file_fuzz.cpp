#include "pipeline/image/format/tiff/tiff_file.h"
#include "pipeline/image/pixels/decode.h"
#include "pipeline/image/verify/verify.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// What comes out of a TIFF file holds only the picture, can be decoded, and stripping it again
// changes nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const auto file = TiffFile::parse({reinterpret_cast<const char*>(data), size},
                                    {.max_pixels = 100'000, .max_frames = 20});
  if (!file) {
    return 0;
  }
  const auto orientation = static_cast<Orientation>(1 + size % 8);
  const std::string stripped = file->stripped(orientation);
  const auto again = TiffFile::parse(stripped, {});
  if (!holds_only_the_picture(ImageKind::Tiff, stripped, orientation) || !again ||
      again->stripped(orientation) != stripped ||
      !decode_tiff(stripped, file->width(), file->height())) {
    std::abort();
  }
  return 0;
}
