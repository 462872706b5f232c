#pragma once

#include "storage/sealing/secret_key.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, as in libsodium): a mark of one byte, a nonce of
/// 24 that is never used twice, the value encrypted, a tag of 16. The mark and `place` are bound
/// into the tag, so that a sealed value cannot be moved elsewhere or taken for one of another kind.
namespace sealing {

inline constexpr std::size_t kNonceSize = 24;
inline constexpr std::size_t kTagSize = 16;
/// What a seal adds to a value.
inline constexpr std::size_t kOverhead = 1 + kNonceSize + kTagSize;

std::string seal(const SecretKey& key, std::uint8_t mark, std::string_view place,
                 std::string_view value);

/// Nothing when there is not even a mark.
std::optional<std::uint8_t> mark_of(std::string_view sealed);

/// Puts the value into `value`; false, and nothing in `value`, when the seal is broken or another
/// key's.
bool open(const SecretKey& key, std::string_view place, std::string_view sealed,
          std::string& value);

}  // namespace sealing
}  // namespace sightingd
