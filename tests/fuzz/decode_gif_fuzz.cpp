#include "pipeline/image/format/gif/gif_file.h"
#include "tests/fuzz/decoded.h"

namespace {

// giflib looks for transparency in every sub-block of a graphic control extension, where one of
// four bytes is all that there may be.
bool has_long_control(std::string_view bytes) {
  constexpr std::string_view kControl = "\x21\xf9";
  for (std::size_t at = bytes.find(kControl); at != bytes.npos; at = bytes.find(kControl, at + 1)) {
    if (bytes.size() < at + 8 || bytes[at + 2] != 4 || bytes[at + 7] != 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

// A GIF file is the same picture before and after it was stripped.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (has_long_control(bytes)) {
    decode_stripped<GifFile>(ImageKind::Gif, decode_gif, bytes);
  } else {
    require_the_same_picture<GifFile>(ImageKind::Gif, decode_gif, bytes);
  }
  return 0;
}
