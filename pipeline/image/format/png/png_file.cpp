#include "pipeline/image/format/png/png_file.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/inflate.h"
#include "pipeline/image/format/limits.h"
#include "pipeline/image/format/png/png_animation.h"
#include "pipeline/image/format/png/png_rows.h"
#include "pipeline/image/format/png/png_text.h"
#include "pipeline/image/metadata/icc_profile.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace sightingd {
namespace {

constexpr std::string_view kSignature("\x89PNG\x0d\x0a\x1a\x0a", 8);
constexpr std::size_t kHeaderSize = 13;

// Pixels count by what they cost: one of 16 bits a channel, with alpha, as two. A row may have a
// filter byte and, when it is interlaced, some more and some padding.
constexpr std::uint64_t kBytesOfAPixel = 4;
constexpr std::uint64_t kMostFilterBytes = 16;

// What a colour profile may gain when it is compressed anew; the whole file must stay within
// kStrippedSlack (stripped_size.h) of what came. One that another compressor made smaller than
// that goes.
constexpr std::size_t kMostGrowth = 32U << 10U;

// The chunks beside the picture and its animation that stay as they are, each once. What is not
// here goes, known or not; iCCP and eXIf are written afresh. See docs/what-stays.md.
struct KeptChunk {
  std::string_view type;
  std::size_t least;
  std::size_t most;
};
constexpr std::array kKeptChunks{
    KeptChunk{"PLTE", 3, 768}, KeptChunk{"tRNS", 1, 256}, KeptChunk{"gAMA", 4, 4},
    KeptChunk{"cHRM", 32, 32}, KeptChunk{"sRGB", 1, 1},   KeptChunk{"cICP", 4, 4},
};

const KeptChunk* find_kept(std::string_view type) {
  const auto* found = std::find_if(kKeptChunks.begin(), kKeptChunks.end(),
                                   [&](const KeptChunk& kept) { return kept.type == type; });
  return found == kKeptChunks.end() ? nullptr : found;
}

bool is_animation(std::string_view type) {
  return type == "acTL" || type == "fcTL" || type == "fdAT";
}

bool is_critical(std::string_view type) { return (byte_at(type, 0) & 0x20U) == 0; }

// `covered`: type and content.
std::uint32_t checksum(std::string_view covered) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(covered.data()), covered.size()));
}

void append_chunk(std::string& file, std::string_view type, std::string_view content) {
  append_big32(file, content.size());
  const std::size_t covered_at = file.size();
  file += type;
  file += content;
  append_big32(file, checksum(std::string_view(file).substr(covered_at)));
}

}  // namespace

// One walk over the chunks of a file.
class PngWalk {
 public:
  PngWalk(std::string_view bytes, const ImageLimits& limits) : bytes_(bytes), limits_(limits) {}

  OrReject<PngFile> run() {
    while (!done_) {
      if (const auto reason = step()) {
        return *reason;
      }
    }
    const bool is_whole = inflater_ && inflater_->end() == Inflater::End::Complete &&
                          inflater_->produced() == raw_size_;
    if (!is_whole) {
      return RejectReason::Malformed;
    }
    if (!animation_->is_sound()) {
      std::erase_if(file_.kept_, [](const auto& chunk) { return is_animation(chunk.type); });
    }
    return std::move(file_);
  }

 private:
  using Step = std::optional<RejectReason>;

  Step step() {
    const std::size_t length = big32(bytes_, at_);
    constexpr std::size_t kAround = 12;  // Length, type, checksum.
    if (bytes_.size() < at_ + kAround || length > bytes_.size() - at_ - kAround) {
      done_ = true;  // A truncated file; whether its picture is whole shows in the end.
      return {};
    }
    const std::string_view covered = bytes_.substr(at_ + 4, 4 + length);
    const bool is_intact = big32(bytes_, at_ + 8 + length) == checksum(covered);
    at_ += kAround + length;
    const std::string_view type = covered.substr(0, 4);
    if (!is_intact) {
      return is_critical(type) ? Step(RejectReason::Malformed) : Step();
    }
    return chunk(type, covered.substr(4));
  }

  Step chunk(std::string_view type, std::string_view content) {
    if (file_.header_.empty()) {
      return type == "IHDR" ? header(content) : Step(RejectReason::Malformed);
    }
    if (type == "IHDR") {
      return RejectReason::Malformed;
    }
    if (type == "IEND") {
      done_ = true;
      return {};
    }
    if (type == "IDAT") {
      return picture_data(content);
    }
    if (is_animation(type)) {
      return animation(type, content);
    }
    if (const KeptChunk* kept = find_kept(type)) {
      keep(*kept, content);
      return {};
    }
    if (is_critical(type)) {
      return RejectReason::Malformed;  // A decoder must not show what it does not understand.
    }
    read_and_drop(type, content);
    return {};
  }

  Step header(std::string_view content) {
    file_.width_ = big32(content, 0);
    file_.height_ = big32(content, 4);
    const std::uint8_t depth = byte_at(content, 8);
    if (content.size() != kHeaderSize || file_.width_ == 0 || file_.height_ == 0 || depth > 16) {
      return RejectReason::Malformed;
    }
    if (const auto reason = oversized(file_.width_, file_.height_, limits_)) {
      return *reason;
    }
    file_.header_ = content;
    const PngPixels pixels{depth, byte_at(content, 9), byte_at(content, 12) != 0};
    if (png_raw_size(file_.width_, file_.height_, pixels) >
        kBytesOfAPixel * limits_.max_pixels + file_.height_ * kMostFilterBytes) {
      return RejectReason::TooManyPixels;
    }
    raw_size_ = png_raw_size(file_.width_, file_.height_, pixels);
    animation_.emplace(file_.width_, file_.height_, pixels);
    return {};
  }

  // Bytes behind the end of the compressed stream are no picture and go.
  Step picture_data(std::string_view content) {
    if (!inflater_) {
      inflater_.emplace(raw_size_);
      animation_->begin_picture();
    }
    const std::size_t used = inflater_->feed(content);
    if (inflater_->end() == Inflater::End::Damaged) {
      return RejectReason::Malformed;
    }
    if (used > 0) {
      file_.kept_.push_back({"IDAT", content.substr(0, used)});
    }
    return {};
  }

  // Kept only if the animation turns out to be sound.
  Step animation(std::string_view type, std::string_view content) {
    if (type == "acTL") {
      animation_->announce(content);
    } else if (type == "fcTL") {
      if (++frames_ > limits_.max_frames) {
        return RejectReason::TooManyFrames;
      }
      animation_->begin_frame(content);
    } else {
      content = content.substr(0, animation_->frame_data(content));
    }
    file_.kept_.push_back({type, content});
    return {};
  }

  void keep(const KeptChunk& kept, std::string_view content) {
    const bool is_known_size = content.size() >= kept.least && content.size() <= kept.most;
    const bool is_repeated =
        std::any_of(file_.kept_.begin(), file_.kept_.end(),
                    [&](const auto& chunk) { return chunk.type == kept.type; });
    if (is_known_size && !is_repeated) {
      file_.kept_.push_back({kept.type, content});
    }
  }

  void read_and_drop(std::string_view type, std::string_view content) {
    if (type == "eXIf") {
      add_exif(file_.carriers_, content);
    } else if (type == "iTXt" || type == "tEXt" || type == "zTXt") {
      read_png_text(type, content, allowance_, file_.carriers_);
    } else if (type == "caBX") {
      file_.carriers_.has_c2pa = true;
    } else if (type == "iCCP" && !std::exchange(has_profile_, true)) {
      colour_profile(content);
    }
  }

  // The first one counts, even when it is none: PNG allows no second (section 5.6).
  // A name of 1 to 79 bytes, NUL, compression method 0, then the stream.
  void colour_profile(std::string_view content) {
    const std::size_t name = content.substr(0, 80).find('\0');
    if (name == std::string_view::npos || byte_at(content, name + 1) != 0) {
      return;
    }
    const auto profile = allowance_.inflate(slice(content, name + 2), kLargestIccProfile);
    const std::string kept = kept_colour_profile(profile.value_or(std::string()));
    if (std::string packed = kept.empty() ? kept : deflate_whole(kept);
        packed.size() <= content.size() + kMostGrowth) {
      file_.packed_icc_ = std::move(packed);
    }
  }

  std::string_view bytes_;
  ImageLimits limits_;
  PngFile file_;
  std::size_t at_ = kSignature.size();
  bool done_ = false;
  std::uint32_t frames_ = 0;
  bool has_profile_ = false;
  InflateAllowance allowance_{kMostInflated};
  std::uint64_t raw_size_ = 0;
  std::optional<Inflater> inflater_;
  std::optional<PngAnimation> animation_;
};

OrReject<PngFile> PngFile::parse(std::string_view bytes, const ImageLimits& limits) {
  return PngWalk(bytes, limits).run();
}

std::string PngFile::stripped(Orientation orientation) const {
  std::size_t size = packed_icc_.size() + 512;
  for (const Chunk& chunk : kept_) {
    size += chunk.content.size() + 12;
  }
  std::string file;
  file.reserve(size);
  file += kSignature;
  append_chunk(file, "IHDR", header_);
  if (!packed_icc_.empty()) {
    constexpr std::string_view kNameAndMethod("ICC Profile\0\0", 13);
    append_chunk(file, "iCCP", std::string(kNameAndMethod) + packed_icc_);
  }
  if (orientation != Orientation::Upright) {
    append_chunk(file, "eXIf", orientation_block(orientation));
  }
  for (const Chunk& chunk : kept_) {
    append_chunk(file, chunk.type, chunk.content);
  }
  append_chunk(file, "IEND", {});
  return file;
}

}  // namespace sightingd
