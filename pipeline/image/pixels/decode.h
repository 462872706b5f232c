#pragma once

#include "pipeline/image/hash/gray_picture.h"
#include "pipeline/image/or_reject.h"

#include <cstdint>
#include <string_view>

/// Decoding to what hashing needs: luma at reduced size, as stored (not turned upright),
/// transparency over white. Each takes a *stripped* file, so that no decoder ever sees
/// metadata, and trusts `width` and `height` to be those of the file, checked against limits.
/// Fails with Malformed, or Bomb where the library says so.
namespace sightingd {

/// Most without a transform (jpeg_means.h), all others by decode_any_jpeg.
OrReject<GrayPicture> decode_jpeg(std::string_view file, std::uint32_t width, std::uint32_t height);

/// libjpeg-turbo. Damage that it can bridge (a truncated or broken scan) is no failure: the
/// rest of the picture is gray. Unstrippable when more than seven bytes stand in its scans
/// that are no part of them, which only a decoder can tell.
OrReject<GrayPicture> decode_any_jpeg(std::string_view file, std::uint32_t width,
                                      std::uint32_t height);

/// libpng, row by row; of an animation the still picture.
OrReject<GrayPicture> decode_png(std::string_view file, std::uint32_t width, std::uint32_t height);

/// libwebp; of an animation the first frame on its canvas. The others are decoded too: what is no
/// frame is Malformed. Unstrippable when more than 16 bytes stand behind the end of a stream.
OrReject<GrayPicture> decode_webp(std::string_view file, std::uint32_t width, std::uint32_t height);

/// giflib, line by line; of an animation the first frame on its canvas.
OrReject<GrayPicture> decode_gif(std::string_view file, std::uint32_t width, std::uint32_t height);

/// libtiff, strip by strip; the first page. Reads what TiffFile writes: whole rows, Deflate.
OrReject<GrayPicture> decode_tiff(std::string_view file, std::uint32_t width, std::uint32_t height);

/// A picture as it is shown, and its sides in pixels.
struct UprightPicture {
  GrayPicture gray;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};

/// libheif with libde265 and dav1d; of an AVIF sequence the still picture. Unlike the others it
/// crops and turns as the file says. A file that shows other pictures besides is Malformed when one
/// of them is none.
OrReject<UprightPicture> decode_heif(std::string_view file);

}  // namespace sightingd
