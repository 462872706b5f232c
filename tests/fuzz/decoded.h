#pragma once

#include "pipeline/image/pixels/decode.h"
#include "pipeline/image/verify/verify.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// What a rewriter makes of a file; nothing when it refuses it. Aborts when the result is not bare.
/// `File`: JpegFile and its like.
template <typename File>
std::optional<std::string> stripped_of(ImageKind kind, std::string_view bytes) {
  const auto file = File::parse(bytes, {.max_pixels = 200'000, .max_frames = 20});
  if (!file) {
    return std::nullopt;
  }
  std::string stripped = file->stripped(Orientation::Upright);
  if (!holds_only_the_picture(kind, stripped, Orientation::Upright)) {
    std::abort();
  }
  return stripped;
}

/// Aborts when that is another picture, or none, than the file is to the same decoder. What is
/// stripped is decoded first.
template <typename File, typename Decode>
void require_the_same_picture(ImageKind kind, Decode decode, std::string_view bytes) {
  const auto stripped = stripped_of<File>(kind, bytes);
  if (!stripped) {
    return;
  }
  const auto file = File::parse(bytes, {});
  const OrReject<GrayPicture> kept = decode(*stripped, file->width(), file->height());
  const OrReject<GrayPicture> whole = decode(bytes, file->width(), file->height());
  if (whole && (!kept || kept->luma != whole->luma)) {
    std::abort();
  }
}

/// Aborts when that shows something else, in any of its frames, than the file does to `read`, a
/// reader that shares no code with the rewriter.
template <typename File, typename Read>
void require_the_same_film(ImageKind kind, Read read, std::string_view bytes) {
  const auto stripped = stripped_of<File>(kind, bytes);
  if (!stripped) {
    return;
  }
  const auto before = read(bytes);
  if (before && read(*stripped) != before) {
    std::abort();
  }
}

}  // namespace sightingd
