#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// The form in which text that could name a person stands in keys.
struct LookupHash {
  std::array<char, 16> bytes{};

  std::string_view text() const { return {bytes.data(), bytes.size()}; }

  friend bool operator==(const LookupHash&, const LookupHash&) = default;
};

/// Turns every look-up key that is built from text (URI, author, id, watch) into a keyed hash:
/// the first 128 bits of HMAC-SHA-256 (RFC 2104). Safe to use from any thread.
class LookupHasher {
 public:
  static constexpr std::size_t kKeySize = 32;

  /// `key`: kKeySize bytes.
  explicit LookupHasher(std::string_view key);
  ~LookupHasher();

  /// `kind` keeps equal texts of different kinds apart.
  LookupHash operator()(char kind, std::string_view text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sightingd
