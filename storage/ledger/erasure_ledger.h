#pragma once

#include "pipeline/ledger_note.h"
#include "pipeline/result.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/encoding/record.h"
#include "storage/files.h"
#include "storage/ledger/refusals.h"
#include "storage/log/chained_log.h"
#include "storage/sealing/secret_key.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// What was erased, refused and held, without its content, outside of the store: a copy of the
/// store that is brought back learns from it what must not come back, and what must not go.
///
/// A log of sealed entries. Its key is made once and lies in the log's start, sealed by the store
/// key, so that the two suffice on another machine; without a store key it lies beside the log in
/// the file `key`. An entry is written before the store is, so that an erasure that a crash cuts
/// short is finished by the next opening.
///
/// Whatever is not said to be safe from any thread is for the writer's.
class ErasureLedger {
 public:
  /// Opens the ledger in `folder`, which is made if need be; locks it for as long as it is open.
  /// `done`: what the store has done of it. Fails with Storage and a sentence: reason "locked",
  /// "key" (`store_key` is not the ledger's), "ledger" (it is missing or older than the store), or
  /// "broken-chain".
  static Result<std::unique_ptr<ErasureLedger>> open(const std::filesystem::path& folder,
                                                     const std::optional<SecretKey>& store_key,
                                                     std::uint64_t done);
  ErasureLedger(const ErasureLedger&) = delete;
  ErasureLedger& operator=(const ErasureLedger&) = delete;

  /// Durable when it returns. After a failure other than "no-space" every later call fails.
  Result<void> append(std::span<const LedgerNote> notes, TimePoint at);
  /// A store whose feed is at epoch `of_store` is about to be brought back from a backup: gives the
  /// epoch that its feed is to have from then on, which no other restoration was or will be given.
  /// Durable when it returns.
  Result<std::uint16_t> note_restoration(std::uint16_t of_store, TimePoint at);
  /// The number of the newest entry; 0 before the first.
  std::uint64_t newest() const { return log_->head().number; }
  /// The entries above `number`, in order.
  Result<std::vector<record::LedgerEntry>> entries_after(std::uint64_t number) const;

  /// Reads the whole ledger against its chain and its seals; also while it is written to. Safe from
  /// any thread. Fails with reason "broken-chain".
  Result<void> check() const;

  /// The store is about to get another key: from now on both open the ledger.
  Result<void> accept_key(const SecretKey& store_key);
  /// It has got it: the former one opens the ledger no more.
  Result<void> keep_key(const SecretKey& store_key);

  /// How entries name a post or an author. These and what follows are safe from any thread.
  LookupHash hash_of(const SightingId& post) const;
  LookupHash hash_of_author(std::string_view author_uri) const;

  /// Until when a post is held, if it is, and was not erased since. For the writer's thread.
  std::optional<TimePoint> held_until(const SightingId& post) const;

  bool refuses_post(const SightingId& post) const;
  bool refuses_author(std::string_view author_uri) const;
  bool refuses_picture(const PhotoId& photo, const PdqForms& asked) const {
    return refusals_.has_picture(photo, asked);
  }
  /// See Refusals::set_listed().
  void refuse_listed(const std::vector<PdqHash>& hashes) { refusals_.set_listed(hashes); }
  const Refusals& refusals() const { return refusals_; }

 private:
  explicit ErasureLedger(const SecretKey& key);
  Result<void> open_log(const std::filesystem::path& folder, std::string owner, bool is_new);
  Result<void> seal_key(const FileDescriptor& folder, const SecretKey& store_key);
  Result<void> take_in(std::uint64_t number, std::string_view payload);
  void remember(std::uint64_t number, const record::LedgerEntry& entry);
  record::LedgerEntry entry_of(const LedgerNote& note, TimePoint at) const;
  Result<record::LedgerEntry> opened(std::string_view payload) const;

  FileDescriptor lock_;
  Locked<SecretKey> key_;
  Locked<SecretKey> seal_;  ///< Of the entries.
  LookupHasher hasher_;
  ChainedLogOptions options_;
  std::optional<ChainedLog> log_;
  Refusals refusals_;
  std::map<std::string, TimePoint, std::less<>> holds_;  ///< By the posts' hashes.
};

}  // namespace sightingd
