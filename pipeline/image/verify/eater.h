#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace sightingd::verify {

/// Eats a file from the front. Once something was not there, nothing is there any more.
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

  /// Entropy-coded JPEG data up to the next marker.
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

inline bool is_one_of(std::string_view type, std::initializer_list<std::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace sightingd::verify
