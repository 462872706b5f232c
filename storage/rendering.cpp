#include "storage/rendering.h"

#include "storage/damaged_store.h"
#include "storage/encoding/keys.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sightingd {
namespace {

/// Rows that are looked up at once: bounds memory, whatever the limit.
constexpr std::size_t kRowsAtOnce = 256;

Error damaged() { return damaged_store("rows contradict each other"); }

}  // namespace

Result<std::optional<KnownPhoto>> Rendering::photo(std::uint64_t ordinal) {
  const auto found = photos_.find(ordinal);
  if (found != photos_.end()) {
    return found->second;
  }
  auto photo = tables_.photo(ordinal);
  if (photo) {
    photos_.emplace(ordinal, *photo);
  }
  return photo;
}

Result<std::optional<Showing>> Rendering::first_showing(std::uint64_t photo) {
  const auto found = first_showings_.find(photo);
  if (found != first_showings_.end()) {
    return found->second;
  }
  const auto showings = tables_.showings(photo, 1);
  if (!showings) {
    return showings.error();
  }
  std::optional<Showing> first;
  if (!showings->empty()) {
    first = showings->front();
  }
  first_showings_.emplace(photo, first);
  return first;
}

Result<SightingId> Rendering::id_of(std::uint64_t sighting) {
  const auto found = ids_.find(sighting);
  if (found != ids_.end()) {
    return found->second;
  }
  const auto known = tables_.sighting(sighting);
  if (!known) {
    return known.error();
  }
  if (!*known) {
    return damaged();
  }
  return ids_.emplace(sighting, (*known)->sighting.id).first->second;
}

Result<std::optional<DuplicateLink>> Rendering::link(const KnownPhoto& photo,
                                                     std::uint64_t showing) {
  const auto first = first_showing(photo.ordinal);
  if (!first) {
    return first.error();
  }
  if (!*first) {
    return damaged();
  }
  if ((*first)->ordinal == showing) {
    return photo.near ? near_link(*photo.near) : std::optional<DuplicateLink>();
  }
  const auto first_sighting = id_of((*first)->sighting);
  if (!first_sighting) {
    return first_sighting.error();
  }
  return std::optional(DuplicateLink{
      .of = photo.photo.id, .exact = true, .likeness = {}, .first_sighting = *first_sighting});
}

Result<std::optional<DuplicateLink>> Rendering::near_link(const NearLink& near) {
  const auto of = photo(near.of);
  if (!of) {
    return of.error();
  }
  const auto first = first_showing(near.of);
  if (!first) {
    return first.error();
  }
  if (!*of || !*first) {
    return damaged();
  }
  const auto first_sighting = id_of((*first)->sighting);
  if (!first_sighting) {
    return first_sighting.error();
  }
  return std::optional(DuplicateLink{.of = (*of)->photo.id,
                                     .exact = false,
                                     .likeness = near.likeness,
                                     .first_sighting = *first_sighting});
}

Result<void> Rendering::prefetch(const std::vector<std::optional<KnownSighting>>& sightings) {
  std::vector<std::uint64_t> ordinals;
  for (const std::optional<KnownSighting>& known : sightings) {
    for (std::size_t i = 0; known && i < known->traces.size(); ++i) {
      if (known->sighting.images[i].status == ImageStatus::Stored) {
        ordinals.push_back(known->traces[i].photo);
      }
    }
  }
  if (ordinals.empty()) {
    return {};
  }
  auto photos = tables_.photos(ordinals);
  if (!photos) {
    return photos.error();
  }
  for (std::size_t i = 0; i < ordinals.size(); ++i) {
    photos_.emplace(ordinals[i], std::move((*photos)[i]));
  }
  return {};
}

Result<SightingView> Rendering::view(KnownSighting known) {
  SightingView view;
  ids_.emplace(known.ordinal, known.sighting.id);
  view.images.reserve(known.sighting.images.size());
  for (std::size_t i = 0; i < known.sighting.images.size(); ++i) {
    SightingImageView& image = view.images.emplace_back();
    image.image = known.sighting.images[i];
    if (image.image.status != ImageStatus::Stored) {
      continue;
    }
    auto shown = photo(known.traces[i].photo);
    if (!shown) {
      return shown.error();
    }
    if (!*shown) {
      return damaged();
    }
    auto duplicate = link(**shown, known.traces[i].showing);
    if (!duplicate) {
      return duplicate.error();
    }
    image.photo = std::move((*shown)->photo);
    image.duplicate = std::move(*duplicate);
  }
  view.sighting = std::move(known.sighting);
  return view;
}

Result<std::vector<FeedReader::Row>> FeedReader::rows_after(std::uint64_t sequence,
                                                            std::size_t limit) const {
  std::vector<Row> found;
  if (sequence == std::numeric_limits<std::uint64_t>::max()) {
    return found;
  }
  Database::Rows rows =
      tables_.database().rows(Column::Feed, {}, keys::ordinal(sequence + 1), tables_.moment());
  for (; rows.valid() && found.size() < limit; rows.next()) {
    const auto place = keys::read_ordinal(rows.key());
    const auto value = rows.value();
    if (!value) {
      return value.error();
    }
    const auto row = record::decode_feed_row(*value);
    if (!row) {
      return row.error();
    }
    if (!place) {
      return damaged();
    }
    found.push_back({.sequence = *place, .row = *row});
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return found;
}

Result<std::vector<FeedEvent>> FeedReader::after(FeedPlace place, std::size_t limit) const {
  std::vector<FeedEvent> events;
  while (events.size() < limit) {
    const auto rows = rows_after(place.sequence, std::min(kRowsAtOnce, limit - events.size()));
    if (!rows) {
      return rows.error();
    }
    if (rows->empty()) {
      break;
    }
    place.sequence = rows->back().sequence;
    if (auto done = render(*rows, place, events); !done) {
      return done.error();
    }
  }
  return events;
}

Result<void> FeedReader::render(const std::vector<Row>& rows, const FeedPlace& after,
                                std::vector<FeedEvent>& events) const {
  std::vector<std::uint64_t> ordinals;
  for (const Row& row : rows) {
    if (row.row.living) {
      ordinals.push_back(*row.row.living);
    }
  }
  auto sightings = tables_.sightings(ordinals);
  if (!sightings) {
    return sightings.error();
  }
  Rendering rendering(tables_);
  if (auto done = rendering.prefetch(*sightings); !done) {
    return done;
  }
  std::size_t next = 0;
  for (const Row& row : rows) {
    FeedEvent event;
    event.cursor = to_cursor({.epoch = after.epoch,
                              .sequence = row.sequence,
                              .begun = row.sequence < oldest_kept_ ? after.begun : 0});
    if (!row.row.living) {
      event.kind = FeedEvent::Kind::SightingErased;
      event.id = row.row.erased;
      event.reason = row.row.reason;
      events.push_back(std::move(event));
      continue;
    }
    std::optional<KnownSighting>& known = (*sightings)[next++];
    if (!known) {
      return damaged();
    }
    if (known->sighting.suspected_gone_at) {
      continue;
    }
    auto view = rendering.view(std::move(*known));
    if (!view) {
      return view.error();
    }
    event.id = view->sighting.id;
    event.kind =
        view->sighting.version == 1 ? FeedEvent::Kind::Sighting : FeedEvent::Kind::SightingUpdated;
    event.sighting = std::move(*view);
    events.push_back(std::move(event));
  }
  return {};
}

}  // namespace sightingd
