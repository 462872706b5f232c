#pragma once

#include "pipeline/image/pixels/decode.h"
#include "pipeline/image/verify/verify.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sightingd {

/// Decodes what a rewriter makes of a file; aborts when that is not bare. `File`: JpegFile and its
/// like.
template <typename File, typename Decode>
OrReject<GrayPicture> decode_stripped(ImageKind kind, Decode&& decode, std::string_view bytes) {
  const auto file = File::parse(bytes, {.max_pixels = 200'000, .max_frames = 20});
  if (!file) {
    return file.error();
  }
  const std::string stripped = file->stripped(Orientation::Upright);
  if (!holds_only_the_picture(kind, stripped, Orientation::Upright)) {
    std::abort();
  }
  return decode(stripped, file->width(), file->height());
}

/// The same, and aborts when it is another picture than the file is to the same decoder.
template <typename File, typename Decode>
void require_the_same_picture(ImageKind kind, Decode decode, std::string_view bytes) {
  const auto kept = decode_stripped<File>(kind, decode, bytes);
  if (!kept) {
    return;
  }
  const auto file = File::parse(bytes, {});
  const auto whole = decode(bytes, file->width(), file->height());
  if (whole && kept->luma != whole->luma) {
    std::abort();
  }
}

}  // namespace sightingd
