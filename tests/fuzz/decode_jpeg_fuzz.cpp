#include "pipeline/image/format/jpeg/jpeg_file.h"
#include "tests/fuzz/decoded.h"

namespace {

std::size_t scans(std::string_view bytes) {
  std::size_t count = 0;
  for (std::size_t at = bytes.find("\xff\xda"); at != bytes.npos; at = bytes.find("\xff\xda", at)) {
    ++count;
    ++at;
  }
  return count;
}

}  // namespace

// A JPEG file is the same picture before and after it was stripped, unless it lost a scan that
// codes again what an earlier one did.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const auto decode = [before = std::size_t{0}](
                          std::string_view file, std::uint32_t width,
                          std::uint32_t height) mutable -> OrReject<GrayPicture> {
    const std::size_t now = scans(file);
    const bool is_comparable = before == 0 || before == now;
    before = now;
    if (!is_comparable) {
      return RejectReason::Malformed;
    }
    return decode_any_jpeg(file, width, height);
  };
  require_the_same_picture<JpegFile>(ImageKind::Jpeg, decode,
                                     {reinterpret_cast<const char*>(data), size});
  return 0;
}
