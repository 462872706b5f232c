#pragma once

#include "pipeline/known.h"
#include "storage/encoding/keys.h"
#include "storage/store.h"
#include "storage/tables.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace sightingd {

/// Renders sightings as readers see them, from the state of the tables. Keeps what it looked up,
/// so use one object for one answer.
class Rendering {
 public:
  /// `tables` must outlive this.
  explicit Rendering(const Tables& tables) : tables_(tables) {}

  Result<SightingView> view(KnownSighting known);

  /// Looks up the photos of many sightings at once, ahead of `view`.
  Result<void> prefetch(const std::vector<std::optional<KnownSighting>>& sightings);

 private:
  Result<std::optional<KnownPhoto>> photo(std::uint64_t ordinal);
  Result<std::optional<Showing>> first_showing(std::uint64_t photo);
  Result<SightingId> id_of(std::uint64_t sighting);
  Result<std::optional<DuplicateLink>> link(const KnownPhoto& photo, std::uint64_t showing);
  Result<std::optional<DuplicateLink>> near_link(const NearLink& near);

  const Tables& tables_;
  std::map<std::uint64_t, std::optional<KnownPhoto>> photos_;
  std::map<std::uint64_t, std::optional<Showing>> first_showings_;
  std::map<std::uint64_t, SightingId> ids_;
};

/// The feed: rows of living sightings and tombstones in order of their sequence, rendered from
/// the state of `tables`.
class FeedReader {
 public:
  /// `tables` must outlive this. Tombstones up to `oldest_kept` are forgotten: cursors of places
  /// before it say where the reader has begun.
  FeedReader(const Tables& tables, std::uint64_t oldest_kept)
      : tables_(tables), oldest_kept_(oldest_kept) {}

  /// Up to `limit` events after `place`.
  Result<std::vector<FeedEvent>> after(FeedPlace place, std::size_t limit) const;

 private:
  struct Row {
    std::uint64_t sequence = 0;
    record::FeedRow row;
  };
  Result<std::vector<Row>> rows_after(std::uint64_t sequence, std::size_t limit) const;
  Result<void> render(const std::vector<Row>& rows, const FeedPlace& after,
                      std::vector<FeedEvent>& events) const;

  const Tables& tables_;
  std::uint64_t oldest_kept_;
};

}  // namespace sightingd
