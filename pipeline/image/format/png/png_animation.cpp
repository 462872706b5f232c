#include "pipeline/image/format/png/png_animation.h"

#include "pipeline/image/format/bytes.h"

namespace sightingd {
namespace {

constexpr std::size_t kAnnouncement = 8;
constexpr std::size_t kControl = 26;
constexpr std::size_t kNumber = 4;

// What the rows of all frames may inflate to: a second's work.
constexpr std::uint64_t kMostRawBytes = 512ULL << 20U;

}  // namespace

void PngAnimation::announce(std::string_view content) {
  if (content.size() != kAnnouncement || announced_ || has_picture_ || big32(content, 0) == 0) {
    fail();
  }
  announced_ = big32(content, 0);
}

bool PngAnimation::take_sequence_number(std::string_view content) {
  return big32(content, 0) == next_number_++;
}

bool PngAnimation::is_frame_open() const {
  return frame_ && (frame_->end() != Inflater::End::Complete || frame_->produced() != frame_size_);
}

void PngAnimation::begin_frame(std::string_view content) {
  if (is_broken_) {
    return;
  }
  const std::uint64_t width = big32(content, 4);
  const std::uint64_t height = big32(content, 8);
  const std::uint64_t left = big32(content, 12);
  const std::uint64_t top = big32(content, 16);
  const bool is_whole_canvas = left == 0 && top == 0 && width == width_ && height == height_;
  const bool is_on_canvas =
      width > 0 && height > 0 && left + width <= width_ && top + height <= height_;
  const bool is_known = byte_at(content, 24) <= 2 && byte_at(content, 25) <= 1;  // Disposal, blend.
  if (content.size() != kControl || !announced_ || is_frame_open() || !is_known || !is_on_canvas ||
      !take_sequence_number(content) || (!has_picture_ && (!is_whole_canvas || frames_ > 0))) {
    fail();
    return;
  }
  ++frames_;
  if (has_picture_) {
    frame_size_ = png_raw_size(width, height, pixels_);
    raw_bytes_ += frame_size_;
    frame_.emplace(frame_size_);
    is_broken_ = raw_bytes_ > kMostRawBytes;
  }
}

void PngAnimation::begin_picture() { has_picture_ = true; }

std::size_t PngAnimation::frame_data(std::string_view content) {
  if (is_broken_) {
    return 0;
  }
  if (!is_frame_open() || !take_sequence_number(content)) {
    fail();
    return 0;
  }
  const std::size_t used = frame_->feed(slice(content, kNumber));
  if (used == 0 || frame_->end() == Inflater::End::Damaged) {
    fail();
    return 0;
  }
  return kNumber + used;
}

bool PngAnimation::is_sound() const {
  return !is_broken_ && announced_ == frames_ && !is_frame_open();
}

}  // namespace sightingd
