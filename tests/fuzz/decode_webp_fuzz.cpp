#include "pipeline/image/format/webp/webp_file.h"
#include "tests/fuzz/decoded.h"
#include "tests/support/webp_reader.h"

// A WebP file shows the same before and after it was stripped, every frame of it. libwebp is asked
// about each frame alone: of a whole file it reads on into whatever follows a stream that is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!decode_stripped<WebpFile>(ImageKind::WebP, decode_webp, bytes)) {
    return 0;
  }
  const auto before = test::libwebp_film(bytes);
  const auto file = WebpFile::parse(bytes, {});
  if (before && test::libwebp_film(file->stripped(Orientation::Upright)) != before) {
    std::abort();
  }
  return 0;
}
