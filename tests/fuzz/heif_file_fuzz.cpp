#include "pipeline/image/format/heif/heif_file.h"
#include "pipeline/image/verify/verify.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// What comes out of a HEIF file holds only the picture, and stripping it again changes nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const auto file =
      HeifFile::parse({reinterpret_cast<const char*>(data), size}, {.max_pixels = 1'000'000});
  if (!file) {
    return 0;
  }
  const std::string stripped = file->stripped();
  const auto again = HeifFile::parse(stripped, {});
  if (!holds_only_the_picture(file->kind(), stripped, Orientation::Upright) || !again ||
      again->stripped() != stripped) {
    std::abort();
  }
  return 0;
}
