#pragma once

#include "pipeline/image/format/bytes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// A box of an ISO base media file (ISO/IEC 14496-12, 4.2): what most of it is made of.
struct Box {
  std::string_view type;     ///< Four characters.
  std::string_view content;  ///< Behind the header; of a "full box" with version and flags.
};

/// The boxes of a list, one after another.
class Boxes {
 public:
  explicit Boxes(std::string_view list) : rest_(list) {}

  /// Nothing at the end, or where a box is cut.
  std::optional<Box> next() {
    constexpr std::size_t kHeader = 8;
    constexpr std::size_t kLongHeader = 16;
    if (rest_.size() < kHeader) {
      return std::nullopt;
    }
    std::uint64_t size = big32(rest_, 0);
    std::size_t header = kHeader;
    if (size == 1) {  // A longer number follows.
      size = std::uint64_t{big32(rest_, kHeader)} << 32U | big32(rest_, kHeader + 4);
      header = kLongHeader;
    } else if (size == 0) {
      size = rest_.size();
    }
    if (size < header || size > rest_.size()) {
      is_cut_ = true;
      return std::nullopt;
    }
    const Box box{rest_.substr(4, 4), rest_.substr(header, size - header)};
    rest_.remove_prefix(size);
    return box;
  }

  /// Whether the last box reaches beyond the list: who reads on there finds another one.
  bool is_cut() const { return is_cut_; }

 private:
  std::string_view rest_;
  bool is_cut_ = false;
};

inline void append_box(std::string& file, std::string_view type, std::string_view content) {
  append_big32(file, content.size() + 8);
  file += type;
  file += content;
}

/// With version 0 and no flags.
inline void append_full_box(std::string& file, std::string_view type, std::string_view content) {
  append_big32(file, content.size() + 12);
  file += type;
  append_big32(file, 0);
  file += content;
}

}  // namespace sightingd
