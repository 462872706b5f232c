#include "storage/ledger/erasure_ledger.h"

#include "pipeline/wipe.h"
#include "storage/sealing/seal.h"
#include "storage/sealing/wrapped_key.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLogFile = "ledger";
constexpr const char* kKeyFile = "key";
constexpr const char* kLockFile = "lock";

// 1 and 2 of what the store key is used for are the ring's (key_ring.cpp).
constexpr KeyWrapping kWrapping{.purpose = 3, .place = "erasure-ledger-key"};
// What the ledger's key is used for.
constexpr std::uint64_t kChaining = 1;
constexpr std::uint64_t kSealing = 2;
constexpr std::uint64_t kHashing = 3;

// Kinds of text that are hashed.
constexpr char kPost = 's';
constexpr char kAuthor = 'a';

constexpr std::uint8_t kEntryMark = 1;
constexpr std::string_view kEntryPlace = "erasure-ledger";

Error ledger_error(const fs::path& folder, std::string_view what, const char* reason) {
  return {ErrorCode::Storage, "the erasure ledger " + folder.string() + " " + std::string(what),
          reason};
}

Result<std::optional<SecretKey>> key_in_file(const fs::path& folder) {
  auto bytes = read_file(folder / kKeyFile, SecretKey::kSize + 1);
  if (!bytes) {
    return bytes.error();
  }
  if (!*bytes) {
    return std::optional<SecretKey>();
  }
  auto key = SecretKey::of(**bytes);
  wipe(**bytes);
  if (!key) {
    return ledger_error(folder, "has a file 'key' that is not 32 bytes: bring the right one back",
                        "key");
  }
  return std::optional<SecretKey>(std::move(key));
}

/// The key of a ledger whose log begins with `owner`.
Result<SecretKey> key_of(const fs::path& folder, std::string_view owner,
                         const std::optional<SecretKey>& store_key) {
  if (owner.empty()) {
    auto key = key_in_file(folder);
    if (!key) {
      return key.error();
    }
    if (!*key) {
      return ledger_error(folder, "lacks its file 'key': bring it back", "key");
    }
    return **key;
  }
  if (!store_key) {
    return ledger_error(folder,
                        "is encrypted, and its key is missing: let store.encryption_key name it, "
                        "or give sightingctl its file with --key",
                        "key");
  }
  if (auto key = kWrapping.unwrap(owner, *store_key)) {
    return *key;
  }
  return ledger_error(folder,
                      "is encrypted with another key than store.encryption_key names: give the "
                      "store's key, or name this store's ledger in store.erasure_ledger",
                      "key");
}

}  // namespace

ErasureLedger::ErasureLedger(const SecretKey& key) : hasher_(key.derived(kHashing).bytes()) {
  *key_ = key;
  *seal_ = key.derived(kSealing);
}

Result<std::unique_ptr<ErasureLedger>> ErasureLedger::open(
    const fs::path& folder, const std::optional<SecretKey>& store_key, std::uint64_t done) {
  std::error_code ignored;
  if (folder.has_parent_path()) {
    fs::create_directories(folder.parent_path(), ignored);
  }
  auto directory = open_folder(folder);
  if (!directory) {
    return directory.error();
  }
  auto lock = lock_file(folder / kLockFile);
  if (!lock) {
    return lock.error();
  }
  if (!*lock) {
    return ledger_error(folder, "is in use by another process: each store needs one of its own",
                        "locked");
  }
  const auto owner = ChainedLog::owner_of(folder / kLogFile);
  if (!owner) {
    return owner.error();
  }
  const bool is_new = !owner->has_value();
  if (is_new && done > 0) {
    return ledger_error(folder,
                        "is missing, and the store has erased what it lists: bring it back, so "
                        "that nothing that was erased comes again",
                        "ledger");
  }
  const auto key =
      is_new ? Result<SecretKey>(SecretKey::random()) : key_of(folder, **owner, store_key);
  if (!key) {
    return key.error();
  }
  std::unique_ptr<ErasureLedger> ledger(new ErasureLedger(*key));
  ledger->lock_ = std::move(**lock);
  if (is_new && !store_key) {
    ::unlink((folder / kKeyFile).c_str());  // Of a ledger whose making was cut short.
    if (auto written = write_new_file(folder / kKeyFile, key->bytes()); !written) {
      return written.error();
    }
    if (auto synced = sync_folder(*directory); !synced) {
      return synced.error();
    }
  }
  if (auto opened = ledger->open_log(
          folder, is_new && store_key ? kWrapping.wrap(*key, *store_key) : owner->value_or(""),
          is_new);
      !opened) {
    return opened.error();
  }
  if (ledger->newest() < done) {
    return ledger_error(folder,
                        "is older than the store: bring the newest one back, so that nothing that "
                        "was erased comes again",
                        "ledger");
  }
  if (store_key) {
    if (auto sealed = ledger->seal_key(*directory, *store_key); !sealed) {
      return sealed.error();
    }
  }
  return ledger;
}

Result<void> ErasureLedger::open_log(const fs::path& folder, std::string owner, bool is_new) {
  options_ = {.path = folder / kLogFile, .key = key_->derived(kChaining)};
  if (is_new) {
    auto created = ChainedLog::create(options_, {.owner = std::move(owner), .after = {}});
    if (!created) {
      return created.error();
    }
    log_ = std::move(*created);
    return {};
  }
  std::optional<Error> failure;
  auto log = ChainedLog::open(options_, std::nullopt,
                              [&](const ChainHead& entry, std::string_view payload) {
                                if (auto taken = take_in(entry.number, payload); !taken) {
                                  failure = taken.error();
                                }
                              });
  if (!log) {
    return log.error();
  }
  if (failure) {
    return *failure;
  }
  log_ = std::move(*log);
  return {};
}

/// The store key alone opens the ledger: the store was in clear before, or got another key.
Result<void> ErasureLedger::seal_key(const FileDescriptor& folder, const SecretKey& store_key) {
  if (log_->start().owner.size() != kWrappedKeySize) {
    if (auto kept = keep_key(store_key); !kept) {
      return kept;
    }
  }
  if (::unlinkat(folder.get(), kKeyFile, 0) == 0) {
    return sync_folder(folder);
  }
  return errno == ENOENT ? Result<void>() : system_error("remove the key of the erasure ledger");
}

Result<void> ErasureLedger::take_in(std::uint64_t number, std::string_view payload) {
  const auto entry = opened(payload);
  if (!entry) {
    return entry.error();
  }
  remember(number, *entry);
  return {};
}

void ErasureLedger::remember(std::uint64_t number, const record::LedgerEntry& entry) {
  refusals_.add(number, entry);
  const auto* const hold = std::get_if<record::LedgerHold>(&entry.what);
  if (hold != nullptr && hold->until) {
    holds_.insert_or_assign(std::string(hold->post.text()), *hold->until);
  } else if (hold != nullptr) {
    holds_.erase(std::string(hold->post.text()));
  } else if (const auto* erased = std::get_if<record::LedgerPost>(&entry.what)) {
    holds_.erase(std::string(erased->post.text()));
  }
}

Result<record::LedgerEntry> ErasureLedger::opened(std::string_view payload) const {
  std::string content;
  if (sealing::mark_of(payload) != kEntryMark ||
      !sealing::open(*seal_, kEntryPlace, payload, content)) {
    return Error{ErrorCode::Storage,
                 "an entry of the erasure ledger cannot be opened; the ledger is damaged: bring "
                 "back a copy of it",
                 "broken-chain"};
  }
  return record::decode_ledger_entry(content);
}

Result<void> ErasureLedger::append(std::span<const LedgerNote> notes, TimePoint at) {
  std::vector<record::LedgerEntry> entries;
  std::vector<std::string> payloads;
  for (const LedgerNote& note : notes) {
    entries.push_back(entry_of(note, at));
    payloads.push_back(
        sealing::seal(*seal_, kEntryMark, kEntryPlace, record::encode(entries.back())));
  }
  const std::uint64_t before = newest();
  if (auto appended = log_->append(payloads); !appended) {
    return appended.error();
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    remember(before + 1 + i, entries[i]);
  }
  return {};
}

Result<std::uint16_t> ErasureLedger::note_restoration(std::uint16_t of_store, TimePoint at) {
  const auto entries = entries_after(0);
  if (!entries) {
    return entries.error();
  }
  std::uint32_t last = of_store;
  for (const record::LedgerEntry& entry : *entries) {
    if (const auto* restored = std::get_if<record::LedgerRestoration>(&entry.what)) {
      last = std::max<std::uint32_t>(last, restored->epoch);
    }
  }
  if (last == std::numeric_limits<std::uint16_t>::max()) {
    return Error{ErrorCode::Storage,
                 "the store was restored 65,535 times: there are no more cursors"};
  }
  const auto epoch = static_cast<std::uint16_t>(last + 1);
  const record::LedgerEntry entry{.at = at, .what = record::LedgerRestoration{epoch}};
  const std::vector<std::string> payloads = {
      sealing::seal(*seal_, kEntryMark, kEntryPlace, record::encode(entry))};
  if (auto appended = log_->append(payloads); !appended) {
    return appended.error();
  }
  return epoch;
}

Result<std::vector<record::LedgerEntry>> ErasureLedger::entries_after(std::uint64_t number) const {
  auto reader = ChainReader::open(options_, log_->head());
  if (!reader) {
    return reader.error();
  }
  std::vector<record::LedgerEntry> entries;
  for (;;) {
    const auto more = reader->next();
    if (!more) {
      return more.error();
    }
    if (!*more) {
      return entries;
    }
    if (reader->entry().number <= number) {
      continue;
    }
    auto entry = opened(reader->payload());
    if (!entry) {
      return entry.error();
    }
    entries.push_back(std::move(*entry));
  }
}

Result<void> ErasureLedger::check() const {
  auto reader = ChainReader::open(options_);
  if (!reader) {
    return reader.error();
  }
  for (;;) {
    const auto more = reader->next();
    if (!more) {
      return more.error();
    }
    if (!*more) {
      return {};
    }
    if (const auto entry = opened(reader->payload()); !entry) {
      return entry.error();
    }
  }
}

Result<void> ErasureLedger::accept_key(const SecretKey& store_key) {
  return log_->restart(log_->start().owner + kWrapping.wrap(*key_, store_key),
                       log_->start().after.number);
}

Result<void> ErasureLedger::keep_key(const SecretKey& store_key) {
  return log_->restart(kWrapping.wrap(*key_, store_key), log_->start().after.number);
}

record::LedgerEntry ErasureLedger::entry_of(const LedgerNote& note, TimePoint at) const {
  record::LedgerEntry entry{.at = at, .what = WithdrawnRefusal{}};
  if (const auto* post = std::get_if<ErasedPost>(&note)) {
    entry.what = record::LedgerPost{
        .post = hash_of(post->post), .reason = post->reason, .is_refused = post->is_refused};
  } else if (const auto* author = std::get_if<RefusedAuthor>(&note)) {
    entry.what = record::LedgerAuthor{.author = hash_of_author(author->author_uri),
                                      .spares_held = author->spares_held};
  } else if (const auto* picture = std::get_if<RefusedPicture>(&note)) {
    entry.what = *picture;
  } else if (const auto* age = std::get_if<ErasedByAge>(&note)) {
    entry.what = *age;
  } else if (const auto* hold = std::get_if<HeldPost>(&note)) {
    entry.what = record::LedgerHold{.post = hash_of(hold->post), .until = hold->until};
  } else {
    entry.what = std::get<WithdrawnRefusal>(note);
  }
  return entry;
}

LookupHash ErasureLedger::hash_of(const SightingId& post) const {
  return hasher_(kPost, post.text());
}

LookupHash ErasureLedger::hash_of_author(std::string_view author_uri) const {
  return hasher_(kAuthor, author_uri);
}

std::optional<TimePoint> ErasureLedger::held_until(const SightingId& post) const {
  if (holds_.empty()) {
    return std::nullopt;
  }
  const auto found = holds_.find(hash_of(post).text());
  return found == holds_.end() ? std::nullopt : std::optional(found->second);
}

bool ErasureLedger::refuses_post(const SightingId& post) const {
  return refusals_.names_posts() && refusals_.has_post(hash_of(post));
}

bool ErasureLedger::refuses_author(std::string_view author_uri) const {
  return refusals_.names_authors() && refusals_.has_author(hash_of_author(author_uri));
}

}  // namespace sightingd
