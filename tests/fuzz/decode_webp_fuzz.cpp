#include "pipeline/image/format/webp/webp_file.h"
#include "tests/fuzz/decoded.h"

// libwebp on what a WebP file leaves when it was stripped. It reads on into whatever follows a
// stream that is cut, so the file before may show another picture.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  decode_stripped<WebpFile>(ImageKind::WebP, decode_webp,
                            {reinterpret_cast<const char*>(data), size});
  return 0;
}
