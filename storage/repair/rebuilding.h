#pragma once

#include "pipeline/known.h"
#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/application.h"
#include "storage/database.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/photo_files.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace sightingd {

/// A store that is read or built outside of its place.
struct BareStore {
  Database& database;
  PhotoFiles& photos;
};

/// Makes the sightings and photos of a new store from what can be read of a damaged one, with the
/// same ordinals and places in the feed. Both have the same look-up key.
class Rebuilding {
 public:
  /// All must outlive this. `counters`: what can be read of those of the damaged store; they become
  /// those of the new one. `now`: from then on lost pictures are fetched again.
  Rebuilding(const BareStore& damaged, const BareStore& built, const LookupHasher& hasher,
             Counters& counters, TimePoint now);

  /// Fails with Storage when the new store cannot be written; what cannot be read is lost.
  Result<void> run();

  bool is_saved(std::uint64_t sighting) const;
  /// Of those that the saved sightings show.
  std::uint64_t lost_photos() const { return lost_photos_; }

 private:
  std::uint64_t last_sighting() const;
  void look_through();
  void note_numbers(const KnownSighting& known);
  Result<void> rebuild_photos();
  Result<void> rebuild_photo(std::uint64_t ordinal);
  Result<bool> take_over_file(const KnownPhoto& known);
  Result<void> rebuild_sightings();
  std::optional<KnownSighting> read_sighting(std::uint64_t ordinal) const;
  std::optional<KnownPhoto> read_photo(const Database& database, std::uint64_t ordinal) const;
  void let_fetch(KnownSighting& sighting) const;
  Result<void> write_if_many();
  Result<void> write();

  const BareStore& damaged_;
  const BareStore& built_;
  Application application_;
  Counters& counters_;
  const TimePoint now_;
  std::uint64_t lost_photos_ = 0;
  // By ordinals.
  std::vector<bool> saved_sightings_;
  std::vector<bool> shown_photos_;  ///< By saved sightings.
  std::vector<bool> saved_photos_;
  Decision next_;  ///< What is to be written.
};

}  // namespace sightingd
