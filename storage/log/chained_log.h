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

/// Reads a log from its beginning and checks every entry, also while another thread appends: what
/// is being appended looks like a torn tail. Blocks on the disk.
class ChainReader {
 public:
  /// Called with each entry, in order.
  using Visitor = std::function<void(const ChainHead& entry, std::string_view payload)>;

  /// The log must reach the `expected` head and agree with it; it may go on behind it.
  /// This and all that follows fail with Storage: reason "broken-chain" and a sentence that says
  /// where, "newer-format", or "missing" when there is no file.
  static Result<ChainReader> open(const ChainedLogOptions& options,
                                  const std::optional<ChainHead>& expected = std::nullopt);
  ~ChainReader();
  ChainReader(ChainReader&&) noexcept;
  ChainReader& operator=(ChainReader&&) noexcept;

  /// Goes on to the next entry; false at the end, where it is known whether the log is whole.
  Result<bool> next();
  const ChainHead& entry() const;
  /// Good until next() is called.
  std::string_view payload() const;
  /// What was found so far.
  const ChainReading& reading() const;

  /// All entries that are left.
  Result<ChainReading> to_the_end(const Visitor& visitor = {});

 private:
  friend class ChainedLog;
  class Walk;
  explicit ChainReader(FileDescriptor file);
  static Result<ChainReader> open(const ChainedLogOptions& options,
                                  const std::optional<ChainHead>& expected, int access);

  std::unique_ptr<FileDescriptor> file_;  ///< Stays where it is, for the walk.
  std::unique_ptr<Walk> walk_;
};

/// A file of entries that only grows, each chained to all before it, so that none can be changed,
/// left out, put elsewhere or added between. That the last ones are not missing, only a head tells
/// that is kept elsewhere; that an entry is secret, only its owner, who seals it.
///
/// Not safe to use from two threads at once. Blocks on the disk.
class ChainedLog {
 public:
  /// The owner's bytes, unchecked, of a log whose key may lie in them; nothing when there is no
  /// file.
  static Result<std::optional<std::string>> owner_of(const std::filesystem::path& path);

  /// A new log without entries; durable when it returns. Replaces what is there.
  static Result<ChainedLog> create(const ChainedLogOptions& options, ChainStart start);

  /// Opens a log to write to it: reads it like a ChainReader, then cuts a torn tail, which stays
  /// known as opened().torn_bytes. A log that is broken is left as it is.
  static Result<ChainedLog> open(const ChainedLogOptions& options,
                                 const std::optional<ChainHead>& expected = std::nullopt,
                                 const ChainReader::Visitor& visitor = {});

  const ChainReading& opened() const { return opened_; }
  const ChainStart& start() const { return start_; }
  const ChainHead& head() const { return head_; }
  std::uint64_t bytes() const { return bytes_; }

  /// Adds the entries, in order, and syncs once; all are durable when it returns the new head, and
  /// none is there when it fails. After a failed sync, unless the disk is full (reason "no-space"),
  /// nobody knows what the disk holds: every later call fails with the same error, until the log is
  /// opened anew.
  /// A payload has at most chain::kMostPayloadBytes.
  Result<ChainHead> append(std::span<const std::string> payloads);

  /// Replaces the file, at once and durably, by one without the entries up to number `after`, which
  /// must not lie behind the head, and with other bytes of the owner.
  Result<void> restart(std::string owner, std::uint64_t after);

 private:
  ChainedLog(const ChainedLogOptions& options, FileDescriptor file, ChainReading opened);
  Result<void> cut_leftovers();

  ChainedLogOptions options_;
  std::unique_ptr<ChainHasher> hasher_;
  FileDescriptor file_;
  ChainReading opened_;
  ChainStart start_;
  ChainHead head_;
  std::uint64_t bytes_ = 0;
  bool has_leftovers_ = false;    ///< Something may lie behind the last entry.
  std::optional<Error> failure_;  ///< After this nothing can be added.
};

}  // namespace sightingd
