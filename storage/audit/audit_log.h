#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/audit/audit_anchor.h"
#include "storage/audit/audit_checkpoint.h"
#include "storage/audit/audit_event.h"
#include "storage/audit/audit_reasons.h"
#include "storage/log/chained_log.h"
#include "storage/sealing/secret_key.h"
#include "storage/sealing/signing_key.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sightingd {

/// One entry of the audit log.
struct AuditEntry {
  ChainHead head;
  AuditEvent event;         ///< With its reason, if it has one that was not removed.
  bool had_reason = false;  ///< Whether one was given.
};

/// What checking the whole log came to.
struct AuditVerdict {
  /// Where it is broken, as a sentence; nothing when all that was ever written is there, as it was
  /// written, but for what a signed checkpoint says was cut.
  std::optional<std::string> broken;
  std::uint64_t entries = 0;  ///< That could be read.
  ChainHead head;             ///< Of the last one.
  std::optional<AuditCheckpoint> checkpoint;
};

/// Reads the log's entries in order, beside all else. Blocks on the disk.
class AuditReader {
 public:
  /// Nothing at the end. Fails with Storage, reason "broken-chain", where the log is broken.
  Result<std::optional<AuditEntry>> next();
  /// Why the log does not begin with its first entry, if it does not.
  const std::optional<AuditCheckpoint>& checkpoint() const { return checkpoint_; }

 private:
  friend class AuditLog;
  AuditReader(ChainReader chain, std::optional<AuditCheckpoint> checkpoint,
              const SecretKey& entry_key, const AuditReasons& reasons)
      : chain_(std::move(chain)),
        checkpoint_(std::move(checkpoint)),
        entry_key_(entry_key),
        reasons_(&reasons) {}

  ChainReader chain_;
  std::optional<AuditCheckpoint> checkpoint_;
  SecretKey entry_key_;
  const AuditReasons* reasons_;
};

/// What an audit log is opened with.
struct AuditLogParts {
  std::filesystem::path folder;   ///< Made when absent.
  SecretKey key;                  ///< The same for as long as the log lives.
  const SigningKey& signing_key;  ///< Signs where entries were cut.
  AuditAnchor& anchor;
};

/// The tamper-evident log of who read, changed and erased what (docs/audit.md).
///
/// One thread of its own writes: all that wait share one sync, so that nobody who notes something
/// waits for the disk. Safe to use from any thread. The parts must outlive it.
class AuditLog {
 public:
  using WhenDurable = std::function<void(Result<void>)>;

  /// Opens the log, or makes it. A log that is broken, or does not reach the head that was kept,
  /// is set aside (`audit.log.broken-N`), and a new one goes on behind that head: see
  /// found_broken().
  static Result<std::unique_ptr<AuditLog>> open(const AuditLogParts& parts);
  /// Writes what waits, then ends the thread.
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  /// Queues an event; `when_durable` is called, on the log's thread, once it survives a crash.
  /// Fails with Unavailable, at once, when too many wait already.
  void note(AuditEvent event, WhenDurable when_durable);
  /// The same, and waits: not to be called from an event loop.
  Result<void> note(AuditEvent event);
  /// The same for refusals of access, which nobody waits for and which anybody can cause: while one
  /// like it waits to be written, it is only counted there.
  void note_denial(AuditEvent event);

  /// Where the log was found broken when it was opened.
  const std::optional<std::string>& found_broken() const { return found_broken_; }
  /// Of the last durable entry.
  ChainHead head() const;

  Result<AuditReader> read() const;
  /// Reads the whole log against the head that is kept apart. Fails when it cannot be read, not
  /// when it is broken.
  Result<AuditVerdict> verify() const;

  /// Cuts off the entries from before `limit`, and their reasons, behind a signed checkpoint, and
  /// says so in an entry. Gives their number.
  Result<std::uint64_t> cut_before(TimePoint limit, TimePoint now);
  /// Removes an entry's reason from the disk, and says so in an entry. Fails with Gone when the
  /// entry has none (any more).
  Result<void> remove_reason(std::uint64_t entry, AuditEvent removal);

 private:
  struct Waiting {
    AuditEvent event;
    WhenDurable when_durable;
    bool is_denial = false;
  };
  struct Work {
    std::vector<Waiting> notes;
    std::vector<std::function<void()>> tasks;
  };

  AuditLog(const AuditLogParts& parts, ChainedLog log, std::optional<std::string> found_broken);

  void run();
  std::optional<Work> take_waiting();
  void write(std::vector<Waiting> notes);
  Result<void> append(std::vector<std::string> payloads);
  Result<std::string> payload_of(AuditEvent event, std::uint64_t number) const;
  /// Runs `task` on the log's thread and waits for it.
  Result<void> run_there(const std::function<Result<void>()>& task);

  const ChainedLogOptions options_;
  const SecretKey entry_key_;
  const SigningKey& signing_key_;
  AuditAnchor& anchor_;
  const AuditReasons reasons_;
  const std::optional<std::string> found_broken_;
  ChainedLog log_;  ///< The thread's alone.

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> waiting_;
  std::vector<std::function<void()>> tasks_;
  ChainHead durable_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sightingd
