#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The second opinion of libwebp, and of nobody here, of what a WebP file shows.
namespace sightingd::test {

/// A picture of a WebP file, and how it goes onto the canvas.
struct WebpFrame {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
  int duration = 0;
  bool is_disposed = false;  ///< Its place is cleared after it was shown.
  bool is_blended = false;
  std::string rgba;

  friend bool operator==(const WebpFrame&, const WebpFrame&) = default;
};

struct WebpFilm {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t loops = 0;       ///< Of an animation.
  std::uint32_t background = 0;  ///< Likewise.
  std::vector<WebpFrame> frames;

  friend bool operator==(const WebpFilm&, const WebpFilm&) = default;
};

/// All that the file shows, a still picture as one frame; nothing when libwebp cannot read it.
/// What stands behind a frame is none of its pixels, even where its stream is cut.
std::optional<WebpFilm> libwebp_film(std::string_view file);

}  // namespace sightingd::test
