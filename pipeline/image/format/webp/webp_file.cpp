#include "pipeline/image/format/webp/webp_file.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/limits.h"
#include "pipeline/image/metadata/icc_profile.h"

#include <webp/decode.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace sightingd {
namespace {

constexpr std::size_t kRiffHeader = 12;
constexpr std::size_t kChunkHeader = 8;
constexpr std::size_t kExtendedSize = 10;  // VP8X
constexpr std::size_t kAnimationSize = 6;  // ANIM
constexpr std::size_t kFrameHeader = 16;   // ANMF

// What the frames of an animation may have in all: each is decoded, which takes a second for
// each hundred million.
constexpr std::uint64_t kMostFramePixels = 256'000'000;

// Of the last byte of a frame's header: blending and disposal; the others are reserved.
constexpr char kFrameFlags = 0x03;

constexpr std::size_t kFlagAnimation = 0x02;
constexpr std::size_t kFlagExif = 0x08;
constexpr std::size_t kFlagAlpha = 0x10;
constexpr std::size_t kFlagIcc = 0x20;

void append_chunk(std::string& file, std::string_view type, std::string_view content) {
  file += type;
  append_little32(file, content.size());
  file += content;
  if (content.size() % 2 != 0) {
    file += '\0';
  }
}

struct ChunkView {
  std::string_view type;
  std::string_view content;
};

// The chunks of a RIFF list, one after another.
class Chunks {
 public:
  explicit Chunks(std::string_view list) : rest_(list) {}

  // Nothing at the end, or where a chunk is cut.
  std::optional<ChunkView> next() {
    const std::size_t size = little32(rest_, 4);
    if (rest_.size() < kChunkHeader || size > rest_.size() - kChunkHeader) {
      return std::nullopt;
    }
    const ChunkView chunk{rest_.substr(0, 4), rest_.substr(kChunkHeader, size)};
    rest_ = slice(rest_, kChunkHeader + size + size % 2);
    return chunk;
  }

  bool is_done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool is_bitstream(std::string_view type) { return type == "VP8 " || type == "VP8L"; }

// Whether nothing but whole chunks follow the picture of a frame. libwebp takes them for chunks of
// the file: another frame among them is shown, and a cut one swallows what stands behind the frame.
bool is_plain_rest(Chunks chunks) {
  while (const auto chunk = chunks.next()) {
    if (chunk->type == "ANMF") {
      return false;
    }
  }
  return chunks.is_done();
}

// Alpha data, if any, then one bitstream: what a frame is made of. Nothing where libwebp
// finds more behind them.
std::string bare_frame(std::string_view list) {
  std::string frame;
  Chunks chunks(list);
  while (const auto chunk = chunks.next()) {
    if (is_bitstream(chunk->type)) {
      if (chunk->type == "VP8L") {
        frame.clear();  // It has its own alpha.
      }
      append_chunk(frame, chunk->type, chunk->content);
      return is_plain_rest(chunks) ? frame : std::string();
    }
    if (chunk->type == "ALPH" && frame.empty()) {
      append_chunk(frame, chunk->type, chunk->content);
    }
  }
  return {};
}

}  // namespace

// One walk over the chunks of a file.
class WebpWalk {
 public:
  WebpWalk(std::string_view bytes, const ImageLimits& limits) : limits_(limits) {
    const std::size_t size = std::size_t{little32(bytes, 4)} + kChunkHeader;
    list_ = slice(bytes.substr(0, size), kRiffHeader);
  }

  OrReject<WebpFile> run() {
    Chunks chunks(list_);
    while (const auto chunk = chunks.next()) {
      if (const auto reason = take(*chunk)) {
        return *reason;
      }
    }
    if (!has_picture_ && frames_ == 0) {
      return RejectReason::Malformed;
    }
    file_.is_animated_ = frames_ > 0;
    keep_one_kind();
    file_.icc_ = kept_colour_profile(file_.icc_);
    return std::move(file_);
  }

 private:
  using Step = std::optional<RejectReason>;

  bool has(std::string_view type) const {
    return std::any_of(file_.picture_.begin(), file_.picture_.end(),
                       [type](const auto& chunk) { return chunk.type == type; });
  }

  // An animation has no picture outside its frames, a still picture nothing of an animation.
  void keep_one_kind() {
    std::erase_if(file_.picture_, [this](const auto& chunk) {
      const bool is_of_animation = chunk.type == "ANIM" || chunk.type == "ANMF";
      return is_of_animation != file_.is_animated_;
    });
  }

  Step take(const ChunkView& chunk) {
    if (chunk.type == "VP8X") {
      return extended(chunk.content);
    }
    if (is_bitstream(chunk.type)) {
      return bitstream(chunk);
    }
    if (chunk.type == "ANMF") {
      return frame(chunk.content);
    }
    if (chunk.type == "ALPH" && !has_picture_ && !has("ALPH")) {
      file_.picture_.push_back({chunk.type, std::string(chunk.content)});
    } else if (chunk.type == "ANIM" && chunk.content.size() >= kAnimationSize && !has("ANIM")) {
      file_.picture_.push_back({chunk.type, std::string(chunk.content.substr(0, kAnimationSize))});
    } else {
      read_and_drop(chunk);
    }
    return {};
  }

  Step extended(std::string_view content) {
    if (content.size() < kExtendedSize || file_.is_extended_ || has_picture_ || frames_ > 0) {
      return RejectReason::Malformed;
    }
    file_.is_extended_ = true;
    file_.has_alpha_ = (byte_at(content, 0) & kFlagAlpha) != 0;
    return size(little24(content, 4) + 1, little24(content, 7) + 1);
  }

  Step size(std::uint32_t width, std::uint32_t height) {
    file_.width_ = width;
    file_.height_ = height;
    return oversized(width, height, limits_);
  }

  // The first one is the picture; animations have theirs inside the frames.
  Step bitstream(const ChunkView& chunk) {
    if (has_picture_ || frames_ > 0) {
      return {};
    }
    has_picture_ = true;
    if (chunk.type == "VP8L") {  // It has its own alpha.
      std::erase_if(file_.picture_, [](const auto& kept) { return kept.type == "ALPH"; });
    }
    file_.picture_.push_back({chunk.type, std::string(chunk.content)});
    if (file_.is_extended_) {
      return {};
    }
    std::string bare;
    append_chunk(bare, chunk.type, chunk.content);
    WebPBitstreamFeatures features{};
    if (WebPGetFeatures(reinterpret_cast<const std::uint8_t*>(bare.data()), bare.size(),
                        &features) != VP8_STATUS_OK) {
      return RejectReason::Malformed;
    }
    file_.has_alpha_ = features.has_alpha != 0;
    return size(static_cast<std::uint32_t>(features.width),
                static_cast<std::uint32_t>(features.height));
  }

  Step frame(std::string_view content) {
    if (!file_.is_extended_ || has_picture_) {
      return {};
    }
    const std::uint64_t width = std::uint64_t{little24(content, 6)} + 1;
    const std::uint64_t height = std::uint64_t{little24(content, 9)} + 1;
    std::string bare = bare_frame(slice(content, kFrameHeader));
    if (bare.empty() || content.size() < kFrameHeader || !has("ANIM")) {
      return RejectReason::Malformed;
    }
    if (++frames_ > limits_.max_frames) {
      return RejectReason::TooManyFrames;
    }
    if (const auto reason = oversized(width, height, limits_)) {
      return *reason;
    }
    frame_pixels_ += width * height;
    if (frame_pixels_ > kMostFramePixels) {
      return {};  // The animation ends before it.
    }
    std::string frame(content.substr(0, kFrameHeader));
    frame.back() = static_cast<char>(frame.back() & kFrameFlags);
    file_.picture_.push_back({"ANMF", std::move(frame) + bare});
    return {};
  }

  void read_and_drop(const ChunkView& chunk) {
    if (chunk.type == "EXIF") {
      add_exif(file_.carriers_, chunk.content);
    } else if (chunk.type == "XMP ") {
      add_xmp(file_.carriers_, chunk.content);
    } else if (chunk.type == "C2PA") {
      file_.carriers_.has_c2pa = true;
    } else if (chunk.type == "ICCP" && file_.icc_.empty()) {
      file_.icc_ = chunk.content;
    }
  }

  ImageLimits limits_;
  std::string_view list_;
  WebpFile file_;
  bool has_picture_ = false;
  std::uint32_t frames_ = 0;
  std::uint64_t frame_pixels_ = 0;
};

OrReject<WebpFile> WebpFile::parse(std::string_view bytes, const ImageLimits& limits) {
  return WebpWalk(bytes, limits).run();
}

std::string WebpFile::stripped(Orientation orientation) const {
  const bool is_turned = orientation != Orientation::Upright;
  std::string chunks;
  // RFC 9649, 2.7: a simple file has nothing but its bitstream.
  if (is_extended_ || is_turned || !icc_.empty()) {
    std::string header;
    append_little32(header, (icc_.empty() ? 0 : kFlagIcc) | (has_alpha_ ? kFlagAlpha : 0) |
                                (is_turned ? kFlagExif : 0) | (is_animated_ ? kFlagAnimation : 0));
    append_little24(header, width_ - 1);
    append_little24(header, height_ - 1);
    append_chunk(chunks, "VP8X", header);
  }
  if (!icc_.empty()) {
    append_chunk(chunks, "ICCP", icc_);
  }
  for (const Chunk& chunk : picture_) {
    append_chunk(chunks, chunk.type, chunk.content);
  }
  if (is_turned) {
    append_chunk(chunks, "EXIF", orientation_block(orientation));
  }
  std::string file = "RIFF";
  append_little32(file, 4 + chunks.size());
  return file + "WEBP" + chunks;
}

}  // namespace sightingd
