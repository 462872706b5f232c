#pragma once

#include "storage/application.h"
#include "storage/durable_moment.h"
#include "storage/index_rebuilder.h"
#include "storage/known_state.h"
#include "storage/owed_erasures.h"
#include "storage/resealing.h"
#include "storage/sealing/secret_key.h"
#include "storage/store.h"
#include "storage/store_parts.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace sightingd {

/// The store's only writer: one thread that takes waiting facts in order, decides, writes, syncs
/// once for all that waited, and answers.
///
/// While the disk is full, facts from sources wait, in their order, and are tried again; what an
/// operator asks is tried at once, and answered with the failure. After any other failure nothing
/// is written any more.
class Writer {
 public:
  using Listener = std::function<void(const FeedCursor&)>;

  /// Both must outlive this.
  Writer(StoreParts& parts, DurableMoment& durable);
  /// Writes what waits, then ends the thread.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void commit(Facts facts, std::vector<std::unique_ptr<Store::Staged>> staged,
              Store::WhenCommitted when_committed);
  void ping(std::function<void()> answer);
  /// Gives the store another key; see Store::change_key.
  void change_key(const SecretKey& store_key, std::function<void(Result<void>)> when_changed);
  void on_commit(Listener listener);
  std::uint64_t waiting() const;
  /// Whether facts wait for space when the disk is full; otherwise they fail.
  void set_waits_for_space(bool waits);
  /// Whether the disk is full, so that facts from sources wait.
  bool is_full() const { return is_full_.load(std::memory_order_relaxed); }

 private:
  struct Commit {
    Facts facts;
    std::vector<std::unique_ptr<Store::Staged>> staged;
    Store::WhenCommitted when_committed;
  };
  struct KeyChange {
    SecretKey store_key;
    std::function<void(Result<void>)> when_changed;
  };
  struct Work {
    bool tries_again = false;  ///< What the disk was too full for.
    std::vector<Commit> commits;
    std::vector<KeyChange> key_changes;
    std::vector<std::function<void()>> pings;
  };
  /// Facts that were served, and wait for the sync.
  struct Served {
    bool is_asked_by_operator = false;
    std::vector<std::unique_ptr<Store::Staged>> staged;
    Store::WhenCommitted when_committed;
    Result<CommitOutcome> outcome;
  };
  /// What one round did: the answers, and what to clean up once it is durable. When the disk is
  /// full, a later round goes on with it.
  struct Round {
    std::vector<Served> served;
    std::vector<PhotoId> gone_photos;
    bool erases_for_good = false;  ///< Something is to go from the disk before the answer.
    bool wrote = false;
    std::uint64_t sequence = 0;
  };

  void run();
  std::optional<Work> take_waiting();
  void serve(std::vector<Commit> commits);
  std::optional<Error> write_all(std::vector<Commit> commits, std::vector<Commit>& held,
                                 Round& round);
  void finish(Round round);
  void finish_later(const Error& error, Round round);
  void tell_listener(bool wrote);
  void wait_for_space(const Error& error, Round round, std::vector<Commit> held);
  static void refuse_operators(std::vector<Served>& served, const Error& error);
  static void fail_all(std::vector<Served>& served, const Error& error);
  static void answer(std::vector<Served> served);
  Result<void> change(const SecretKey& store_key);
  void go_on_resealing();
  Result<CommitOutcome> decide_and_write(Facts facts, Round& round);
  Result<void> note(Decision& decision);
  Result<void> do_what_is_noted(Round& round);
  void update_index(const Decision& decision);
  Result<void> make_durable(Round& round);
  void let_older_readers_end();

  StoreParts& parts_;
  DurableMoment& durable_;
  const Tables tables_;
  KnownState known_;
  Application application_;
  OwedErasures owed_erasures_;
  IndexRebuilder index_rebuilder_;
  Resealing resealing_;
  std::optional<Error> failure_;  ///< The first failed write: everything later fails the same.
  Round unfinished_;              ///< What the disk was too full for.
  bool ledger_is_ahead_ = false;  ///< It knows of an erasure that the disk was too full for.
  std::optional<std::vector<Facts>> owed_;  ///< What that comes to, once it was looked for.
  std::optional<std::chrono::steady_clock::time_point> try_again_at_;  ///< While it is full.
  std::atomic<bool> is_full_{false};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Commit> waiting_;
  std::vector<std::function<void()>> pings_;
  std::vector<KeyChange> key_changes_;
  std::mutex listener_mutex_;  ///< Held while the listener runs.
  Listener listener_;
  bool stopping_ = false;
  bool waits_for_space_ = true;
  std::atomic<bool> cancels_{false};  ///< Long steps of resealing are to be cut short.
  std::uint64_t in_round_ = 0;
  std::thread thread_;
};

}  // namespace sightingd
