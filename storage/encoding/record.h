#pragma once

#include "pipeline/known.h"
#include "pipeline/result.h"
#include "storage/audit/audit_checkpoint.h"
#include "storage/audit/audit_event.h"
#include "storage/columns.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/log/chain.h"
#include "storage/sealing/secret_key.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Values of the rows of every column (docs/store-format.md). Every value is a record: a byte for
/// its format, the fields, a CRC-32 of both. Decoding never trusts a byte: whatever is not what
/// the encoder writes fails with Storage and reason "damaged".
namespace sightingd::record {

/// What a row of the feed names.
struct FeedRow {
  std::optional<std::uint64_t> living;  ///< Ordinal of a living sighting; else a tombstone:
  SightingId erased;
  EraseReason reason = EraseReason::Operator;

  friend bool operator==(const FeedRow&, const FeedRow&) = default;
};

/// What the index of photos needs of one, and the name of its file.
struct HashRow {
  PhotoId photo;
  PdqPair hashes;

  friend bool operator==(const HashRow&, const HashRow&) = default;
};

/// How many posts a watch skipped on a day for one reason, and the watch's names.
struct SkipCountRow {
  WatchKey watch;
  std::string watch_name;
  std::uint64_t count = 0;

  friend bool operator==(const SkipCountRow&, const SkipCountRow&) = default;
};

/// What an id stands for.
struct IdRow {
  std::optional<std::uint64_t> ordinal;  ///< Absent: a post that is refused.

  friend bool operator==(const IdRow&, const IdRow&) = default;
};

/// An entry of the erasure ledger: a LedgerNote whose texts are keyed hashes.
struct LedgerPost {
  LookupHash post;
  EraseReason reason = EraseReason::Operator;
  bool is_refused = false;

  friend bool operator==(const LedgerPost&, const LedgerPost&) = default;
};
struct LedgerAuthor {
  LookupHash author;
  bool spares_held = false;

  friend bool operator==(const LedgerAuthor&, const LedgerAuthor&) = default;
};
/// A store was brought back from a backup, and its feed began this epoch.
struct LedgerRestoration {
  std::uint16_t epoch = 0;

  friend bool operator==(const LedgerRestoration&, const LedgerRestoration&) = default;
};
struct LedgerHold {
  LookupHash post;
  std::optional<TimePoint> until;

  friend bool operator==(const LedgerHold&, const LedgerHold&) = default;
};
struct LedgerEntry {
  TimePoint at;
  std::variant<LedgerPost, LedgerAuthor, RefusedPicture, ErasedByAge, WithdrawnRefusal,
               LedgerRestoration, LedgerHold>
      what;

  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

/// What the keys of backups are kept with, beside the erasure ledger.
struct BackupEntry {
  std::string id;  ///< 32 lower-case hex digits.
  TimePoint made_at;
  std::optional<TimePoint> expires_at;  ///< Nothing: never.
  SecretKey store_key;                  ///< That opened the store when the backup was made.
};
/// A file of rows that backups hold, sealed by a key of its own.
struct BackupObjectKey {
  std::string id;  ///< 32 lower-case hex digits.
  SecretKey key;
  std::string file;   ///< Of the store: "rows/000123.sst".
  std::string stamp;  ///< Which state of that file.
  std::optional<TimePoint> expires_at;
};
struct BackupKeyList {
  std::vector<BackupEntry> backups;
  std::vector<BackupObjectKey> objects;
  std::uint16_t last_epoch = 0;  ///< That a restoration has given the feed.
};

/// What the store knows of itself.
struct StoreHeader {
  std::string lookup_key;
  std::uint16_t epoch = 1;  ///< Raised by a restore.

  friend bool operator==(const StoreHeader&, const StoreHeader&) = default;
};

std::string encode(const KnownSighting& sighting);
Result<KnownSighting> decode_sighting(std::string_view value);

std::string encode(const KnownPhoto& photo);
Result<KnownPhoto> decode_photo(std::string_view value);

std::string encode(const Showing& showing);
Result<Showing> decode_showing(std::string_view value);

std::string encode(const FeedRow& row);
Result<FeedRow> decode_feed_row(std::string_view value);

std::string encode(const HashRow& row);
Result<HashRow> decode_hash_row(std::string_view value);

std::string encode(const IdRow& row);
Result<IdRow> decode_id_row(std::string_view value);

std::string encode(const CoverageRow& row);
Result<CoverageRow> decode_coverage_row(std::string_view value);

std::string encode(const SkipCountRow& row);
Result<SkipCountRow> decode_skip_count_row(std::string_view value);

std::string encode(const Counters& counters);
Result<Counters> decode_counters(std::string_view value);

std::string encode(const std::vector<FeedDay>& days);
Result<std::vector<FeedDay>> decode_feed_days(std::string_view value);

std::string encode(const std::vector<RowName>& rows);
Result<std::vector<RowName>> decode_row_names(std::string_view value);

std::string encode(const LedgerEntry& entry);
Result<LedgerEntry> decode_ledger_entry(std::string_view value);

std::string encode(const BackupKeyList& list);
Result<BackupKeyList> decode_backup_keys(std::string_view value);

std::string encode(const StoreHeader& header);
Result<StoreHeader> decode_header(std::string_view value);

std::string encode(const AuditRecord& entry);
Result<AuditRecord> decode_audit_record(std::string_view value);

std::string encode(const AuditCheckpoint& checkpoint);
Result<AuditCheckpoint> decode_audit_checkpoint(std::string_view value);

std::string encode(const ChainHead& head);
Result<ChainHead> decode_chain_head(std::string_view value);

/// Opaque text or bytes: progress, a URI, the bytes of a photo; nothing where the key says all.
std::string encode_text(std::string_view text);
Result<std::string> decode_text(std::string_view value);

std::string encode(Day day);
Result<Day> decode_day(std::string_view value);

std::string encode_number(std::uint64_t number);
Result<std::uint64_t> decode_number(std::string_view value);

}  // namespace sightingd::record
