#include "pipeline/image/verify/verifiers.h"

#include "pipeline/image/format/inflate.h"
#include "pipeline/image/verify/bare_profile.h"
#include "pipeline/image/verify/eater.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd::verify {
namespace {

using namespace std::string_view_literals;

// TIFF 6.0, section 2.
constexpr std::uint64_t kShort = 3;
constexpr std::uint64_t kLong = 4;
constexpr std::uint64_t kUndefined = 7;

struct TiffField {
  std::uint64_t type = 0;
  std::uint64_t count = 0;
  std::string_view value;

  std::uint64_t number(std::uint64_t index) const {
    const std::uint64_t size = type == kShort ? 2 : 4;
    Eater eater(value.substr(std::min<std::uint64_t>(index * size, value.size())));
    return eater.take_little(static_cast<int>(size));
  }
};

std::uint64_t colours_of(std::uint64_t photometric) {
  switch (photometric) {
    case 0:
    case 1:
    case 3:
      return 1;
    case 2:
    case 6:
    case 8:
    case 9:
      return 3;
    case 5:
      return 4;
    default:
      return 0;
  }
}

// One page, which begins where the one before ended: a table, the longer values in its order, the
// strips in theirs.
class TiffPageVerifier {
 public:
  TiffPageVerifier(std::string_view file, std::uint64_t at) : file_(file), at_(at) {}

  // Where the next page begins, 0 behind the last; nothing when something does not belong.
  // `orientation`: which one it must say, 1 by saying none; 0: any.
  std::optional<std::uint64_t> run(std::uint64_t orientation) {
    const bool is_bare = table() && turn(orientation) && shape() && meaning() && strips() &&
                         known_ == fields_.size();
    const bool is_last = next_ == 0 && at_ == file_.size();
    const std::uint64_t padding = at_ % 2;
    const bool is_followed = next_ == at_ + padding && next_ < file_.size() &&
                             file_.substr(at_, padding) == "\0"sv.substr(0, padding);
    return is_bare && (is_last || is_followed) ? std::optional(next_) : std::nullopt;
  }

 private:
  bool table() {
    Eater eater(file_.substr(std::min<std::uint64_t>(at_, file_.size())));
    const std::uint64_t count = eater.take_little(2);
    at_ += 2 + 12 * count + 4;
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t tag = eater.take_little(2);
      TiffField field;
      field.type = eater.take_little(2);
      field.count = eater.take_little(4);
      const std::string_view place = eater.take(4);
      if (eater.failed() || tag <= last || !value(field, place)) {
        return false;
      }
      last = tag;
      fields_[tag] = field;
    }
    next_ = eater.take_little(4);
    return !eater.failed();
  }

  // In its entry, or next behind the table; filled up with zeros.
  bool value(TiffField& field, std::string_view place) {
    const std::uint64_t width = field.type == kShort       ? 2
                                : field.type == kLong      ? 4
                                : field.type == kUndefined ? 1
                                                           : 0;
    const std::uint64_t size = width * field.count;
    if (size == 0) {
      return false;
    }
    if (size <= 4) {
      field.value = place.substr(0, size);
      return place.substr(size) == "\0\0\0\0"sv.substr(size);
    }
    Eater offset(place);
    const std::uint64_t padding = size % 2;
    if (offset.take_little(4) != at_ || at_ > file_.size() || size + padding > file_.size() - at_) {
      return false;
    }
    field.value = file_.substr(at_, size);
    at_ += size + padding;
    return padding == 0 || file_[at_ - 1] == '\0';
  }

  bool has(std::uint64_t tag) const { return fields_.contains(tag); }

  // The first number of a tag that is there, of this type and this often.
  std::optional<std::uint64_t> take(std::uint64_t tag, std::uint64_t type, std::uint64_t count) {
    const auto found = fields_.find(tag);
    if (found == fields_.end() || found->second.type != type || found->second.count != count) {
      return std::nullopt;
    }
    ++known_;
    return found->second.number(0);
  }

  bool turn(std::uint64_t orientation) {
    if (!has(274)) {
      return orientation <= 1;
    }
    const auto said = take(274, kShort, 1);
    return said && *said >= 2 && *said <= 8 && (orientation == 0 || *said == orientation);
  }

  bool shape() {
    const auto width = take(256, kLong, 1);
    const auto height = take(257, kLong, 1);
    const auto samples = take(277, kShort, 1);
    const auto bits = take(258, kShort, samples.value_or(0));
    const auto rows = take(278, kLong, 1);
    const bool is_deflated = take(259, kShort, 1) == 8;
    if (!width || !height || !samples || !bits || !rows || !is_deflated || *width == 0 ||
        *width > 65'535 || *height == 0 || *height > 65'535 || *rows == 0 || *rows > *height) {
      return false;
    }
    for (std::uint64_t i = 1; i < *samples; ++i) {
      if (fields_[258].number(i) != *bits) {
        return false;
      }
    }
    height_ = *height;
    samples_ = *samples;
    bits_ = *bits;
    rows_ = *rows;
    row_bits_ = *width * samples_ * bits_;
    return true;
  }

  // Colours, and what only some pictures have.
  bool meaning() {
    const auto photometric = take(262, kShort, 1);
    const std::uint64_t colours = photometric ? colours_of(*photometric) : 0;
    if (colours == 0 || samples_ < colours) {
      return false;
    }
    if (has(317) && (take(317, kShort, 1) != 2 || bits_ < 8)) {
      return false;
    }
    const bool is_palette = photometric == 3;
    if (is_palette && (bits_ > 8 || !take(320, kShort, std::uint64_t{3} << bits_))) {
      return false;
    }
    if (samples_ > colours) {
      const std::uint64_t extra = samples_ - colours;
      if (!take(338, kShort, extra)) {
        return false;
      }
      for (std::uint64_t i = 0; i < extra; ++i) {
        if (fields_[338].number(i) > 2) {
          return false;
        }
      }
    }
    if (photometric == 6 && (take(530, kShort, 2) != 1 || fields_[530].number(1) != 1)) {
      return false;
    }
    return !has(34675) ||
           (take(34675, kUndefined, fields_[34675].count) && is_bare_profile(fields_[34675].value));
  }

  bool strips() {
    const std::uint64_t row_bytes = (row_bits_ + 7) / 8;
    const std::uint64_t count = (height_ - 1) / rows_ + 1;
    if (!take(273, kLong, count) || !take(279, kLong, count) ||
        (rows_ > 1 && rows_ * row_bytes > 256U << 10U)) {
      return false;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t size = fields_[279].number(i);
      if (fields_[273].number(i) != at_ || at_ > file_.size() || size > file_.size() - at_ ||
          !is_whole(file_.substr(at_, size), std::min(rows_, height_ - i * rows_), row_bytes)) {
        return false;
      }
      at_ += size;
    }
    return true;
  }

  // Whether a strip is one zlib stream that makes its rows, whose unused bits are zero.
  bool is_whole(std::string_view strip, std::uint64_t rows, std::uint64_t row_bytes) const {
    Inflater inflater(rows * row_bytes);
    std::string content;
    if (inflater.feed(strip, &content) != strip.size() ||
        inflater.end() != Inflater::End::Complete || inflater.produced() != rows * row_bytes) {
      return false;
    }
    const std::uint64_t unused = row_bytes * 8 - row_bits_;
    for (std::uint64_t row = 1; unused > 0 && row <= rows; ++row) {
      const auto last = static_cast<std::uint8_t>(content[row * row_bytes - 1]);
      if ((last & ((1U << unused) - 1)) != 0) {
        return false;
      }
    }
    return true;
  }

  std::string_view file_;
  std::uint64_t at_;  // What has been accounted for, from the beginning.
  std::map<std::uint64_t, TiffField> fields_;
  std::uint64_t known_ = 0;  // Fields that were asked for.
  std::uint64_t next_ = 0;
  std::uint64_t height_ = 0;
  std::uint64_t samples_ = 0;
  std::uint64_t bits_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t row_bits_ = 0;
};

}  // namespace

bool is_bare_tiff(std::string_view file, Orientation orientation) {
  constexpr std::uint64_t kFirstAt = 8;
  if (!file.starts_with("II*\0\x08\0\0\0"sv)) {
    return false;
  }
  std::uint64_t at = kFirstAt;
  do {
    const auto said = at == kFirstAt ? static_cast<std::uint64_t>(orientation) : 0;
    const auto next = TiffPageVerifier(file, at).run(said);
    if (!next) {
      return false;
    }
    at = *next;
  } while (at != 0);
  return true;
}

}  // namespace sightingd::verify
