#pragma once

#include "pipeline/image/format/inflate.h"
#include "pipeline/image/format/png/png_rows.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sightingd {

/// Follows the animation of a PNG file chunk by chunk (PNG, third edition, 4.9 and 11.3.7).
/// Decoders of still pictures read past it, so each frame is measured here: it must be announced,
/// lie on the canvas, and its rows must inflate to exactly its size.
///
/// Once something is not so the animation is not sound, and nothing more is looked at.
class PngAnimation {
 public:
  PngAnimation(std::uint32_t width, std::uint32_t height, const PngPixels& pixels)
      : width_(width), height_(height), pixels_(pixels) {}

  /// An acTL chunk; it must come once and before the picture.
  void announce(std::string_view content);

  /// An fcTL chunk. Before the picture's data it makes the picture the first frame.
  void begin_frame(std::string_view content);

  /// The first chunk of the picture's data.
  void begin_picture();

  /// An fdAT chunk: how many of its bytes belong to the animation.
  std::size_t frame_data(std::string_view content);

  /// Whether all that was announced came, and nothing else.
  bool is_sound() const;

 private:
  void fail() { is_broken_ = true; }
  bool take_sequence_number(std::string_view content);
  bool is_frame_open() const;

  std::uint32_t width_;
  std::uint32_t height_;
  PngPixels pixels_;
  bool is_broken_ = false;
  bool has_picture_ = false;
  std::optional<std::uint32_t> announced_;
  std::uint32_t frames_ = 0;
  std::uint32_t next_number_ = 0;
  std::uint64_t raw_bytes_ = 0;   // Of all frames.
  std::uint64_t frame_size_ = 0;  // Raw bytes of the last one.
  std::optional<Inflater> frame_;
};

}  // namespace sightingd
