#include "pipeline/image/format/heif/heif_file.h"
#include "pipeline/image/pixels/decode.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

// libheif and its decoders on what a HEIC or AVIF file leaves when it was stripped.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const auto file =
      HeifFile::parse({reinterpret_cast<const char*>(data), size}, {.max_pixels = 200'000});
  if (file) {
    static_cast<void>(decode_heif(file->stripped()));
  }
  return 0;
}
