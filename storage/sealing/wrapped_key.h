#pragma once

#include "storage/sealing/secret_key.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// How a key of its own, which lies beside what it opens, is sealed by the store key: so that the
/// store key alone opens all, and can be changed without changing anything but this.
struct KeyWrapping {
  std::uint64_t purpose = 0;    ///< Of the key that is derived from the store key.
  std::string_view place = {};  ///< Bound into the seal.

  std::string wrap(const SecretKey& key, const SecretKey& store_key) const;
  /// `wrapped`: several wraps in a row, one for each store key that opens. Nothing when
  /// `store_key` is none of them.
  std::optional<SecretKey> unwrap(std::string_view wrapped, const SecretKey& store_key) const;
};
inline constexpr std::size_t kWrappedKeySize = SecretKey::kSize + 41;

}  // namespace sightingd
