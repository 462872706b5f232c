#pragma once

#include "pipeline/result.h"
#include "storage/database.h"

#include <cstdint>
#include <vector>

namespace sightingd {

/// What an operator erased and what still has to be rewritten out of the database's files. The list
/// is written together with the erasure itself, so that one that a crash cut short is finished when
/// the store opens again.
///
/// The list holds keys, no content; it is erased for good in the same way as what it names.
class OwedErasures {
 public:
  /// `database` must outlive this.
  explicit OwedErasures(Database& database) : database_(database) {}

  /// Adds to `changes` that the earlier values of `rows` are to go for good. `sequence`: the
  /// newest place in the feed after these changes, which no other erasure has.
  void add(Changes& changes, std::uint64_t sequence, const std::vector<RowName>& rows) const;

  /// The same for the keys of the store that stand in its earlier ring.
  void add_earlier_ring(Changes& changes) const;

  /// The same for the keys of reasons in the audit log.
  void add_audit_keys(Changes& changes, const std::vector<RowName>& rows) const;

  /// Rewrites the files of all that is owed. No reader may hold a moment from before the erasure.
  /// Costs a look into the database when nothing is owed. Fails with Storage; then call it again.
  Result<void> settle();

 private:
  Database& database_;
};

}  // namespace sightingd
