#include "pipeline/image/verify/verifiers.h"

#include "pipeline/image/verify/bare_profile.h"
#include "pipeline/image/verify/eater.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace sightingd::verify {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

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

}  // namespace

bool is_bare_jpeg(std::string_view file, Orientation orientation) {
  return JpegVerifier(file, orientation).run();
}

}  // namespace sightingd::verify
