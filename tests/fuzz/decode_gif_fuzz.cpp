#include "pipeline/image/format/gif/gif_file.h"
#include "tests/fuzz/decoded.h"
#include "tests/support/gif_reader.h"

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

// A GIF file shows the same before and after it was stripped, every picture of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (has_long_control(bytes)) {
    stripped_of<GifFile>(ImageKind::Gif, bytes);
  } else {
    require_the_same_picture<GifFile>(ImageKind::Gif, decode_gif, bytes);
    require_the_same_film<GifFile>(ImageKind::Gif, test::giflib_film, bytes);
  }
  return 0;
}
