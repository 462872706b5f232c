#include "pipeline/image/format/webp/webp_file.h"
#include "tests/fuzz/decoded.h"
#include "tests/support/webp_reader.h"

// A WebP file shows the same before and after it was stripped, every frame of it. libwebp is asked
// about each frame alone: of a whole file it reads on into whatever follows a stream that is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto stripped = stripped_of<WebpFile>(ImageKind::WebP, bytes)) {
    const auto file = WebpFile::parse(bytes, {});
    decode_webp(*stripped, file->width(), file->height());
  }
  require_the_same_film<WebpFile>(ImageKind::WebP, test::libwebp_film, bytes);
  return 0;
}
