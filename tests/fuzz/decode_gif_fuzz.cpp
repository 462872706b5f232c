#include "pipeline/image/format/gif/gif_file.h"
#include "tests/fuzz/decoded.h"
#include "tests/support/gif_reader.h"

#include <algorithm>
#include <cstddef>

namespace {

using namespace sightingd;

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

// Those that make no sense are left out, the others stand as they were, in their order.
void require_the_same_pictures(std::string_view bytes) {
  const auto stripped = stripped_of<GifFile>(ImageKind::Gif, bytes);
  const auto before = stripped ? test::giflib_film(bytes) : std::nullopt;
  if (!before) {
    return;
  }
  const auto after = test::giflib_film(*stripped);
  auto rest = before->begin();
  for (std::size_t i = 0; after && i < after->size(); ++i) {
    rest = std::find(rest, before->end(), (*after)[i]);
    if (rest == before->end()) {
      std::abort();
    }
    ++rest;
  }
  if (!after || after->size() < 2) {
    std::abort();
  }
}

}  // namespace

// A GIF file shows the same before and after it was stripped, every picture of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (has_long_control(bytes)) {
    stripped_of<GifFile>(ImageKind::Gif, bytes);
  } else {
    require_the_same_picture<GifFile>(ImageKind::Gif, decode_gif, bytes);
    require_the_same_pictures(bytes);
  }
  return 0;
}
