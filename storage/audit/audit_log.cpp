#include "storage/audit/audit_log.h"

#include "storage/audit/sealed_record.h"
#include "storage/files.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLogFile = "audit.log";
constexpr const char* kReasonsFolder = "reasons";

// What the log's key is used for, each by a key of its own (SecretKey::derived).
constexpr std::uint64_t kChaining = 1;
constexpr std::uint64_t kSealingEntries = 2;

/// Entries that share one sync.
constexpr std::size_t kEntriesInARound = 256;
/// More than the control socket lets wait at once by far.
constexpr std::size_t kMostWaiting = 4096;

ChainedLogOptions options_of(const AuditLogParts& parts) {
  return {.path = parts.folder / kLogFile, .key = parts.key.derived(kChaining)};
}

ChainHead new_beginning() {
  ChainHead head;
  std::ranges::copy(SecretKey::random().bytes(), head.hash.begin());
  return head;
}

bool is_broken(const Error& error) {
  return error.reason == "broken-chain" || error.reason == "missing";
}

/// Renames what cannot be gone on with, so that it can be looked into.
Result<void> set_aside(const fs::path& folder, std::uint64_t number) {
  std::error_code error;
  if (!fs::exists(folder / kLogFile, error)) {
    return {};
  }
  const fs::path name = folder / (std::string(kLogFile) + ".broken-" + std::to_string(number));
  fs::path free = name;
  for (int i = 2; fs::exists(free, error); ++i) {
    free = name.string() + "-" + std::to_string(i);
  }
  fs::rename(folder / kLogFile, free, error);
  if (error) {
    return Error{ErrorCode::Storage, "cannot set the broken audit log aside: " + error.message()};
  }
  return {};
}

/// Nothing when there is neither a log nor a head that one should reach.
Result<std::optional<ChainedLog>> open_log(const ChainedLogOptions& options,
                                           const std::optional<ChainHead>& kept,
                                           const PublicKey& signer) {
  auto log = ChainedLog::open(options, kept);
  if (!log) {
    const bool is_new = log.error().reason == "missing" && !kept;
    return is_new ? Result<std::optional<ChainedLog>>(std::nullopt) : log.error();
  }
  if (const auto checked = checkpoint_of(log->start(), signer); !checked) {
    return checked.error();
  }
  return std::optional(std::move(*log));
}

void limit(AuditEvent& event) {
  if (event.details.size() > kMostAuditDetails) {
    event.details.resize(kMostAuditDetails);
  }
  for (std::string& detail : event.details) {
    detail.resize(std::min(detail.size(), kMostAuditDetailBytes));
  }
}

bool is_like(const AuditEvent& waiting, const AuditEvent& event) {
  return waiting.kind == event.kind && waiting.route == event.route &&
         waiting.peer.has_value() == event.peer.has_value() &&
         (!event.peer || waiting.peer->uid == event.peer->uid);
}

}  // namespace

Result<std::optional<AuditEntry>> AuditReader::next() {
  const auto is_entry = chain_.next();
  if (!is_entry) {
    return is_entry.error();
  }
  if (!*is_entry) {
    return std::optional<AuditEntry>();
  }
  auto decoded = open_record(entry_key_, chain_.entry().number, chain_.payload());
  if (!decoded) {
    return decoded.error();
  }
  AuditEntry entry{.head = chain_.entry(),
                   .event = std::move(decoded->event),
                   .had_reason = decoded->sealed_reason.has_value()};
  if (decoded->sealed_reason) {
    auto reason = reasons_->read(entry.head.number, *decoded->sealed_reason);
    if (!reason) {
      return reason.error();
    }
    entry.event.reason = std::move(*reason);
  }
  return std::optional(std::move(entry));
}

Result<std::unique_ptr<AuditLog>> AuditLog::open(const AuditLogParts& parts) {
  if (auto folder = open_folder(parts.folder); !folder) {
    return folder.error();
  }
  const auto kept = parts.anchor.head();
  if (!kept) {
    return kept.error();
  }
  const ChainedLogOptions options = options_of(parts);
  const PublicKey signer = parts.signing_key.public_key();
  auto log = open_log(options, *kept, signer);
  if (!log && is_broken(log.error())) {
    // It may have been read wrongly.
    log = open_log(options, *kept, signer);
  }
  if (!log && !is_broken(log.error())) {
    return log.error();
  }
  std::optional<std::string> found_broken;
  if (!log) {
    found_broken = log.error().message;
    if (auto aside = set_aside(parts.folder, kept->value_or(ChainHead()).number); !aside) {
      return aside.error();
    }
  }
  if (!log || !*log) {
    ChainStart start{.owner = {}, .after = kept->value_or(new_beginning())};
    if (found_broken) {
      start.owner = signed_checkpoint({.after = start.after, .time = {}, .broken = found_broken},
                                      parts.signing_key);
    }
    auto created = ChainedLog::create(options, std::move(start));
    if (!created) {
      return created.error();
    }
    log = std::optional(std::move(*created));
  }
  return std::unique_ptr<AuditLog>(new AuditLog(parts, std::move(**log), std::move(found_broken)));
}

AuditLog::AuditLog(const AuditLogParts& parts, ChainedLog log,
                   std::optional<std::string> found_broken)
    : options_(options_of(parts)),
      entry_key_(parts.key.derived(kSealingEntries)),
      signing_key_(parts.signing_key),
      anchor_(parts.anchor),
      reasons_(parts.folder / kReasonsFolder, parts.anchor),
      found_broken_(std::move(found_broken)),
      log_(std::move(log)),
      durable_(log_.head()),
      thread_([this] { run(); }) {
  // What a crash left behind the head is kept from now on.
  anchor_.keep_head(durable_);
}

AuditLog::~AuditLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void AuditLog::note(AuditEvent event, WhenDurable when_durable) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kMostWaiting) {
      waiting_.push_back({std::move(event), std::move(when_durable)});
      when_durable = {};
    }
  }
  if (when_durable) {
    when_durable(Error{ErrorCode::Unavailable, "too much waits to be audited: try again"});
    return;
  }
  wake_.notify_one();
}

Result<void> AuditLog::note(AuditEvent event) {
  std::promise<Result<void>> promise;
  std::future<Result<void>> noted = promise.get_future();
  note(std::move(event), [&promise](Result<void> result) { promise.set_value(std::move(result)); });
  return noted.get();
}

void AuditLog::note_denial(AuditEvent event) {
  {
    const std::lock_guard lock(mutex_);
    const auto same = std::ranges::find_if(waiting_, [&](const Waiting& waiting) {
      return waiting.is_denial && is_like(waiting.event, event);
    });
    if (same != waiting_.end()) {
      same->event.count += event.count;
      return;
    }
    if (waiting_.size() < kMostWaiting) {
      waiting_.push_back({std::move(event), {}, true});
    }
  }
  wake_.notify_one();
}

ChainHead AuditLog::head() const {
  const std::lock_guard lock(mutex_);
  return durable_;
}

Result<AuditReader> AuditLog::read() const {
  auto chain = ChainReader::open(options_, head());
  if (!chain) {
    return chain.error();
  }
  auto checkpoint = checkpoint_of(chain->reading().start, signing_key_.public_key());
  if (!checkpoint) {
    return checkpoint.error();
  }
  return AuditReader(std::move(*chain), std::move(*checkpoint), entry_key_, reasons_);
}

Result<AuditVerdict> AuditLog::verify() const {
  AuditVerdict verdict;
  const auto broken = [&verdict](const Error& error) -> Result<AuditVerdict> {
    if (!is_broken(error) && error.reason != "damaged") {
      return error;
    }
    verdict.broken = error.message;
    return verdict;
  };
  auto chain = ChainReader::open(options_, head());
  if (!chain) {
    return broken(chain.error());
  }
  auto checkpoint = checkpoint_of(chain->reading().start, signing_key_.public_key());
  if (!checkpoint) {
    return broken(checkpoint.error());
  }
  verdict.checkpoint = std::move(*checkpoint);
  if (verdict.checkpoint) {
    verdict.broken = verdict.checkpoint->broken;
  }
  for (;;) {
    verdict.head = chain->entry();
    const auto is_entry = chain->next();
    if (!is_entry) {
      return broken(is_entry.error());
    }
    if (!*is_entry) {
      return verdict;
    }
    const auto entry = open_record(entry_key_, chain->entry().number, chain->payload());
    if (!entry) {
      return broken(entry.error());
    }
    ++verdict.entries;
    if (entry->event.kind == AuditKind::LogBroken && !verdict.broken) {
      verdict.broken = entry->event.details.empty() ? "it was found broken before entry " +
                                                          std::to_string(chain->entry().number)
                                                    : entry->event.details.front();
    }
    if (entry->sealed_reason) {
      auto fault = reasons_.fault(chain->entry().number, *entry->sealed_reason);
      if (!fault) {
        return fault.error();
      }
      verdict.broken = *fault && !verdict.broken ? std::move(*fault) : std::move(verdict.broken);
    }
  }
}

Result<std::uint64_t> AuditLog::cut_before(TimePoint limit, TimePoint now) {
  auto chain = ChainReader::open(options_, head());
  if (!chain) {
    return chain.error();
  }
  ChainHead last = chain->reading().start.after;
  const std::uint64_t begins_after = last.number;
  std::vector<std::uint64_t> reasons;
  for (;;) {
    const auto is_entry = chain->next();
    if (!is_entry) {
      return is_entry.error();
    }
    if (!*is_entry) {
      break;
    }
    const auto entry = open_record(entry_key_, chain->entry().number, chain->payload());
    if (!entry) {
      return entry.error();
    }
    if (entry->event.time >= limit) {
      break;
    }
    last = chain->entry();
    if (entry->sealed_reason) {
      reasons.push_back(last.number);
    }
  }
  const std::uint64_t cut = last.number - begins_after;
  if (cut == 0) {
    return cut;
  }
  // First: a reason that its entry has outlived would stay for good.
  const auto cut_there = [&]() -> Result<void> {
    if (auto removed = reasons_.remove(reasons); !removed) {
      return removed;
    }
    return log_.restart(signed_checkpoint({.after = last, .time = limit}, signing_key_),
                        last.number);
  };
  if (auto done = run_there(cut_there); !done) {
    return done.error();
  }
  AuditEvent event{.kind = AuditKind::EntriesCut, .time = now};
  event.count = cut;
  if (auto noted = note(std::move(event)); !noted) {
    return noted.error();
  }
  return cut;
}

Result<void> AuditLog::remove_reason(std::uint64_t entry, AuditEvent removal) {
  const auto remove_there = [&]() -> Result<void> {
    const auto key = anchor_.reason_key(entry);
    if (!key) {
      return key.error();
    }
    if (!*key) {
      return Error{ErrorCode::Gone, "this entry of the audit log has no reason"};
    }
    return reasons_.remove(std::span(&entry, 1));
  };
  if (auto removed = run_there(remove_there); !removed) {
    return removed;
  }
  removal.kind = AuditKind::ReasonRemoval;
  removal.count = entry;
  return note(std::move(removal));
}

Result<void> AuditLog::run_there(const std::function<Result<void>()>& task) {
  std::promise<Result<void>> promise;
  std::future<Result<void>> done = promise.get_future();
  {
    const std::lock_guard lock(mutex_);
    tasks_.emplace_back([&] { promise.set_value(task()); });
  }
  wake_.notify_one();
  return done.get();
}

void AuditLog::run() {
  while (std::optional<Work> work = take_waiting()) {
    write(std::move(work->notes));
    for (const auto& task : work->tasks) {
      task();
    }
  }
}

/// Nothing when the log closes and all is written.
std::optional<AuditLog::Work> AuditLog::take_waiting() {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] { return !waiting_.empty() || !tasks_.empty(); };
  wake_.wait(lock, [&] { return stopping_ || has_work(); });
  if (!has_work()) {
    return std::nullopt;
  }
  Work work;
  const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kEntriesInARound));
  std::move(waiting_.begin(), waiting_.begin() + count, std::back_inserter(work.notes));
  waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  work.tasks.swap(tasks_);
  return work;
}

void AuditLog::write(std::vector<Waiting> notes) {
  std::vector<std::string> payloads;
  std::vector<Result<void>> outcomes;
  for (Waiting& waiting : notes) {
    auto payload = payload_of(std::move(waiting.event), log_.head().number + payloads.size() + 1);
    outcomes.push_back(payload ? Result<void>() : payload.error());
    if (payload) {
      payloads.push_back(std::move(*payload));
    }
  }
  if (const auto appended = append(std::move(payloads)); !appended) {
    std::ranges::fill(outcomes, appended);
  }
  for (std::size_t i = 0; i < notes.size(); ++i) {
    if (notes[i].when_durable) {
      notes[i].when_durable(std::move(outcomes[i]));
    }
  }
}

Result<void> AuditLog::append(std::vector<std::string> payloads) {
  if (payloads.empty()) {
    return {};
  }
  const auto head = log_.append(payloads);
  if (!head) {
    return head.error();
  }
  // A crash between the two leaves a head that the log has gone on behind: nothing that was
  // acknowledged can be missing from what the head says.
  anchor_.keep_head(*head);
  const std::lock_guard lock(mutex_);
  durable_ = *head;
  return {};
}

Result<std::string> AuditLog::payload_of(AuditEvent event, std::uint64_t number) const {
  limit(event);
  AuditRecord entry;
  if (event.reason) {
    const auto sealed = reasons_.keep(number, *event.reason);
    if (!sealed) {
      return sealed.error();
    }
    entry.sealed_reason = *sealed;
    event.reason.reset();
  }
  entry.event = std::move(event);
  return seal_record(entry_key_, number, entry);
}

}  // namespace sightingd
