#pragma once

#include "pipeline/result.h"
#include "storage/files.h"
#include "storage/log/chain.h"
#include "storage/sealing/secret_key.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sightingd {

/// Where a log lies, and how it is chained.
struct ChainedLogOptions {
  std::filesystem::path path;
  std::optional<SecretKey> key = {};  ///< The same for as long as the log lives.
  /// What would make the file longer fails with TooLarge.
  std::uint64_t most_bytes = std::uint64_t{16} << 30U;
};

/// What a log was found to hold.
struct ChainReading {
  ChainStart start = {};
  ChainHead head = {};      ///< Of the last whole entry.
  std::uint64_t bytes = 0;  ///< Up to there.
  /// What follows: the beginning of entries that never were acknowledged, because the machine or
  /// the process stopped while they were written.
  std::uint64_t torn_bytes = 0;
};

/// A file of entries that only grows, each chained to all before it, so that none can be changed,
/// left out, put elsewhere or added between. That the last ones are not missing, only a head tells
/// that is kept elsewhere; that an entry is secret, only its owner, who seals it.
///
/// Not safe to use from two threads at once; read() is, beside all else. Blocks on the disk.
class ChainedLog {
 public:
  /// Called with each entry, in order.
  using Visitor = std::function<void(const ChainHead& entry, std::string_view payload)>;

  /// The owner's bytes, unchecked, of a log whose key may lie in them; nothing when there is no
  /// file.
  static Result<std::optional<std::string>> owner_of(const std::filesystem::path& path);

  /// A new log without entries; durable when it returns. Replaces what is there.
  static Result<ChainedLog> create(const ChainedLogOptions& options, ChainStart start);

  /// Reads the whole log and checks every entry. The log must reach the `expected` head and agree
  /// with it; it may go on behind it.
  /// Fails with Storage: reason "broken-chain" and a sentence that says where, "newer-format", or
  /// "missing" when there is no file.
  static Result<ChainReading> read(const ChainedLogOptions& options,
                                   const std::optional<ChainHead>& expected = std::nullopt,
                                   const Visitor& visitor = {});

  /// Opens a log to write to it: reads it like read(), then cuts a torn tail, which stays known as
  /// opened().torn_bytes. A log that is broken is left as it is.
  static Result<ChainedLog> open(const ChainedLogOptions& options,
                                 const std::optional<ChainHead>& expected = std::nullopt,
                                 const Visitor& visitor = {});

  const ChainReading& opened() const { return opened_; }
  const ChainStart& start() const { return start_; }
  const ChainHead& head() const { return head_; }
  std::uint64_t bytes() const { return bytes_; }

  /// Adds the entries, in order, and syncs once; all are durable when it returns the new head, and
  /// none is there when it fails. After a failed sync nobody knows what the disk holds: every later
  /// call fails with the same error, until the log is opened anew.
  /// A payload has at most chain::kMostPayloadBytes.
  Result<ChainHead> append(std::span<const std::string> payloads);

  /// Replaces the file, at once and durably, by one without the entries up to number `after`, which
  /// must not lie behind the head, and with other bytes of the owner.
  Result<void> restart(std::string owner, std::uint64_t after);

 private:
  ChainedLog(const ChainedLogOptions& options, FileDescriptor file, ChainReading opened);

  std::filesystem::path path_;
  std::uint64_t most_bytes_ = 0;
  std::unique_ptr<ChainHasher> hasher_;
  FileDescriptor file_;
  ChainReading opened_;
  ChainStart start_;
  ChainHead head_;
  std::uint64_t bytes_ = 0;
  std::optional<Error> failure_;  ///< After this nothing can be added.
};

}  // namespace sightingd
