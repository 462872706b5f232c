#pragma once

#include "pipeline/digest.h"

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// The public name of one thing: a three-character prefix and 26 base32 characters.
/// Can be recomputed from public data, so it is treated as personal.
template <char first, char second>
class PublicId {
 public:
  static constexpr std::size_t kLength = 29;

  /// The zero value names nothing.
  PublicId() = default;
  explicit PublicId(const std::array<char, 26>& base32) {
    text_ = {first, second, '_'};
    for (std::size_t i = 0; i < base32.size(); ++i) {
      text_[i + 3] = base32[i];
    }
  }

  /// Nothing unless `text` is the prefix followed by 26 characters of [a-z2-7].
  static std::optional<PublicId> parse(std::string_view text) {
    if (text.size() != kLength || text[0] != first || text[1] != second || text[2] != '_' ||
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567", 3) != std::string_view::npos) {
      return std::nullopt;
    }
    PublicId id;
    text.copy(id.text_.data(), kLength);
    return id;
  }

  std::string_view text() const { return {text_.data(), text_.size()}; }
  bool empty() const { return text_[0] == '\0'; }

  friend bool operator==(const PublicId&, const PublicId&) = default;
  friend auto operator<=>(const PublicId&, const PublicId&) = default;

 private:
  std::array<char, kLength> text_{};
};

using SightingId = PublicId<'s', 'g'>;
using PhotoId = PublicId<'p', 'h'>;

/// SHA-256("post\0" + canonical URI): the same post has the same id on every machine,
/// through every source and at every retry.
SightingId sighting_id(std::string_view canonical_uri);

/// SHA-256("photo\0" + the 32 bytes of the digest of the bytes as received).
PhotoId photo_id(const Sha256& received);

}  // namespace sightingd

template <char first, char second>
struct std::hash<sightingd::PublicId<first, second>> {
  std::size_t operator()(const sightingd::PublicId<first, second>& id) const noexcept {
    return std::hash<std::string_view>{}(id.text());
  }
};
