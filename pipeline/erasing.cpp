#include "pipeline/erasing.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace sightingd {
namespace {

/// Whether it has pictures, and every one of them is refused.
bool has_refused_pictures_only(const KnownSighting& sighting) {
  const std::vector<SightingImage>& images = sighting.sighting.images;
  return !images.empty() && std::ranges::all_of(images, [](const SightingImage& image) {
    return image.status == ImageStatus::Refused;
  });
}

}  // namespace

std::vector<ShownPicture> stored_pictures(const KnownSighting& sighting) {
  std::vector<ShownPicture> stored;
  for (std::size_t i = 0; i < sighting.traces.size(); ++i) {
    const SightingImage& image = sighting.sighting.images[i];
    if (image.status == ImageStatus::Stored) {
      stored.push_back({.image = i, .photo = *image.photo, .trace = sighting.traces[i]});
    }
  }
  std::ranges::sort(stored, {}, [](const ShownPicture& shown) { return shown.trace.showing; });
  return stored;
}

bool is_held(const KnownSighting& sighting, TimePoint at) {
  return sighting.held_until && *sighting.held_until > at;
}

void refuse_image(KnownSighting& now, std::size_t image) {
  const int index = now.sighting.images[image].index;
  now.sighting.images[image] = {.index = index,
                                .status = ImageStatus::Refused,
                                .reject_reason = std::nullopt,
                                .photo = std::nullopt,
                                .alt = std::nullopt};
  now.traces[image] = {};
}

void lose_picture(KnownSighting& now, std::size_t image, TimePoint due) {
  SightingImage& lost = now.sighting.images[image];
  ImageTrace& trace = now.traces[image];
  lost.photo.reset();
  trace.photo = 0;
  trace.showing = 0;
  if (trace.url.empty() || now.brought_by.empty()) {
    lost.status = ImageStatus::Unavailable;
    return;
  }
  lost.status = ImageStatus::Pending;
  const std::string source(source_url(now.brought_by.front().watch));
  trace.pending = PendingFetch{.source = source, .due = due};
}

void Erasing::erase(Draft::Entry& entry, EraseReason reason) {
  draft_.touch(entry, true);
  decision_.erases_by_operator |= reason == EraseReason::Operator;
  const KnownSighting& gone = *entry.now;
  for (const ShownPicture& shown : stored_pictures(gone)) {
    draft_.remove_showing(shown.trace.photo, shown.trace.showing);
  }
  if (gone.counted_for_author) {
    const Post& post = gone.sighting.post;
    decision_.counted.push_back({.author = author_of(post),
                                 .day = std::chrono::floor<std::chrono::days>(post.posted_at),
                                 .uri = post.ref.uri});
  }
  entry.erased_for = reason;
  entry.now.reset();
  draft_.settle();
}

void Erasing::erase_if_bare(Draft::Entry& entry, bool despite_hold, TimePoint at) {
  if (!has_refused_pictures_only(*entry.now) || is_kept(entry, despite_hold, at)) {
    return;
  }
  note(ErasedPost{.post = entry.now->sighting.id, .reason = EraseReason::Operator}, at);
  erase(entry, EraseReason::Operator);
}

void Erasing::operator()(const EraseSightings& asked) {
  for (const SightingId& id : asked.sightings) {
    Draft::Entry& entry = draft_.entry(id);
    if (!entry.living() || is_kept(entry, asked.despite_hold, asked.at)) {
      continue;
    }
    erase(entry, asked.reason);
    if (!asked.noted) {
      note(ErasedPost{.post = id, .reason = asked.reason, .is_refused = asked.refuses}, asked.at);
    }
  }
}

void Erasing::operator()(const ErasePicture& asked) {
  std::set<std::uint64_t> photos;
  if (const KnownPhoto* same = draft_.photo(asked.picture.photo)) {
    photos.insert(same->ordinal);
  }
  for (const PhotoIndex::Match& match : draft_.take(draft_.known().like(asked.forms))) {
    photos.insert(match.photo);
  }
  if (!asked.noted) {
    note_picture(asked.picture, asked);
  }
  for (const std::uint64_t photo : photos) {
    erase_photo(photo, asked);
  }
}

void Erasing::note_picture(RefusedPicture picture, const ErasePicture& asked) {
  picture.spares_held = !asked.despite_hold;
  note(std::move(picture), asked.at);
}

/// A copy goes with all its showings, and is refused itself: what is a copy of it may be none of
/// the picture.
void Erasing::erase_photo(std::uint64_t ordinal, const ErasePicture& asked) {
  const KnownPhoto* const known = draft_.photo(ordinal);
  if (known == nullptr) {
    return;
  }
  if (!asked.noted && known->photo.id != asked.picture.photo) {
    note_picture({.photo = known->photo.id, .hashes = matchable_hashes(known->photo)}, asked);
  }
  for (const Showing& showing : draft_.showings(ordinal)) {
    refuse_showing(showing, ordinal, asked);
  }
  draft_.settle();
}

void Erasing::refuse_showing(const Showing& showing, std::uint64_t photo,
                             const ErasePicture& asked) {
  Draft::Entry* const entry = draft_.entry_at(showing.sighting);
  if (entry == nullptr || !entry->living() || is_kept(*entry, asked.despite_hold, asked.at)) {
    return;
  }
  const std::vector<ImageTrace>& traces = entry->now->traces;
  const auto shown = std::ranges::find(traces, showing.ordinal, &ImageTrace::showing);
  if (shown == traces.end()) {
    return;
  }
  const auto image = static_cast<std::size_t>(shown - traces.begin());
  draft_.touch(*entry, true);
  decision_.erases_by_operator = true;
  draft_.remove_showing(photo, showing.ordinal);
  refuse_image(*entry->now, image);
  const bool needs_pictures =
      std::ranges::none_of(entry->now->sighting.watches, [&](const std::string& watch) {
        return std::ranges::find(asked.watches_without_media, watch) !=
               asked.watches_without_media.end();
      });
  // Those that went are in the ledger, too: who reads it does not know what they need.
  if (needs_pictures && !asked.noted) {
    erase_if_bare(*entry, asked.despite_hold, asked.at);
  }
}

void Erasing::operator()(const LosePhoto& asked) {
  const KnownPhoto* const lost = draft_.photo(asked.photo);
  if (lost == nullptr) {
    return;
  }
  const std::uint64_t ordinal = lost->ordinal;
  for (const Showing& showing : draft_.showings(ordinal)) {
    fetch_again(showing, ordinal, asked.at);
  }
  draft_.settle();
}

void Erasing::fetch_again(const Showing& showing, std::uint64_t photo, TimePoint due) {
  Draft::Entry* const entry = draft_.entry_at(showing.sighting);
  if (entry == nullptr || !entry->living()) {
    return;
  }
  KnownSighting& now = *entry->now;
  const auto shown = std::ranges::find(now.traces, showing.ordinal, &ImageTrace::showing);
  if (shown == now.traces.end()) {
    return;
  }
  draft_.touch(*entry, true);
  draft_.remove_showing(photo, showing.ordinal);
  const auto image = static_cast<std::size_t>(shown - now.traces.begin());
  lose_picture(now, image, due);
  ++(shown->pending ? decision_.tally.images_pending : decision_.tally.images_unavailable);
}

void Erasing::operator()(const RefuseAuthor& asked) {
  note(RefusedAuthor{.author_uri = asked.author_uri, .spares_held = !asked.despite_hold}, asked.at);
}

void Erasing::operator()(const WithdrawRefusal& asked) {
  if (draft_.known().is_refusal(asked.number)) {
    note(WithdrawnRefusal{asked.number}, asked.at);
    ++decision_.tally.refusals_withdrawn;
  }
}

void Erasing::operator()(const NoteAge& asked) {
  note(
      ErasedByAge{.first_seen_before = asked.first_seen_before, .spares_held = !asked.despite_hold},
      asked.at);
}

void Erasing::operator()(const HoldSighting& asked) {
  Draft::Entry& entry = draft_.entry(asked.sighting);
  if (!entry.living() || entry.now->held_until == asked.until) {
    return;
  }
  draft_.touch(entry, false);
  entry.now->held_until = asked.until;
  if (!asked.noted) {
    note(HeldPost{.post = asked.sighting, .until = asked.until}, asked.at);
  }
}

void Erasing::operator()(const LedgerDone& done) {
  draft_.counters().ledger_entry = std::max(draft_.counters().ledger_entry, done.entry);
}

void Erasing::operator()(const BeginDay& asked) {
  std::vector<FeedDay> days = draft_.take(draft_.known().feed_days());
  Counters& counters = draft_.counters();
  if (days.empty() || days.back().day < asked.today) {
    days.push_back({.day = asked.today, .sequence = counters.sequence});
    decision_.feed_days = days;
  }
  const auto kept = std::ranges::find_if(
      days, [&](const FeedDay& day) { return day.day >= asked.forget_before; });
  if (kept == days.begin()) {
    return;
  }
  const std::uint64_t last = std::prev(kept)->sequence;
  decision_.forgotten_tombstones =
      draft_.take(draft_.known().tombstones(counters.oldest_kept, last, kMostTombstones));
  decision_.tally.tombstones_forgotten = decision_.forgotten_tombstones.size();
  if (decision_.forgotten_tombstones.size() == kMostTombstones) {
    counters.oldest_kept = decision_.forgotten_tombstones.back();
    return;
  }
  counters.oldest_kept = std::max(counters.oldest_kept, last);
  decision_.feed_days = std::vector<FeedDay>(kept, days.end());
}

bool Erasing::is_kept(const Draft::Entry& entry, bool despite_hold, TimePoint at) {
  const bool kept = !despite_hold && is_held(*entry.now, at);
  decision_.tally.held += kept ? 1 : 0;
  return kept;
}

}  // namespace sightingd
