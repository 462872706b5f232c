#pragma once

#include "pipeline/ids.h"
#include "pipeline/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sightingd {

/// What a check of a whole store has found so far.
struct StoreFindings {
  std::uint64_t tables = 0;  ///< Files of the database that were read.
  std::uint64_t rows = 0;
  std::uint64_t photos = 0;         ///< Whose files were read.
  std::vector<std::string> damage;  ///< A sentence each, but for `damaged_photos`.
  /// Whose files are missing, broken, or hold other bytes than were stored.
  std::vector<PhotoId> damaged_photos;

  bool is_whole() const { return damage.empty() && damaged_photos.empty(); }

  friend bool operator==(const StoreFindings&, const StoreFindings&) = default;
};

/// Reads all that a store holds, piece by piece, beside all else: the files of its database against
/// their checksums, each row against its seal and its checksum, each photo against its digest, the
/// erasure ledger and the audit log against their chains.
///
/// No moment of the store is held between two pieces, so that an erasure does not wait for it: what
/// comes or goes meanwhile is seen or not. For one thread at a time.
class StoreCheck {
 public:
  virtual ~StoreCheck() = default;

  StoreCheck(const StoreCheck&) = delete;
  StoreCheck& operator=(const StoreCheck&) = delete;

  /// Reads on for a while (a part of a second; one file of the database, and the audit log, are
  /// one piece each). False when all was read. Fails with Storage only when it cannot go on; what
  /// is damaged is a finding. Blocks on the disk.
  virtual Result<bool> next() = 0;
  const StoreFindings& found() const { return found_; }

 protected:
  StoreCheck() = default;
  StoreFindings found_;
};

}  // namespace sightingd
