#pragma once

#include "pipeline/result.h"
#include "storage/sealing/secret_key.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

using ChainHash = std::array<std::uint8_t, 32>;

/// An entry of a chain, named by its place in it and by the hash that covers all up to it. Entries
/// are numbered from 1; 0 is the place before the first one.
struct ChainHead {
  std::uint64_t number = 0;
  ChainHash hash{};

  friend bool operator==(const ChainHead&, const ChainHead&) = default;
};

/// What stands at the beginning of a log, before its entries.
struct ChainStart {
  std::string owner;  ///< Bytes of whoever uses the log, up to chain::kMostOwnerBytes.
  ChainHead after;    ///< The entry, not in the log any more, that the first one follows.

  friend bool operator==(const ChainStart&, const ChainStart&) = default;
};

/// The hash of a chain: BLAKE2b with 32 bytes (RFC 7693), with a key or without. Without one it
/// finds what was changed by someone who does not know how it is made; with one, by anyone who
/// does not have the key.
class ChainHasher {
 public:
  explicit ChainHasher(const std::optional<SecretKey>& key);

  bool has_key() const { return key_ != nullptr; }
  /// The head that `payload` makes of `previous`.
  ChainHead next(const ChainHead& previous, std::string_view payload) const;
  /// Of what stands before the entries.
  ChainHash of_start(std::string_view start) const;

 private:
  std::unique_ptr<Locked<SecretKey>> key_;  ///< Null: none.
};

/// The bytes of a log: its start, then frames. Pure; trusts no byte that it reads.
namespace chain {

inline constexpr std::size_t kMostOwnerBytes = 64 * 1024;
inline constexpr std::size_t kMostPayloadBytes = 64 * 1024;
/// What a frame adds to its payload.
inline constexpr std::size_t kFrameOverhead = 4 + std::tuple_size_v<ChainHash>;
/// A start or frame never takes more.
inline constexpr std::size_t kMostBytesAtOnce = kMostPayloadBytes + 1024;

std::string encode(const ChainStart& start, const ChainHasher& hasher);

struct ReadStart {
  ChainStart start;
  std::size_t size = 0;  ///< How many bytes it takes.
};
/// `bytes` hold all of the log, or its first kMostBytesAtOnce bytes.
/// Fails with Storage: reason "broken-chain", or "newer-format".
Result<ReadStart> read_start(std::string_view bytes, const ChainHasher& hasher);
/// The owner's bytes alone, unchecked: what says where the key is may lie in them.
Result<std::string> read_owner(std::string_view bytes);

/// Appends a frame, and moves `head` on to it.
void append_frame(std::string& bytes, std::string_view payload, ChainHead& head,
                  const ChainHasher& hasher);

struct ReadFrame {
  enum class Outcome : std::uint8_t {
    Intact,
    End,     ///< There are no more bytes.
    Torn,    ///< The bytes end within it, or nothing was ever written but zeros.
    Broken,  ///< It is whole, and not what follows.
  };
  Outcome outcome = Outcome::End;
  std::string_view payload = {};  ///< Of the bytes that were read.
  std::size_t size = 0;
  ChainHead head = {};
};
/// `bytes` hold all that is left of the log, or kMostBytesAtOnce bytes of it.
ReadFrame read_frame(std::string_view bytes, const ChainHead& previous, const ChainHasher& hasher);

}  // namespace chain
}  // namespace sightingd
