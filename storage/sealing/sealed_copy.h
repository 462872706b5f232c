#pragma once

#include "pipeline/result.h"
#include "storage/sealing/secret_key.h"

#include <cstdint>
#include <filesystem>

namespace sightingd {

/// Copies of whole files, sealed piece by piece, so that they may be of any size: libsodium's
/// secretstream (XChaCha20-Poly1305; no piece can be changed, left out, repeated or put elsewhere,
/// and the last one says that it is the last).
///
/// 24 bytes of header, then pieces of kPieceBytes and a last one that is shorter, each with 17
/// bytes more than it holds.
namespace sealed_copy {

inline constexpr std::size_t kPieceBytes = 1 << 20;

/// Makes `to`, with mode 0600, and syncs it; gives its size. `key` must seal nothing else.
Result<std::uint64_t> seal(const std::filesystem::path& from, const std::filesystem::path& to,
                           const SecretKey& key);

/// The way back. Fails with reason "damaged" when `from` is not whole, or another key's; then `to`
/// holds nothing of use.
Result<void> open(const std::filesystem::path& from, const std::filesystem::path& to,
                  const SecretKey& key);

}  // namespace sealed_copy
}  // namespace sightingd
