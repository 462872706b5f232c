#pragma once

#include "pipeline/known.h"
#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/application.h"
#include "storage/database.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/photo_files.h"

#include <cstdint>
#include <filesystem>
#include <set>
#include <vector>

namespace sightingd {

/// A store that is read or built outside of its place.
struct BareStore {
  std::filesystem::path photos_folder;
  Database& database;
  PhotoFiles& photos;
};

/// Makes the sightings and photos of a new store from what can be read of a damaged one, with the
/// same ordinals and places in the feed. Both have the same look-up key.
class Rebuilding {
 public:
  /// All must outlive this. `counters`: those of the damaged store, which are told what is left.
  /// `now`: from then on lost pictures are fetched again.
  Rebuilding(const BareStore& damaged, const BareStore& built, const LookupHasher& hasher,
             Counters& counters, TimePoint now);

  /// Fails with Storage when the new store cannot be written; what cannot be read is lost.
  Result<void> run();

  /// Ordinals whose sightings cannot be read; of some there never was one, or no more.
  const std::set<std::uint64_t>& lost_sightings() const { return lost_sightings_; }
  std::uint64_t lost_photos() const { return lost_photos_; }

 private:
  void find_photos();
  Result<void> rebuild_photos();
  Result<void> rebuild_photo(std::uint64_t ordinal);
  Result<bool> take_over_file(const KnownPhoto& known);
  Result<void> rebuild_sightings();
  std::optional<KnownSighting> read_sighting(std::uint64_t ordinal);
  void let_fetch(KnownSighting& sighting) const;
  Result<void> write_if_many();
  Result<void> write();

  const BareStore& damaged_;
  const BareStore& built_;
  Application application_;
  Counters& counters_;
  const TimePoint now_;
  std::set<std::uint64_t> lost_sightings_;
  std::uint64_t lost_photos_ = 0;
  std::set<std::uint64_t> shown_;  ///< Photos that sightings show.
  std::set<std::uint64_t> saved_;  ///< Those of them that are there.
  Decision next_;                  ///< What is to be written.
};

}  // namespace sightingd
