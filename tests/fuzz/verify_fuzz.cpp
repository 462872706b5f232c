#include "pipeline/image/verify/verify.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

namespace {

constexpr sightingd::ImageKind kKinds[] = {sightingd::ImageKind::Jpeg, sightingd::ImageKind::Png,
                                           sightingd::ImageKind::WebP, sightingd::ImageKind::Gif,
                                           sightingd::ImageKind::Heic, sightingd::ImageKind::Avif,
                                           sightingd::ImageKind::Tiff};

}  // namespace

// Whatever the bytes are: what a verifier takes for bare ends with its last byte, and is of one
// turn only. The first byte says which kind and turn are asked for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  if (size == 0) {
    return 0;
  }
  const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  const ImageKind kind = kKinds[*data % std::size(kKinds)];
  const auto turn = static_cast<Orientation>(1 + *data / std::size(kKinds) % 8);
  if (!holds_only_the_picture(kind, file, turn)) {
    return 0;
  }
  const bool is_said_by_exif = kind != ImageKind::Heic && kind != ImageKind::Avif &&
                               kind != ImageKind::Gif;  // Others are turned as they are decoded.
  const Orientation other =
      turn == Orientation::Upright ? Orientation::HalfTurn : Orientation::Upright;
  if (holds_only_the_picture(kind, std::string(file) + "x", turn) ||
      (is_said_by_exif && holds_only_the_picture(kind, file, other))) {
    std::abort();
  }
  return 0;
}
