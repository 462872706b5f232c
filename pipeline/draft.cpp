#include "pipeline/draft.h"

#include <algorithm>
#include <limits>

namespace sightingd {
namespace {

std::uint64_t pending_images(const std::optional<KnownSighting>& sighting) {
  if (!sighting) {
    return 0;
  }
  return static_cast<std::uint64_t>(std::ranges::count_if(
      sighting->traces, [](const ImageTrace& trace) { return trace.pending.has_value(); }));
}

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

}  // namespace

Draft::Draft(const Known& known) : known_(known), counters_(take(known.counters())) {}

void Draft::prefetch(std::span<const SightingId> ids) {
  std::vector<KnownUri> uris = take(known_.uris(ids));
  uris.resize(ids.size());  // Shorter only after a failure, which is remembered.
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!by_id_.contains(ids[i])) {
      insert(ids[i], std::move(uris[i]));
    }
  }
}

Draft::Entry& Draft::entry(const SightingId& id) {
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    return *found->second;
  }
  prefetch({&id, 1});
  return *by_id_.at(id);
}

Draft::Entry& Draft::insert(const SightingId& id, KnownUri uri) {
  Entry& entry = entries_.emplace_back();
  entry.refused = uri.refused;
  entry.now = std::move(uri.sighting);
  by_id_.emplace(id, &entry);
  if (entry.now) {
    by_ordinal_.emplace(entry.now->ordinal, &entry);
  }
  return entry;
}

Draft::Entry* Draft::entry_at(std::uint64_t ordinal) {
  if (const auto found = by_ordinal_.find(ordinal); found != by_ordinal_.end()) {
    return found->second;
  }
  std::optional<KnownSighting> sighting = take(known_.sighting(ordinal));
  if (!sighting) {
    return nullptr;
  }
  const SightingId id = sighting->sighting.id;
  return &insert(id, {.refused = false, .sighting = std::move(sighting)});
}

void Draft::touch(Entry& entry, bool renders) {
  if (!entry.touched) {
    entry.touched = true;
    entry.before = entry.now;
    touched_.push_back(&entry);
  }
  entry.rendering_changed = entry.rendering_changed || renders;
}

KnownSighting& Draft::create(Entry& entry, KnownSighting sighting) {
  touch(entry, true);
  sighting.ordinal = ++counters_.sighting;
  by_ordinal_.emplace(sighting.ordinal, &entry);
  entry.now = std::move(sighting);
  return *entry.now;
}

const KnownPhoto* Draft::photo(const PhotoId& id) {
  auto found = photo_ids_.find(id);
  if (found == photo_ids_.end()) {
    std::optional<KnownPhoto> known = take(known_.photo(id));
    std::optional<std::uint64_t> ordinal;
    if (known) {
      ordinal = known->ordinal;
      if (!photos_.contains(*ordinal)) {
        insert_photo(std::move(known));
      }
    }
    found = photo_ids_.emplace(id, ordinal).first;
  }
  if (!found->second) {
    return nullptr;
  }
  const PhotoEntry& entry = photos_.at(*found->second);
  return entry.now ? &*entry.now : nullptr;
}

const KnownPhoto* Draft::photo(std::uint64_t ordinal) {
  const PhotoEntry* const entry = photo_at(ordinal);
  return entry != nullptr && entry->now ? &*entry->now : nullptr;
}

Draft::PhotoEntry& Draft::insert_photo(std::optional<KnownPhoto> before) {
  PhotoEntry& entry = photos_[before->ordinal];
  entry.now = before;
  entry.before = std::move(before);
  return entry;
}

Draft::PhotoEntry* Draft::photo_at(std::uint64_t ordinal) {
  if (const auto found = photos_.find(ordinal); found != photos_.end()) {
    return &found->second;
  }
  std::optional<KnownPhoto> known = take(known_.photo(ordinal));
  return known ? &insert_photo(std::move(known)) : nullptr;
}

const KnownPhoto& Draft::add_photo(PhotoFacts came) {
  std::optional<NearLink> near = nearest(came.forms);
  const std::uint64_t ordinal = ++counters_.photo;
  photo_ids_.insert_or_assign(came.photo.id, ordinal);
  PhotoEntry& entry = photos_[ordinal];
  entry.now =
      KnownPhoto{.photo = std::move(came.photo), .ordinal = ordinal, .near = std::move(near)};
  return *entry.now;
}

std::optional<NearLink> Draft::nearest(const PdqForms& forms) {
  if (forms.empty()) {
    return std::nullopt;
  }
  std::optional<PhotoIndex::Match> best;
  for (const PhotoIndex::Match& candidate : take(known_.like(forms))) {
    const auto drafted = photos_.find(candidate.photo);
    if (drafted == photos_.end() || drafted->second.now) {
      best = candidate;
      break;
    }
  }
  // In order of ordinals, all above those known: at equal distance the earlier one stays.
  for (const auto& [ordinal, entry] : photos_) {
    if (entry.before || !entry.now) {
      continue;
    }
    const auto found = likeness(forms, matchable_hashes(entry.now->photo), kNearDistance);
    if (found && (!best || found->distance < best->likeness.distance)) {
      best = PhotoIndex::Match{.photo = ordinal, .likeness = *found};
    }
  }
  if (!best) {
    return std::nullopt;
  }
  const PhotoEntry* of = photo_at(best->photo);
  if (of == nullptr || !of->now) {
    return std::nullopt;
  }
  return NearLink{.of = best->photo, .likeness = best->likeness};
}

std::optional<Showing> Draft::first_showing(std::uint64_t photo) {
  const auto drafted = showings_.find(photo);
  const std::size_t skipped = drafted == showings_.end() ? 0 : drafted->second.removed.size();
  for (const Showing& showing : take(known_.showings(photo, skipped + 1))) {
    if (drafted == showings_.end() || !drafted->second.removed.contains(showing.ordinal)) {
      return showing;
    }
  }
  if (drafted != showings_.end()) {
    for (const Showing& showing : drafted->second.added) {
      if (!drafted->second.removed.contains(showing.ordinal)) {
        return showing;
      }
    }
  }
  return std::nullopt;
}

std::vector<Showing> Draft::showings(std::uint64_t photo) {
  std::vector<Showing> all = take(known_.showings(photo, kAll));
  if (const auto drafted = showings_.find(photo); drafted != showings_.end()) {
    all.insert(all.end(), drafted->second.added.begin(), drafted->second.added.end());
    std::erase_if(all, [&](const Showing& showing) {
      return drafted->second.removed.contains(showing.ordinal);
    });
  }
  return all;
}

std::vector<std::uint64_t> Draft::linked_to(std::uint64_t photo) {
  const std::vector<std::uint64_t> known = take(known_.linked_to(photo));
  std::set<std::uint64_t> linked(known.begin(), known.end());
  for (const auto& [ordinal, entry] : photos_) {
    if (entry.now && entry.now->near && entry.now->near->of == photo) {
      linked.insert(ordinal);
    } else {
      linked.erase(ordinal);
    }
  }
  return {linked.begin(), linked.end()};
}

void Draft::add_showing(std::uint64_t photo, const Showing& showing) {
  showings_[photo].added.push_back(showing);
}

void Draft::remove_showing(std::uint64_t photo, std::uint64_t showing) {
  if (!unsettled_.contains(photo)) {
    std::optional<Showing> first = first_showing(photo);
    showings_[photo].first_before = std::move(first);
    unsettled_.insert(photo);
  }
  showings_[photo].removed.insert(showing);
}

void Draft::settle() {
  for (const std::uint64_t photo : std::exchange(unsettled_, {})) {
    settle(photo, showings_[photo].first_before);
  }
}

void Draft::settle(std::uint64_t photo, const std::optional<Showing>& first_before) {
  const std::optional<Showing> first = first_showing(photo);
  if (!first) {
    drop_photo(photo);
    return;
  }
  if (first_before && first->ordinal == first_before->ordinal) {
    return;
  }
  touch_sighting(first->sighting);  // It rendered an exact link.
  if (first_before && first->sighting == first_before->sighting) {
    return;
  }
  for (const Showing& showing : showings(photo)) {
    touch_sighting(showing.sighting);
  }
  for (const std::uint64_t linked : linked_to(photo)) {
    touch_first_showing(linked);
  }
}

void Draft::drop_photo(std::uint64_t photo) {
  PhotoEntry* entry = photo_at(photo);
  if (entry == nullptr || !entry->now) {
    return;
  }
  photo_ids_.insert_or_assign(entry->now->photo.id, std::nullopt);
  entry->now.reset();
  for (const std::uint64_t linked : linked_to(photo)) {
    if (PhotoEntry* other = photo_at(linked); other != nullptr && other->now) {
      other->now->near.reset();
      touch_first_showing(linked);
    }
  }
}

void Draft::touch_sighting(std::uint64_t ordinal) {
  if (Entry* entry = entry_at(ordinal); entry != nullptr && entry->living()) {
    touch(*entry, true);
  }
}

void Draft::touch_first_showing(std::uint64_t photo) {
  if (const std::optional<Showing> first = first_showing(photo)) {
    touch_sighting(first->sighting);
  }
}

SightingChange Draft::change_of(Entry& entry, Tally& tally) {
  SightingChange change;
  change.before = std::move(entry.before);
  change.after = std::move(entry.now);
  if (!change.after) {
    change.erased_for = entry.erased_for;
    change.tombstone = ++counters_.sequence;
    --counters_.living_sightings;
    ++tally.erased;
  } else if (!change.before) {
    change.after->sighting.version = 1;
    change.after->sequence = ++counters_.sequence;
    ++counters_.living_sightings;
    ++tally.sightings;
  } else if (entry.rendering_changed && !change.after->sighting.suspected_gone_at) {
    ++change.after->sighting.version;
    change.after->sequence = ++counters_.sequence;
    ++tally.updated;
  }
  return change;
}

void Draft::count_pending(const SightingChange& change) {
  counters_.pending_images -= pending_images(change.before);
  counters_.pending_images += pending_images(change.after);
}

void Draft::finish(Decision& decision) {
  for (Entry* entry : touched_) {
    if (!entry->before && !entry->now) {
      continue;
    }
    decision.sightings.push_back(change_of(*entry, decision.tally));
    count_pending(decision.sightings.back());
  }
  for (auto& [ordinal, entry] : photos_) {
    if (entry.before == entry.now) {
      continue;
    }
    if (entry.before && !entry.now) {
      --counters_.living_photos;
      ++decision.tally.photos_gone;
      counters_.photo_bytes -= entry.before->photo.bytes;
    } else if (!entry.before) {
      ++counters_.living_photos;
      counters_.photo_bytes += entry.now->photo.bytes;
    }
    decision.photos.push_back({.before = std::move(entry.before), .after = std::move(entry.now)});
  }
  decision.counters = counters_;
}

}  // namespace sightingd
