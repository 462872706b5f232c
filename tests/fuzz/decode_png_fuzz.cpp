#include "pipeline/image/format/png/png_file.h"
#include "tests/fuzz/decoded.h"

// A PNG file is the same picture before and after it was stripped.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  require_the_same_picture<PngFile>(ImageKind::Png, decode_png,
                                    {reinterpret_cast<const char*>(data), size});
  return 0;
}
