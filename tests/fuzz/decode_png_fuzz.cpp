#include "pipeline/image/format/png/png_file.h"
#include "tests/fuzz/decoded.h"
#include "tests/support/apng_reader.h"

// A PNG file shows the same before and after it was stripped, every frame of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  require_the_same_picture<PngFile>(ImageKind::Png, decode_png, bytes);
  require_the_same_film<PngFile>(ImageKind::Png, test::libpng_film, bytes);
  return 0;
}
