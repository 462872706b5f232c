#pragma once

#include "pipeline/decide.h"
#include "storage/photo_files.h"
#include "storage/tables.h"

#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// Turns decisions into rows. A row of an index (id, feed, showing, link, position, pending,
/// suspected) follows from the record it belongs to, so rows are never forgotten: those of the
/// record before that are not those of the record after go, the others come.
class Application {
 public:
  /// All must outlive this.
  Application(const Database& database, const LookupHasher& hasher, PhotoFiles& photos)
      : database_(database), hasher_(hasher), photos_(photos) {}

  /// All rows of `decision`, to be written at once. Fails with Storage.
  Result<Changes> changes(const Decision& decision);
  /// The rows whose earlier values are to go for good, with what `decision` erases: the keys of all
  /// that goes, and where values stand in clear and an operator erases, every row that was changed.
  std::vector<RowName> traces(const Decision& decision) const;
  /// Adds to `changes` that the URIs of the posts that `decision` erases stand no more beside what
  /// a watch had left out; names the rows. Looks through all that was left out. Fails with Storage.
  Result<std::vector<RowName>> blank_skip_notes(Changes& changes, const Decision& decision) const;

 private:
  void apply(Changes& changes, const SightingChange& change) const;
  Result<void> apply(Changes& changes, const PhotoChange& change) const;
  Result<void> hand_over_key(Changes& changes, const PhotoChange& change) const;
  std::vector<RowName> rows_before(const Decision& decision) const;
  void apply(Changes& changes, const AuthorDay& author_day) const;
  void apply(Changes& changes, const CountedPost& counted) const;
  void apply(Changes& changes, const WatchChange& watch);
  void apply(Changes& changes, const PauseWatch& pause) const;
  void apply(Changes& changes, const HoldSource& hold) const;
  Result<void> forget_skips(Changes& changes, Day before);
  Result<void> forget_skip(Changes& changes, std::string_view key) const;

  const Database& database_;
  const LookupHasher& hasher_;
  PhotoFiles& photos_;
  /// No row of what was skipped lies below: where forgetting goes on, so that it does not walk
  /// over what it erased before.
  std::string oldest_skip_;
};

}  // namespace sightingd
