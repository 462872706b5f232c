#pragma once

#include "pipeline/decide.h"
#include "pipeline/known.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sightingd {

/// What is known, as changed so far by the decision that is being made: the posts of one page
/// see each other through it, in order.
///
/// A failure of the port is remembered, not returned: what was asked then answers "nothing", and
/// the decision is thrown away at the end when `failure()` is set. Pointers stay good for the
/// life of the draft.
class Draft {
 public:
  /// One sighting as it stands in the draft; not `living` when it was erased or never there.
  struct Entry {
    std::optional<KnownSighting> before;
    std::optional<KnownSighting> now;
    bool refused = false;
    bool touched = false;
    bool rendering_changed = false;
    EraseReason erased_for = EraseReason::Operator;

    bool living() const { return now.has_value(); }
    bool visible() const { return now && !now->sighting.suspected_gone_at; }
  };

  explicit Draft(const Known& known);

  const Known& known() const { return known_; }
  Counters& counters() { return counters_; }

  /// Asks for many sightings at once, ahead of `entry`.
  void prefetch(std::span<const SightingId> ids);
  Entry& entry(const SightingId& id);
  /// Announces that `entry.now` is about to change. `renders`: readers will see a difference.
  void touch(Entry& entry, bool renders);

  /// Puts a new sighting at `entry`, which has none, and gives it its ordinal.
  KnownSighting& create(Entry& entry, KnownSighting sighting);

  /// The sighting with this ordinal; null when there is none.
  Entry* entry_at(std::uint64_t ordinal);

  /// A living photo, or null.
  const KnownPhoto* photo(const PhotoId& id);
  const KnownPhoto* photo(std::uint64_t ordinal);
  /// All showings of a photo, oldest first.
  std::vector<Showing> showings(std::uint64_t photo);
  /// Stores a photo that is not there yet, linked to the nearest one.
  const KnownPhoto& add_photo(PhotoFacts came);
  void add_showing(std::uint64_t photo, const Showing& showing);
  void remove_showing(std::uint64_t photo, std::uint64_t showing);
  /// Draws the consequences of removed showings: photos without any go, links to them become
  /// null, and every sighting that renders differently is touched.
  void settle();

  /// Moves what changed into `decision`, giving each event its place in the feed.
  void finish(Decision& decision);

  /// The value, or "nothing" after remembering the failure.
  template <typename T>
  T take(Result<T> result) {
    if (result) {
      return std::move(*result);
    }
    if (!failure_) {
      failure_ = result.error();
    }
    return T{};
  }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  struct PhotoEntry {
    std::optional<KnownPhoto> before;
    std::optional<KnownPhoto> now;
  };
  struct ShowingsEntry {
    std::vector<Showing> added;
    std::set<std::uint64_t> removed;
    std::optional<Showing> first_before;  ///< The first showing before the removals to settle.
  };

  Entry& insert(const SightingId& id, KnownUri uri);
  PhotoEntry* photo_at(std::uint64_t ordinal);
  PhotoEntry& insert_photo(std::optional<KnownPhoto> before);
  std::optional<NearLink> nearest(const PdqForms& forms);
  std::optional<Showing> first_showing(std::uint64_t photo);
  std::vector<std::uint64_t> linked_to(std::uint64_t photo);
  void settle(std::uint64_t photo, const std::optional<Showing>& first_before);
  void drop_photo(std::uint64_t photo);
  void touch_sighting(std::uint64_t ordinal);
  void touch_first_showing(std::uint64_t photo);
  SightingChange change_of(Entry& entry, Tally& tally);
  void count_pending(const SightingChange& change);

  const Known& known_;
  Counters counters_;
  std::optional<Error> failure_;
  std::deque<Entry> entries_;
  std::unordered_map<SightingId, Entry*> by_id_;
  std::unordered_map<std::uint64_t, Entry*> by_ordinal_;
  std::vector<Entry*> touched_;
  std::map<std::uint64_t, PhotoEntry> photos_;
  std::unordered_map<PhotoId, std::optional<std::uint64_t>> photo_ids_;
  std::unordered_map<std::uint64_t, ShowingsEntry> showings_;
  std::set<std::uint64_t> unsettled_;
};

}  // namespace sightingd
