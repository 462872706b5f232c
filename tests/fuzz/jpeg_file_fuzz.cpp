#include "pipeline/image/format/jpeg/jpeg_file.h"
#include "pipeline/image/verify/verify.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// What comes out of a Jpeg file holds only the picture, and stripping it again changes nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const auto file =
      JpegFile::parse({reinterpret_cast<const char*>(data), size}, {.max_pixels = 1'000'000});
  if (!file) {
    return 0;
  }
  const std::string stripped = file->stripped(Orientation::Upright);
  const auto again = JpegFile::parse(stripped, {});
  if (!holds_only_the_picture(ImageKind::Jpeg, stripped, Orientation::Upright) || !again ||
      again->stripped(Orientation::Upright) != stripped) {
    std::abort();
  }
  return 0;
}
