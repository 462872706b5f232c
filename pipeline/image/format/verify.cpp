#include "pipeline/image/format/verify.h"

#include "pipeline/image/format/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sightingd {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

// Eats a file from the front. Once something was not there, nothing is there any more.
class Eater {
 public:
  explicit Eater(std::string_view file) : rest_(file) {}

  bool failed() const { return failed_; }
  bool is_done() const { return !failed_ && rest_.empty(); }
  bool begins(std::string_view text) const { return !failed_ && rest_.starts_with(text); }

  bool eat(std::string_view text) {
    if (!begins(text)) {
      return false;
    }
    rest_.remove_prefix(text.size());
    return true;
  }

  std::string_view take(std::uint64_t size) {
    failed_ = failed_ || size > rest_.size();
    if (failed_) {
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::uint64_t take_big(int size) {
    std::uint64_t value = 0;
    for (const char c : take(static_cast<std::uint64_t>(size))) {
      value = value << 8U | static_cast<std::uint8_t>(c);
    }
    return value;
  }

  std::uint64_t take_little(int size) {
    std::uint64_t value = 0;
    const std::string_view bytes = take(static_cast<std::uint64_t>(size));
    for (auto it = bytes.rbegin(); it != bytes.rend(); ++it) {
      value = value << 8U | static_cast<std::uint8_t>(*it);
    }
    return value;
  }

  // Entropy-coded JPEG data up to the next marker.
  void skip_entropy() {
    std::size_t end = 0;
    while (end < rest_.size()) {
      end = rest_.find('\xff', end);
      if (end == std::string_view::npos) {
        break;
      }
      std::size_t code = end + 1;
      while (code < rest_.size() && rest_[code] == '\xff') {
        ++code;
      }
      const bool is_data =
          code < rest_.size() &&
          (rest_[code] == '\0' || (rest_[code] >= '\xd0' && rest_[code] <= '\xd7'));
      if (!is_data) {
        break;
      }
      end = code + 1;
    }
    rest_.remove_prefix(std::min(end, rest_.size()));
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

bool is_one_of(std::string_view type, std::initializer_list<std::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

// ---- Colour profiles

// The tags that may be in one, by what they are for (docs/what-stays.md).
constexpr std::string_view kColourTables =
    "A2B0 A2B1 A2B2 A2M0 B2A0 B2A1 B2A2 B2D0 B2D1 B2D2 B2D3 D2B0 D2B1 D2B2 D2B3 gamt pre0 pre1 "
    "pre2 ncl2 ";
constexpr std::string_view kOtherTags =
    "bXYZ bTRC gXYZ gTRC rXYZ rTRC kTRC wtpt bkpt chad chrm cicp clro clrt clot ciis lumi meas "
    "tech view vued desc dmnd dmdd cprt rig0 rig2 resp pseq psid ps2s ps2i bfd  crdi devs scrn "
    "scrd targ calt cept vcgt ndin aarg aagg aabg ";

bool is_tag_of(std::string_view names, std::string_view name) {
  for (std::size_t at = 0; at < names.size(); at += 5) {
    if (names.substr(at, 4) == name) {
      return true;
    }
  }
  return false;
}

// Whether each byte of a colour profile belongs to its header, its table or a tag that may stay,
// but for short stretches of zeros and up to three bytes at the end.
bool is_bare_profile(std::string_view profile) {
  Eater header(profile);
  const bool is_sized = header.take_big(4) == profile.size() && profile.size() <= (4U << 20U);
  header.take(32);
  const bool is_signed = header.eat("acsp");
  header.take(60);
  const bool is_reserved = header.eat(std::string(28, '\0'));
  const std::uint64_t tags = header.take_big(4);
  if (!is_sized || !is_signed || !is_reserved || header.failed() || tags == 0 || tags > 100) {
    return false;
  }
  std::map<std::uint64_t, std::uint64_t> pieces{{0, 132 + 12 * tags}};  // Begin and end.
  for (std::uint64_t i = 0; i < tags; ++i) {
    const std::string_view name = header.take(4);
    const std::uint64_t begin = header.take_big(4);
    const std::uint64_t size = header.take_big(4);
    const bool may_stay =
        is_tag_of(kColourTables, name) || (is_tag_of(kOtherTags, name) && size <= 128U << 10U);
    if (!may_stay || begin < 132 + 12 * tags || size < 8 || begin + size > profile.size() ||
        profile.substr(begin + 4, 4) != "\0\0\0\0"sv) {
      return false;
    }
    pieces[begin] = std::max(pieces[begin], begin + size);
  }
  std::uint64_t seen = 0;
  for (const auto& [begin, end] : pieces) {
    if (begin > seen && (begin - seen > 7 ||
                         profile.substr(seen, begin - seen) != std::string(begin - seen, '\0'))) {
      return false;
    }
    seen = std::max(seen, end);
  }
  const std::string_view rest = profile.substr(std::min<std::uint64_t>(seen, profile.size()));
  return !header.failed() &&
         (rest.size() <= 3 || (rest.size() <= 7 && rest == std::string(rest.size(), '\0')));
}

// ---- JPEG

// Whether a segment is made of whole tables (ITU-T T.81, B.2.4).
bool holds_whole_tables(unsigned marker, std::string_view content) {
  Eater eater(content);
  while (!eater.failed() && !eater.is_done()) {
    if (marker == 0xdb) {
      eater.take(eater.take_big(1) < 0x10 ? 64 : 128);
    } else if (marker == 0xc4) {
      eater.take_big(1);
      std::uint64_t codes = 0;
      for (const char count : eater.take(16)) {
        codes += static_cast<std::uint8_t>(count);
      }
      eater.take(codes);
    } else {
      eater.take(2);
    }
  }
  return eater.is_done() && (marker != 0xdd || content.size() == 2);
}

// What the scans of a JPEG must still code. For each coefficient: the Ah of the scan that may
// come next (T.81, G.1.1.1), or kNone when all its bits were there.
class Uncoded {
 public:
  // The content of a frame's segment; false when it makes no sense or is not the first.
  bool begin(unsigned marker, std::string_view content) {
    Eater eater(content);
    eater.take(5);
    const std::uint64_t count = eater.take_big(1);
    is_progressive_ = marker == 0xc2 || marker == 0xca;
    if (eater.failed() || count == 0 || !next_.empty()) {
      return false;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      next_[static_cast<std::uint8_t>(eater.take_big(1))] = {};
      eater.take(2);
    }
    return eater.is_done();
  }

  // The content of a scan's header; false when it codes anything again.
  bool take(std::string_view content) {
    Eater eater(content);
    const std::string_view parts = eater.take(2 * eater.take_big(1));
    std::uint64_t first = eater.take_big(1);
    std::uint64_t last = eater.take_big(1);
    std::uint64_t bits = eater.take_big(1);
    if (!is_progressive_) {
      first = 0;
      last = 63;
      bits = 0;
    }
    if (!eater.is_done() || parts.empty() || first > last || last > 63) {
      return false;
    }
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      const auto component = next_.find(static_cast<std::uint8_t>(parts[i]));
      if (component == next_.end()) {
        return false;
      }
      for (std::uint64_t k = first; k <= last; ++k) {
        std::uint64_t& next = component->second[k];
        if (next != bits >> 4U) {
          return false;
        }
        next = (bits & 15U) == 0 ? kNone : bits & 15U;
      }
    }
    return true;
  }

 private:
  static constexpr std::uint64_t kNone = 0xff;

  bool is_progressive_ = false;
  std::map<std::uint8_t, std::array<std::uint64_t, 64>> next_;
};

class JpegVerifier {
 public:
  JpegVerifier(std::string_view file, Orientation orientation)
      : eater_(file), orientation_(orientation) {}

  bool run() {
    if (!eater_.eat("\xff\xd8"sv)) {
      return false;
    }
    while (!eater_.eat("\xff\xd9"sv)) {
      if (!segment()) {
        return false;
      }
    }
    return eater_.is_done() && scans_ > 0 && icc_parts_ == icc_count_ &&
           (icc_.empty() || is_bare_profile(icc_)) &&
           has_orientation_ == (orientation_ != Orientation::Upright);
  }

 private:
  bool segment() {
    if (!eater_.eat("\xff"sv)) {
      return false;
    }
    const auto marker = static_cast<unsigned>(eater_.take_big(1));
    const std::uint64_t length = eater_.take_big(2);
    const std::string_view content = length < 2 ? std::string_view() : eater_.take(length - 2);
    if (eater_.failed() || length < 2) {
      return false;
    }
    switch (marker) {
      case 0xc0:  // Frames.
      case 0xc1:
      case 0xc2:
      case 0xc9:
      case 0xca:
        return uncoded_.begin(marker, content);
      case 0xc4:  // Tables and the restart interval.
      case 0xcc:
      case 0xdb:
      case 0xdd:
        return holds_whole_tables(marker, content);
      case 0xda:
        ++scans_;
        eater_.skip_entropy();
        return uncoded_.take(content);
      default:
        return scans_ == 0 && application(marker, content);
    }
  }

  bool application(unsigned marker, std::string_view content) {
    switch (marker) {
      case 0xe0:
        return !std::exchange(has_jfif_, true) && content == "JFIF\0\x01\x01\0\0\x01\0\x01\0\0"sv;
      case 0xe1:
        return !std::exchange(has_orientation_, true) &&
               content == "Exif\0\0"s + orientation_block(orientation_);
      case 0xe2:
        return colour_profile(content);
      case 0xee:
        return !std::exchange(has_adobe_, true) && content.size() == 12 &&
               content.starts_with("Adobe\0\x64\0\0\0\0"sv);
      default:
        return false;
    }
  }

  // Parts are numbered from 1, and each says how many there are (ICC.1:2010, B.4).
  bool colour_profile(std::string_view content) {
    Eater eater(content);
    if (!eater.eat("ICC_PROFILE\0"sv)) {
      return false;
    }
    const std::uint64_t number = eater.take_big(1);
    const std::uint64_t count = eater.take_big(1);
    if (eater.failed() || number != ++icc_parts_ || (number > 1 && count != icc_count_)) {
      return false;
    }
    icc_count_ = count;
    icc_ += content.substr(14);
    return true;
  }

  Eater eater_;
  Orientation orientation_;
  bool has_orientation_ = false;
  bool has_jfif_ = false;
  bool has_adobe_ = false;
  std::string icc_;
  std::uint64_t icc_parts_ = 0;
  std::uint64_t icc_count_ = 0;
  Uncoded uncoded_;
  int scans_ = 0;
};

// ---- PNG

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

// ---- WebP

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

// ---- GIF

std::size_t colours_after(std::uint64_t flags) {
  return flags >= 0x80 ? std::size_t{3} << ((flags & 7U) + 1) : 0;
}

// Whether the compressed rows of a frame (GIF89a, appendix F) make so many pixels with their last
// code, but for an end code, and end in the last byte. Strings are counted by what they extend.
bool rows_fill(std::string_view data, std::uint64_t least_size, std::uint64_t pixels) {
  if (least_size < 1 || least_size > 8) {
    return false;
  }
  const std::uint64_t clear = 1U << least_size;
  std::vector<std::uint64_t> lengths;  // Of the codes above the end code.
  std::optional<std::uint64_t> before;
  std::uint64_t bit = 0;
  std::uint64_t made = 0;
  const auto table = [&] { return clear + 2 + lengths.size(); };
  const auto width = [&] {
    std::uint64_t wide = least_size + 1;
    while (wide < 12 && table() >= 1ULL << wide) {
      ++wide;
    }
    return wide;
  };
  const auto read = [&](std::uint64_t bits) {
    std::uint64_t code = 0;
    for (std::uint64_t i = 0; i < bits; ++i, ++bit) {
      code |= (static_cast<std::uint64_t>(data[bit / 8]) >> bit % 8 & 1U) << i;
    }
    return code;
  };
  while (bit + width() <= data.size() * 8 && made < pixels) {
    const std::uint64_t code = read(width());
    if (code == clear) {
      lengths.clear();
      before.reset();
      continue;
    }
    if (before && table() < 4096) {
      lengths.push_back(*before + 1);
    }
    if (code == clear + 1 || code >= table() || (!before && code > clear)) {
      return false;
    }
    before = code < clear ? 1 : lengths[code - clear - 2];
    made += *before;
  }
  if (bit + width() <= data.size() * 8) {
    const std::uint64_t behind = bit;
    bit = read(width()) == clear + 1 ? bit : behind;
  }
  return made >= pixels && (bit + 7) / 8 == data.size();
}

bool verify_gif_frame(Eater& eater) {
  eater.take_little(4);  // Its place.
  const std::uint64_t width = eater.take_little(2);
  const std::uint64_t height = eater.take_little(2);
  eater.take(colours_after(eater.take_big(1)));
  const std::uint64_t least_size = eater.take_big(1);
  std::string data;
  for (;;) {
    const std::string_view block = eater.take(eater.take_big(1));
    if (block.empty()) {
      return !eater.failed() && rows_fill(data, least_size, width * height);
    }
    data += block;
  }
}

bool verify_gif(std::string_view file) {
  Eater eater(file);
  bool has_loop = false;
  bool has_control = false;  // Which the next frame must follow.
  if (!eater.eat("GIF89a") && !eater.eat("GIF87a")) {
    return false;
  }
  eater.take(4);
  const std::uint64_t screen_flags = eater.take_big(1);
  eater.take(2 + colours_after(screen_flags));
  while (!eater.eat(";")) {
    if (eater.eat("\x21\xf9\x04"sv)) {
      eater.take(4);
      if (std::exchange(has_control, true) || !eater.eat("\0"sv)) {
        return false;
      }
    } else if (eater.eat("\x21\xff\x0bNETSCAPE2.0\x03\x01"sv)) {
      eater.take(2);
      if (std::exchange(has_loop, true) || has_control || !eater.eat("\0"sv)) {
        return false;
      }
    } else if (eater.eat(","sv)) {
      has_control = false;
      if (!verify_gif_frame(eater)) {
        return false;
      }
    } else {
      return false;
    }
  }
  return eater.is_done() && !has_control;
}

}  // namespace

bool holds_only_the_picture(ImageKind kind, std::string_view file, Orientation orientation) {
  switch (kind) {
    case ImageKind::Jpeg:
      return JpegVerifier(file, orientation).run();
    case ImageKind::Png:
      return PngVerifier(file, orientation).run();
    case ImageKind::WebP:
      return WebpVerifier(file, orientation).run();
    case ImageKind::Gif:
      return verify_gif(file);
  }
  return false;
}

}  // namespace sightingd
