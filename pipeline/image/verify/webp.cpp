#include "pipeline/image/verify/verifiers.h"

#include "pipeline/image/verify/bare_profile.h"
#include "pipeline/image/verify/eater.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sightingd::verify {
namespace {

using namespace std::string_view_literals;

struct RiffChunk {
  std::string_view type;
  std::string_view content;
};

// Nothing when it is cut or its padding says something.
std::optional<RiffChunk> take_chunk(Eater& eater) {
  RiffChunk chunk;
  chunk.type = eater.take(4);
  const std::uint64_t size = eater.take_little(4);
  chunk.content = eater.take(size);
  const bool is_padded = size % 2 == 0 || eater.eat("\0"sv);
  return eater.failed() || !is_padded ? std::nullopt : std::optional(chunk);
}

// The rest of a list of chunks: alpha for a lossy picture, if any, then one bitstream.
bool verify_picture(Eater& eater, RiffChunk first) {
  std::optional<RiffChunk> chunk = first;
  const bool has_alpha = chunk->type == "ALPH";
  if (has_alpha) {
    chunk = take_chunk(eater);
  }
  return chunk && (chunk->type == "VP8 " || (chunk->type == "VP8L" && !has_alpha));
}

bool verify_frame(std::string_view content) {
  Eater eater(content);
  eater.take(15);
  const bool is_plain = eater.take_big(1) < 4;  // Blending and disposal.
  const auto first = take_chunk(eater);
  return is_plain && first && verify_picture(eater, *first) && eater.is_done();
}

// Chunks come in the order of RFC 9649, 2.7: header, profile, animation or picture, EXIF.
class WebpVerifier {
 public:
  WebpVerifier(std::string_view file, Orientation orientation)
      : size_(file.size()), eater_(file), orientation_(orientation) {}

  bool run() {
    if (!eater_.eat("RIFF") || eater_.take_little(4) != size_ - 8 || !eater_.eat("WEBP")) {
      return false;
    }
    next();
    std::uint64_t flags = 0;
    if (is("VP8X")) {
      Eater header(chunk_->content);
      flags = header.take_little(4);
      header.take(6);
      if (!header.is_done()) {
        return false;
      }
      next();
    }
    if ((flags & ~std::uint64_t{0x20 | 0x10 | 0x08 | 0x02}) != 0 || !profile((flags & 0x20) != 0)) {
      return false;
    }
    const bool is_picture = (flags & 0x02) != 0 ? animation() : picture();
    return is_picture && turned((flags & 0x08) != 0) && !chunk_ && eater_.is_done();
  }

 private:
  bool is(std::string_view type) const { return chunk_ && chunk_->type == type; }

  void next() { chunk_ = eater_.is_done() ? std::nullopt : take_chunk(eater_); }

  bool profile(bool is_announced) {
    const bool is_right =
        is("ICCP") == is_announced && (!is_announced || is_bare_profile(chunk_->content));
    if (is_announced && is_right) {
      next();
    }
    return is_right;
  }

  bool picture() {
    const bool is_right = chunk_ && verify_picture(eater_, *chunk_);
    next();
    return is_right;
  }

  bool animation() {
    if (!is("ANIM") || chunk_->content.size() != 6) {
      return false;
    }
    int frames = 0;
    for (next(); is("ANMF"); next()) {
      if (!verify_frame(chunk_->content)) {
        return false;
      }
      ++frames;
    }
    return frames > 0;
  }

  bool turned(bool is_announced) {
    const bool is_turned = orientation_ != Orientation::Upright;
    const bool is_right = is_announced == is_turned && is("EXIF") == is_turned &&
                          (!is_turned || chunk_->content == orientation_block(orientation_));
    if (is_turned && is_right) {
      next();
    }
    return is_right;
  }

  std::size_t size_;
  Eater eater_;
  Orientation orientation_;
  std::optional<RiffChunk> chunk_;  // The next one; nothing at the end, or where it is cut.
};

}  // namespace

bool is_bare_webp(std::string_view file, Orientation orientation) {
  return WebpVerifier(file, orientation).run();
}

}  // namespace sightingd::verify
