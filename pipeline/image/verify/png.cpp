#include "pipeline/image/verify/verifiers.h"

#include "pipeline/image/format/inflate.h"
#include "pipeline/image/verify/bare_profile.h"
#include "pipeline/image/verify/eater.h"

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace sightingd::verify {
namespace {

using namespace std::string_view_literals;

bool is_bare_colour_profile(std::string_view content) {
  constexpr std::string_view kBegin = "ICC Profile\0\0"sv;
  if (!content.starts_with(kBegin)) {
    return false;
  }
  const std::string_view stream = content.substr(kBegin.size());
  Inflater inflater(4U << 20U);
  std::string profile;
  const bool no_rest = inflater.feed(stream, &profile) == stream.size();
  return no_rest && inflater.end() == Inflater::End::Complete && is_bare_profile(profile);
}

// The size of the rows of a picture, filter bytes included (PNG, third edition, sections 7 and 8).
std::uint64_t rows_of(std::uint64_t width, std::uint64_t height, std::uint64_t bits,
                      bool is_interlaced) {
  const auto rows = [&](std::uint64_t x, std::uint64_t y, std::uint64_t every_x,
                        std::uint64_t every_y) {
    const std::uint64_t across = width > x ? (width - x - 1) / every_x + 1 : 0;
    const std::uint64_t down = height > y ? (height - y - 1) / every_y + 1 : 0;
    return across > 0 ? down * (1 + (across * bits + 7) / 8) : 0;
  };
  if (!is_interlaced) {
    return rows(0, 0, 1, 1);
  }
  return rows(0, 0, 8, 8) + rows(4, 0, 8, 8) + rows(0, 4, 4, 8) + rows(2, 0, 4, 4) +
         rows(0, 2, 2, 4) + rows(1, 0, 2, 2) + rows(0, 1, 1, 2);
}

class PngVerifier {
 public:
  PngVerifier(std::string_view file, Orientation orientation)
      : eater_(file), orientation_(orientation) {}

  bool run() {
    if (!eater_.eat("\x89PNG\x0d\x0a\x1a\x0a"sv)) {
      return false;
    }
    while (!eater_.eat("\0\0\0\0IEND\xae\x42\x60\x82"sv)) {
      const std::uint64_t size = eater_.take_big(4);
      const std::string_view type = eater_.take(4);
      const std::string_view content = eater_.take(size);
      const std::uint64_t checksum = eater_.take_big(4);
      if (eater_.failed() || checksum != checksum_of(type, content) || !chunk(type, content)) {
        return false;
      }
    }
    return eater_.is_done() && rows_are_whole() && has_picture_ && frames_ == announced_ &&
           (orientation_ == Orientation::Upright || seen_.contains("eXIf"));
  }

 private:
  static std::uint64_t checksum_of(std::string_view type, std::string_view content) {
    const auto add = [](std::uint64_t sum, std::string_view bytes) {
      return crc32_z(sum, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    };
    return add(add(0, type), content);
  }

  bool chunk(std::string_view type, std::string_view content) {
    if (type == "IDAT") {
      has_picture_ = true;
      return rows(content);
    }
    if (type == "fcTL") {
      return frame(content);
    }
    if (type == "fdAT") {
      Eater eater(content);
      return frames_ > 0 && eater.take_big(4) == next_number_++ && rows(content.substr(4));
    }
    return seen_.insert(type).second && single_chunk(type, content);
  }

  // What may come once.
  bool single_chunk(std::string_view type, std::string_view content) {
    if (type == "IHDR") {
      return seen_.size() == 1 && header(content);
    }
    if (type == "acTL") {
      Eater eater(content);
      announced_ = eater.take_big(4);
      return content.size() == 8 && !has_picture_;
    }
    if (type == "PLTE") {
      return content.size() % 3 == 0 && content.size() <= 768;
    }
    if (type == "tRNS") {
      return content.size() <= 256;
    }
    if (type == "iCCP") {
      return is_bare_colour_profile(content);
    }
    if (type == "eXIf") {
      return orientation_ != Orientation::Upright && content == orientation_block(orientation_);
    }
    const std::size_t size = type == "gAMA" || type == "cICP" ? 4 : type == "cHRM" ? 32 : 1;
    return is_one_of(type, {"gAMA", "cHRM", "sRGB", "cICP"}) && content.size() == size;
  }

  bool header(std::string_view content) {
    Eater eater(content);
    const std::uint64_t width = eater.take_big(4);
    const std::uint64_t height = eater.take_big(4);
    const std::uint64_t depth = eater.take_big(1);
    const std::uint64_t colours = eater.take_big(1);
    eater.take(2);
    is_interlaced_ = eater.take_big(1) != 0;
    bits_ = depth * (colours == 2 ? 3 : colours == 4 ? 2 : colours == 6 ? 4 : 1);
    expect_rows(width, height);
    return eater.is_done();
  }

  // The first may stand before the picture, which is then the first frame.
  bool frame(std::string_view content) {
    Eater eater(content);
    const std::uint64_t number = eater.take_big(4);
    const std::uint64_t width = eater.take_big(4);
    const std::uint64_t height = eater.take_big(4);
    if (content.size() != 26 || number != next_number_++ || (!has_picture_ && frames_ > 0)) {
      return false;
    }
    ++frames_;
    if (!has_picture_) {
      return true;
    }
    const bool is_complete = rows_are_whole();
    expect_rows(width, height);
    return is_complete;
  }

  void expect_rows(std::uint64_t width, std::uint64_t height) {
    expected_ = rows_of(width, height, bits_, is_interlaced_);
    inflater_.emplace(expected_);
  }

  bool rows(std::string_view content) {
    return inflater_ && !content.empty() && inflater_->feed(content) == content.size();
  }

  bool rows_are_whole() const {
    return inflater_ && inflater_->end() == Inflater::End::Complete &&
           inflater_->produced() == expected_;
  }

  Eater eater_;
  Orientation orientation_;
  std::set<std::string_view> seen_;
  bool has_picture_ = false;
  bool is_interlaced_ = false;
  std::uint64_t bits_ = 0;
  std::uint64_t announced_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t next_number_ = 0;
  std::uint64_t expected_ = 0;
  std::optional<Inflater> inflater_;
};

}  // namespace

bool is_bare_png(std::string_view file, Orientation orientation) {
  return PngVerifier(file, orientation).run();
}

}  // namespace sightingd::verify
