#pragma once

#include "pipeline/ids.h"
#include "pipeline/photo.h"
#include "pipeline/sighting.h"
#include "pipeline/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

/// What the erasure ledger is told: enough to erase the same from an older copy of the store, to
/// spare there what is held, and to know again what is refused. Texts become keyed hashes in it.
namespace sightingd {

struct ErasedPost {
  SightingId post;
  EraseReason reason = EraseReason::Operator;
  bool is_refused = false;  ///< It must not come back.

  friend bool operator==(const ErasedPost&, const ErasedPost&) = default;
};

/// No post of this author is taken, and all that were there are erased.
struct RefusedAuthor {
  std::string author_uri;
  bool spares_held = false;  ///< Sightings that were held then have stayed.

  friend bool operator==(const RefusedAuthor&, const RefusedAuthor&) = default;
};

/// Neither this picture nor a copy of it is taken, and all that were there are erased.
struct RefusedPicture {
  PhotoId photo;
  PdqPair hashes;            ///< Copies are recognised by these; of flat pictures there are none.
  bool spares_held = false;  ///< Sightings that were held then have kept it.

  friend bool operator==(const RefusedPicture&, const RefusedPicture&) = default;
};

/// All that was first seen before is erased.
struct ErasedByAge {
  TimePoint first_seen_before;
  bool spares_held = true;  ///< Sightings that were held then have stayed.

  friend bool operator==(const ErasedByAge&, const ErasedByAge&) = default;
};

/// The refusal that stands in the ledger with this number does not hold any more.
struct WithdrawnRefusal {
  std::uint64_t number = 0;

  friend bool operator==(const WithdrawnRefusal&, const WithdrawnRefusal&) = default;
};

/// This is kept against its age and its deletion upstream; without a time, no longer.
struct HeldPost {
  SightingId post;
  std::optional<TimePoint> until;

  friend bool operator==(const HeldPost&, const HeldPost&) = default;
};

using LedgerNote = std::variant<ErasedPost, RefusedAuthor, RefusedPicture, ErasedByAge,
                                WithdrawnRefusal, HeldPost>;

}  // namespace sightingd
