#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sightingd {

/// Puts a streamed body together to lines.
class Lines {
 public:
  using Take = std::function<void(const std::string& line)>;
  explicit Lines(Take take) : take_(std::move(take)) {}

  /// Hands on every line that is whole now, without its end.
  void add(std::string_view bytes) {
    for (const char byte : bytes) {
      if (byte != '\n') {
        line_ += byte;
        continue;
      }
      take_(line_);
      line_.clear();
    }
  }

 private:
  const Take take_;
  std::string line_;
};

}  // namespace sightingd
