#include "storage/writer.h"

#include "storage/encoding/keys.h"
#include "storage/ledger/catching_up.h"

#include <algorithm>
#include <iterator>
#include <shared_mutex>
#include <utility>

namespace sightingd {
namespace {

/// Facts that share one sync: enough to make its cost small, few enough to answer soon.
constexpr std::size_t kFactsInARound = 64;

/// How often a full disk is tried again.
constexpr std::chrono::milliseconds kBetweenTries{250};

bool is_no_space(const Error& error) { return error.reason == "no-space"; }

/// Whether somebody waits for the answer who can try again.
bool is_asked_by_operator(const Facts& facts) {
  if (const auto* erased = std::get_if<EraseSightings>(&facts)) {
    return erased->reason == EraseReason::Operator;
  }
  return std::holds_alternative<ErasePicture>(facts) ||
         std::holds_alternative<RefuseAuthor>(facts) ||
         std::holds_alternative<WithdrawRefusal>(facts) || std::holds_alternative<NoteAge>(facts) ||
         std::holds_alternative<HoldSighting>(facts) || std::holds_alternative<PauseWatch>(facts);
}

bool changes_nothing(const Decision& decision) {
  return decision.sightings.empty() && decision.photos.empty() && decision.author_days.empty() &&
         decision.counted.empty() && decision.notes.empty() && !decision.watch && !decision.pause &&
         !decision.hold && !decision.feed_days && decision.forgotten_tombstones.empty();
}

}  // namespace

Writer::Writer(StoreParts& parts, DurableMoment& durable)
    : parts_(parts),
      durable_(durable),
      tables_(*parts.database, *parts.hasher),
      known_(tables_, parts.index, parts.index_mutex, *parts.ledger),
      application_(*parts.database, *parts.hasher, *parts.photos),
      owed_erasures_(*parts.database),
      index_rebuilder_(parts.index.hashes(), parts.index_mutex),
      resealing_(*parts.database, *parts.photos, [this] { let_older_readers_end(); }),
      thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  cancels_ = true;
  wake_.notify_one();
  thread_.join();
}

void Writer::commit(Facts facts, std::vector<std::unique_ptr<Store::Staged>> staged,
                    Store::WhenCommitted when_committed) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(facts), std::move(staged), std::move(when_committed)});
  }
  wake_.notify_one();
}

void Writer::ping(std::function<void()> answer) {
  {
    const std::lock_guard lock(mutex_);
    pings_.push_back(std::move(answer));
  }
  wake_.notify_one();
}

void Writer::change_key(const SecretKey& store_key,
                        std::function<void(Result<void>)> when_changed) {
  {
    const std::lock_guard lock(mutex_);
    key_changes_.push_back({store_key, std::move(when_changed)});
  }
  wake_.notify_one();
}

void Writer::on_commit(Listener listener) {
  const std::lock_guard lock(listener_mutex_);
  listener_ = std::move(listener);
}

void Writer::set_waits_for_space(bool waits) {
  {
    const std::lock_guard lock(mutex_);
    waits_for_space_ = waits;
  }
  wake_.notify_one();
}

std::uint64_t Writer::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size() + in_round_;
}

void Writer::run() {
  while (std::optional<Work> work = take_waiting()) {
    if (!work->commits.empty() || work->tries_again) {
      serve(std::move(work->commits));
    }
    for (const KeyChange& asked : work->key_changes) {
      asked.when_changed(change(asked.store_key));
    }
    go_on_resealing();
    for (const auto& answer : work->pings) {
      answer();
    }
  }
}

/// Nothing when the store closes and all is written.
std::optional<Writer::Work> Writer::take_waiting() {
  std::unique_lock lock(mutex_);
  in_round_ = unfinished_.served.size();
  const auto may_go = [this](const Commit& commit) {
    return !try_again_at_ || is_asked_by_operator(commit.facts);
  };
  const auto has_work = [&] {
    return std::ranges::any_of(waiting_, may_go) || !pings_.empty() || !key_changes_.empty();
  };
  Work work;
  if (try_again_at_) {
    const auto gives_up = [this] { return stopping_ || !waits_for_space_; };
    wake_.wait_until(lock, *try_again_at_, [&] { return gives_up() || has_work(); });
    if (gives_up() || std::chrono::steady_clock::now() >= *try_again_at_) {
      try_again_at_.reset();
      work.tries_again = true;
    }
  } else {
    const bool goes_on = resealing_.is_due() && !failure_;
    wake_.wait(lock, [&] { return stopping_ || has_work() || goes_on; });
  }
  if (stopping_ && !has_work() && !work.tries_again) {
    return std::nullopt;
  }
  work.key_changes.swap(key_changes_);
  const auto end = std::stable_partition(waiting_.begin(), waiting_.end(), may_go);
  const auto taken = std::min<std::ptrdiff_t>(end - waiting_.begin(), kFactsInARound);
  std::move(waiting_.begin(), waiting_.begin() + taken, std::back_inserter(work.commits));
  waiting_.erase(waiting_.begin(), waiting_.begin() + taken);
  in_round_ += work.commits.size();
  if (std::ranges::none_of(waiting_, may_go)) {
    work.pings.swap(pings_);
  }
  return work;
}

void Writer::serve(std::vector<Commit> commits) {
  Round round = std::exchange(unfinished_, {});
  std::vector<Commit> held;
  if (const auto full = write_all(std::move(commits), held, round)) {
    wait_for_space(*full, std::move(round), std::move(held));
    return;
  }
  finish(std::move(round));
}

/// The failure when the disk is full; `held` are those who have to wait then.
std::optional<Error> Writer::write_all(std::vector<Commit> commits, std::vector<Commit>& held,
                                       Round& round) {
  std::optional<Error> full;
  if (auto done = do_what_is_noted(round); !done && !failure_) {
    (is_no_space(done.error()) ? full : failure_) = done.error();
  }
  for (Commit& commit : commits) {
    const bool by_operator = is_asked_by_operator(commit.facts);
    if (full && !by_operator) {
      held.push_back(std::move(commit));
      continue;
    }
    Result<CommitOutcome> outcome =
        full ? Result<CommitOutcome>(*full) : decide_and_write(commit.facts, round);
    if (!outcome && is_no_space(outcome.error()) && !failure_) {
      full = outcome.error();
      if (!by_operator) {
        held.push_back(std::move(commit));
        continue;
      }
      commit.when_committed(std::move(outcome));
      continue;
    }
    if (!outcome && !failure_) {
      failure_ = outcome.error();
    }
    round.served.push_back({by_operator, std::move(commit.staged), std::move(commit.when_committed),
                            std::move(outcome)});
  }
  return full;
}

/// Makes durable what was written, and answers.
void Writer::finish(Round round) {
  const bool wrote = round.wrote;
  const auto durable = make_durable(round);
  if (!durable && is_no_space(durable.error()) && !failure_) {
    finish_later(durable.error(), std::move(round));
    return;
  }
  is_full_ = false;
  if (!durable) {
    failure_ = failure_ ? failure_ : durable.error();
    fail_all(round.served, durable.error());
  }
  answer(std::move(round.served));
  tell_listener(wrote);
}

void Writer::finish_later(const Error& error, Round round) {
  if (!round.wrote) {
    // All is durable; but not rewritten yet, which whoever erased was promised.
    for (Served& served : round.served) {
      if (served.is_asked_by_operator && served.outcome) {
        served.outcome = error;
      }
    }
    answer(std::exchange(round.served, {}));
    tell_listener(true);
  }
  wait_for_space(error, std::move(round), {});
}

void Writer::tell_listener(bool wrote) {
  const std::lock_guard lock(listener_mutex_);
  if (listener_ && wrote && !failure_) {
    listener_(to_cursor({.epoch = parts_.header.epoch, .sequence = durable_.sequence()}));
  }
}

/// Whoever closes the store, or is about to, does not wait.
void Writer::wait_for_space(const Error& error, Round round, std::vector<Commit> held) {
  is_full_ = true;
  refuse_operators(round.served, error);
  std::unique_lock lock(mutex_);
  if (!stopping_ && waits_for_space_) {
    try_again_at_ = std::chrono::steady_clock::now() + kBetweenTries;
    unfinished_ = std::move(round);
    waiting_.insert(waiting_.begin(), std::make_move_iterator(held.begin()),
                    std::make_move_iterator(held.end()));
    return;
  }
  lock.unlock();
  failure_ = error;
  fail_all(round.served, error);
  answer(std::move(round.served));
  for (Commit& commit : held) {
    commit.staged.clear();
    commit.when_committed(error);
  }
}

/// They are not kept waiting: what was written may yet become durable.
void Writer::refuse_operators(std::vector<Served>& served, const Error& error) {
  const auto others = std::stable_partition(
      served.begin(), served.end(), [](const Served& one) { return one.is_asked_by_operator; });
  std::vector<Served> operators(std::make_move_iterator(served.begin()),
                                std::make_move_iterator(others));
  served.erase(served.begin(), others);
  fail_all(operators, error);
  answer(std::move(operators));
}

void Writer::fail_all(std::vector<Served>& served, const Error& error) {
  for (Served& one : served) {
    one.outcome = error;
  }
}

void Writer::answer(std::vector<Served> served) {
  for (Served& one : served) {
    one.staged.clear();
    one.when_committed(std::move(one.outcome));
  }
}

Result<void> Writer::change(const SecretKey& store_key) {
  if (failure_) {
    return *failure_;
  }
  if (!parts_.database->is_sealed()) {
    return Error{ErrorCode::Unavailable,
                 "the store is not encrypted: let store.encryption_key name a key"};
  }
  if (resealing_.is_due()) {
    return Error{ErrorCode::Unavailable,
                 "the store is still being encrypted anew: wait until that is done"};
  }
  Changes changes;
  owed_erasures_.add_earlier_ring(changes);
  // Until the store has its new key, either one opens the ledger.
  auto changed = parts_.ledger->accept_key(store_key);
  bool may_try_again = !changed && is_no_space(changed.error());
  if (changed) {
    changed = parts_.backup_keys->accept_key(store_key);
    may_try_again = !changed;  // Nothing but a second key of the ledger has come of it.
  }
  if (changed) {
    changed = parts_.database->change_store_key(store_key, std::move(changes));
  }
  if (changed) {
    changed = parts_.ledger->keep_key(store_key);
  }
  if (changed) {
    changed = parts_.backup_keys->keep_key(store_key);
  }
  if (changed) {
    let_older_readers_end();
    changed = owed_erasures_.settle();
  }
  if (!changed && !may_try_again) {
    failure_ = changed.error();
  }
  return changed;
}

/// A little of what is due, between rounds.
void Writer::go_on_resealing() {
  if (failure_ || try_again_at_ || !resealing_.is_due()) {
    return;
  }
  if (const auto done = resealing_.step(cancels_); !done) {
    if (is_no_space(done.error())) {
      wait_for_space(done.error(), {}, {});
    } else {
      failure_ = done.error();
    }
  }
}

Result<CommitOutcome> Writer::decide_and_write(Facts facts, Round& round) {
  if (failure_) {
    return *failure_;
  }
  const bool catches_up = std::holds_alternative<LedgerDone>(facts);
  auto decision = decide(known_, std::move(facts));
  if (!decision) {
    return decision.error();
  }
  CommitOutcome outcome;
  static_cast<Tally&>(outcome) = std::move(decision->tally);
  outcome.searches = known_.take_searches();
  outcome.cursor =
      to_cursor({.epoch = parts_.header.epoch, .sequence = decision->counters.sequence});
  if (changes_nothing(*decision) && !catches_up) {
    return outcome;
  }
  if (auto noted = note(*decision); !noted) {
    return noted.error();
  }
  auto changes = application_.changes(*decision);
  if (!changes) {
    return changes.error();
  }
  std::vector<RowName> traces = application_.traces(*decision);
  if (decision->erases_by_operator) {
    auto notes = application_.blank_skip_notes(*changes, *decision);
    if (!notes) {
      return notes.error();
    }
    std::ranges::move(*notes, std::back_inserter(traces));
  }
  if (!traces.empty()) {
    owed_erasures_.add(*changes, decision->counters.sequence, traces);
    round.erases_for_good = true;
  }
  if (auto written = parts_.database->write(std::move(*changes)); !written) {
    if (!decision->notes.empty()) {
      ledger_is_ahead_ = true;
      owed_.reset();
    }
    return written.error();
  }
  round.wrote = true;
  round.sequence = decision->counters.sequence;
  update_index(*decision);
  for (const PhotoChange& change : decision->photos) {
    if (!change.after) {
      round.gone_photos.push_back(change.before->photo.id);
    }
  }
  return outcome;
}

/// What the ledger was told when the store could not be written any more: as after a crash.
Result<void> Writer::do_what_is_noted(Round& round) {
  if (!ledger_is_ahead_) {
    return {};
  }
  if (!owed_) {
    const auto counters = tables_.counters();
    if (!counters) {
      return counters.error();
    }
    auto owed = facts_owed(*parts_.ledger, tables_, counters->ledger_entry);
    if (!owed) {
      return owed.error();
    }
    owed_ = std::move(*owed);
  }
  for (const Facts& facts : *owed_) {
    if (auto done = decide_and_write(facts, round); !done) {
      return done.error();
    }
  }
  ledger_is_ahead_ = false;
  owed_.reset();
  return {};
}

/// The ledger comes first: what a crash cuts short here, the next opening finishes.
Result<void> Writer::note(Decision& decision) {
  if (decision.notes.empty()) {
    return {};
  }
  if (auto noted = parts_.ledger->append(decision.notes, decision.noted_at); !noted) {
    return noted;
  }
  decision.counters.ledger_entry = parts_.ledger->newest();
  return {};
}

void Writer::update_index(const Decision& decision) {
  const bool touches_index = std::ranges::any_of(
      decision.photos, [](const PhotoChange& change) { return !change.before || !change.after; });
  if (!touches_index) {
    return;
  }
  std::unique_lock lock(parts_.index_mutex);
  for (const PhotoChange& change : decision.photos) {
    if (!change.after) {
      parts_.index.remove(change.before->ordinal);
    } else if (!change.before) {
      parts_.index.add(change.after->ordinal, matchable_hashes(change.after->photo));
    }
  }
  lock.unlock();
  index_rebuilder_.start_when_due();
}

/// What is done of it is not done again.
Result<void> Writer::make_durable(Round& round) {
  if (round.wrote) {
    if (auto synced = parts_.database->sync(); !synced) {
      return synced;
    }
    durable_.advance(round.sequence);
    round.wrote = false;
  }
  for (; !round.gone_photos.empty(); round.gone_photos.pop_back()) {
    if (auto removed = parts_.photos->remove(round.gone_photos.back()); !removed) {
      return removed;
    }
  }
  if (!round.erases_for_good) {
    return {};
  }
  durable_.wait_for_older_readers();
  if (auto settled = owed_erasures_.settle(); !settled) {
    return settled;
  }
  round.erases_for_good = false;
  // Those who came meanwhile may keep tables that were rewritten.
  let_older_readers_end();
  return {};
}

void Writer::let_older_readers_end() {
  durable_.advance(durable_.sequence());
  durable_.wait_for_older_readers();
}

}  // namespace sightingd
