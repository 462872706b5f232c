#include "storage/application.h"

#include "storage/encoding/keys.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace sightingd {
namespace {

/// Skipped rows that go with one page: more than a page brings, so that they never pile up.
constexpr std::size_t kForgottenWithAPage = 256;

/// Rows by column and key.
using Rows = std::map<std::pair<Column, std::string>, std::string>;

const std::string& nothing() {
  static const std::string record = record::encode_text("");
  return record;
}

void add_image_rows(Rows& rows, const KnownSighting& known, std::size_t i) {
  const ImageTrace& trace = known.traces[i];
  if (known.sighting.images[i].status == ImageStatus::Stored) {
    rows[{Column::Showings, keys::two_ordinals(trace.photo, trace.showing)}] =
        record::encode(Showing{.ordinal = trace.showing,
                               .sighting = known.ordinal,
                               .index = known.sighting.images[i].index});
  }
  if (trace.pending) {
    rows[{Column::Pending, keys::pending(trace.pending->due, known.ordinal,
                                         static_cast<std::uint32_t>(i))}] = nothing();
  }
}

/// The index rows that follow from a sighting.
Rows index_rows(const std::optional<KnownSighting>& sighting, const LookupHasher& hasher) {
  Rows rows;
  if (!sighting) {
    return rows;
  }
  const KnownSighting& known = *sighting;
  rows[{Column::Ids, keys::hash(hasher(lookup::kSighting, known.sighting.id.text()))}] =
      record::encode(record::IdRow{.ordinal = known.ordinal});
  rows[{Column::Feed, keys::ordinal(known.sequence)}] =
      record::encode(record::FeedRow{.living = known.ordinal, .erased = {}});
  if (known.held_until) {
    rows[{Column::Holds, keys::ordinal(known.ordinal)}] = nothing();
  }
  for (const Bringing& bringing : known.brought_by) {
    rows[{Column::Positions, keys::position(hasher(lookup::kWatch, bringing.watch.text),
                                            bringing.position, known.ordinal)}] =
        record::encode_text(bringing.position);
  }
  if (known.sighting.suspected_gone_at) {
    rows[{Column::Suspected, keys::suspected(*known.sighting.suspected_gone_at, known.ordinal)}] =
        nothing();
  }
  for (std::size_t i = 0; i < known.traces.size(); ++i) {
    add_image_rows(rows, known, i);
  }
  return rows;
}

/// The index rows that follow from a photo.
Rows index_rows(const std::optional<KnownPhoto>& photo, const LookupHasher& hasher) {
  Rows rows;
  if (!photo) {
    return rows;
  }
  rows[{Column::Ids, keys::hash(hasher(lookup::kPhoto, photo->photo.id.text()))}] =
      record::encode(record::IdRow{.ordinal = photo->ordinal});
  rows[{Column::Hashes, keys::ordinal(photo->ordinal)}] = record::encode(
      record::HashRow{.photo = photo->photo.id, .hashes = matchable_hashes(photo->photo)});
  if (photo->near) {
    rows[{Column::Links, keys::two_ordinals(photo->near->of, photo->ordinal)}] = nothing();
  }
  return rows;
}

void replace(const Database& database, Changes& changes, const Rows& before, Rows after) {
  for (const auto& [place, value] : before) {
    const auto same = after.find(place);
    if (same == after.end()) {
      database.erase(changes, place.first, place.second);
    } else if (same->second == value) {
      after.erase(same);
    }
  }
  for (const auto& [place, value] : after) {
    database.put(changes, place.first, place.second, value);
  }
}

}  // namespace

Result<Changes> Application::changes(const Decision& decision) {
  Changes changes;
  for (const PhotoChange& change : decision.photos) {
    if (auto done = apply(changes, change); !done) {
      return done.error();
    }
  }
  for (const SightingChange& change : decision.sightings) {
    apply(changes, change);
  }
  for (const AuthorDay& author_day : decision.author_days) {
    apply(changes, author_day);
  }
  for (const CountedPost& counted : decision.counted) {
    apply(changes, counted);
  }
  if (decision.watch) {
    // Before new rows are put: a URI that is skipped again keeps its new memory.
    if (auto done = forget_skips(changes, decision.watch->forget_skips_before); !done) {
      return done.error();
    }
    apply(changes, *decision.watch);
  }
  if (decision.pause) {
    apply(changes, *decision.pause);
  }
  if (decision.hold) {
    apply(changes, *decision.hold);
  }
  if (decision.feed_days) {
    database_.put(changes, Column::Header, kFeedDays, record::encode(*decision.feed_days));
  }
  for (const std::uint64_t tombstone : decision.forgotten_tombstones) {
    database_.erase(changes, Column::Feed, keys::ordinal(tombstone));
  }
  database_.put(changes, Column::Header, "counters", record::encode(decision.counters));
  return changes;
}

std::vector<RowName> Application::traces(const Decision& decision) const {
  std::vector<RowName> traces;
  const auto add_key = [&](Column column, std::uint64_t ordinal) {
    const auto owner = owner_of(column, keys::ordinal(ordinal));
    traces.push_back({.column = Column::Keys, .key = std::string(owner->text())});
  };
  if (database_.is_sealed()) {
    for (const PhotoChange& change : decision.photos) {
      if (!change.after) {
        add_key(Column::Photos, change.before->ordinal);
      }
    }
    for (const SightingChange& change : decision.sightings) {
      if (!change.after) {
        add_key(Column::Sightings, change.before->ordinal);
      }
    }
  }
  if (decision.erases_by_operator && (!database_.is_sealed() || database_.has_clear_rows())) {
    std::ranges::move(rows_before(decision), std::back_inserter(traces));
  }
  return traces;
}

std::vector<RowName> Application::rows_before(const Decision& decision) const {
  std::vector<RowName> found;
  const auto add = [&](const Rows& rows) {
    for (const auto& [place, value] : rows) {
      found.push_back({.column = place.first, .key = place.second});
    }
  };
  for (const PhotoChange& change : decision.photos) {
    if (change.before) {
      add(index_rows(change.before, hasher_));
      found.push_back({.column = Column::Photos, .key = keys::ordinal(change.before->ordinal)});
    }
  }
  for (const SightingChange& change : decision.sightings) {
    if (change.before) {
      add(index_rows(change.before, hasher_));
      found.push_back({.column = Column::Sightings, .key = keys::ordinal(change.before->ordinal)});
    }
  }
  return found;
}

Result<std::vector<RowName>> Application::blank_skip_notes(Changes& changes,
                                                           const Decision& decision) const {
  std::vector<LookupHash> erased;
  for (const SightingChange& change : decision.sightings) {
    if (change.before && !change.after) {
      erased.push_back(hasher_(lookup::kUri, change.before->sighting.post.ref.uri));
    }
  }
  std::vector<RowName> blanked;
  Database::Rows rows = database_.rows(Column::Skipped, {}, oldest_skip_);
  for (; rows.valid(); rows.next()) {
    const std::optional<keys::Skip> skip = keys::read_skip(rows.key());
    if (skip && skip->uri && std::ranges::find(erased, *skip->uri) != erased.end()) {
      blanked.push_back({.column = Column::Skipped, .key = std::string(rows.key())});
      database_.put(changes, Column::Skipped, rows.key(), record::encode_text(""));
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return blanked;
}

void Application::apply(Changes& changes, const SightingChange& change) const {
  if (!change.before) {
    database_.add_key(changes, Column::Sightings, keys::ordinal(change.after->ordinal));
  }
  replace(database_, changes, index_rows(change.before, hasher_),
          index_rows(change.after, hasher_));
  if (change.after) {
    database_.put(changes, Column::Sightings, keys::ordinal(change.after->ordinal),
                  record::encode(*change.after));
    return;
  }
  database_.erase(changes, Column::Sightings, keys::ordinal(change.before->ordinal));
  database_.put(changes, Column::Feed, keys::ordinal(change.tombstone),
                record::encode(record::FeedRow{.living = std::nullopt,
                                               .erased = change.before->sighting.id,
                                               .reason = change.erased_for}));
}

/// A photo's file is sealed before its ordinal is known, and may be wanted again after its rows
/// went.
Result<void> Application::hand_over_key(Changes& changes, const PhotoChange& change) const {
  if (!change.before) {
    if (const auto key = photos_.held_key(change.after->photo.id)) {
      database_.adopt_key(changes, change.after->ordinal, *key);
    } else {
      database_.add_key(changes, Column::Photos, keys::ordinal(change.after->ordinal));
    }
    return {};
  }
  if (change.after) {
    return {};
  }
  const auto key = database_.photo_key(change.before->ordinal);
  if (!key) {
    return key.error();
  }
  return photos_.hold_key(change.before->photo.id, *key);
}

Result<void> Application::apply(Changes& changes, const PhotoChange& change) const {
  if (auto done = hand_over_key(changes, change); !done) {
    return done;
  }
  replace(database_, changes, index_rows(change.before, hasher_),
          index_rows(change.after, hasher_));
  if (change.after) {
    database_.put(changes, Column::Photos, keys::ordinal(change.after->ordinal),
                  record::encode(*change.after));
  } else {
    database_.erase(changes, Column::Photos, keys::ordinal(change.before->ordinal));
  }
  return {};
}

void Application::apply(Changes& changes, const AuthorDay& author_day) const {
  database_.put(changes, Column::Authors,
                keys::author_day(author_day.day, hasher_(lookup::kAuthor, author_day.author)),
                record::encode_number(author_day.count));
}

void Application::apply(Changes& changes, const CountedPost& counted) const {
  database_.put(changes, Column::Counted,
                keys::counted(counted.day, hasher_(lookup::kAuthor, counted.author),
                              hasher_(lookup::kUri, counted.uri)),
                nothing());
}

void Application::apply(Changes& changes, const WatchChange& watch) {
  const LookupHash hash = hasher_(lookup::kWatch, watch.watch.text);
  database_.put(changes, Column::Watches, keys::watch(hash, watch_row::kProgress),
                record::encode_text(watch.progress));
  for (const TimePoint begin : watch.coverage_dropped) {
    database_.erase(changes, Column::Coverage, keys::coverage(hash, begin));
  }
  for (const CoverageRow& row : watch.coverage_put) {
    database_.put(changes, Column::Coverage, keys::coverage(hash, row.range.begin),
                  record::encode(row));
  }
  for (const SkipCount& skip : watch.skip_counts) {
    oldest_skip_ = std::min(oldest_skip_, keys::day_bound(skip.day));
    database_.put(changes, Column::Skipped, keys::skip_count(skip.day, hash, skip.reason),
                  record::encode(record::SkipCountRow{
                      .watch = watch.watch, .watch_name = watch.watch_name, .count = skip.count}));
  }
  for (const SkipNote& note : watch.skip_notes) {
    const LookupHash uri = hasher_(lookup::kUri, note.uri);
    database_.put(changes, Column::Skipped, keys::skip_note(note.day, hash, note.reason, uri),
                  record::encode_text(note.readable ? note.uri : ""));
    database_.put(changes, Column::SkipMemory, keys::skip_memory(hash, uri),
                  record::encode(note.day));
  }
}

void Application::apply(Changes& changes, const PauseWatch& pause) const {
  const std::string key =
      keys::watch(hasher_(lookup::kWatch, pause.watch.text), watch_row::kPaused);
  if (pause.paused) {
    database_.put(changes, Column::Watches, key, nothing());
  } else {
    database_.erase(changes, Column::Watches, key);
  }
}

void Application::apply(Changes& changes, const HoldSource& hold) const {
  const auto since_epoch = std::chrono::milliseconds(hold.until.time_since_epoch());
  database_.put(changes, Column::Watches,
                keys::watch(hasher_(lookup::kSource, hold.source_url), watch_row::kHeld),
                record::encode_number(static_cast<std::uint64_t>(since_epoch.count())));
}

Result<void> Application::forget_skips(Changes& changes, Day before) {
  const std::string bound = keys::day_bound(before);
  Database::Rows rows = database_.rows(Column::Skipped, {}, oldest_skip_);
  for (std::size_t i = 0; i < kForgottenWithAPage && rows.valid() && rows.key() < bound; ++i) {
    if (auto done = forget_skip(changes, rows.key()); !done) {
      return done;
    }
    oldest_skip_ = rows.key();
    rows.next();
  }
  return rows.status();
}

Result<void> Application::forget_skip(Changes& changes, std::string_view key) const {
  database_.erase(changes, Column::Skipped, key);
  const std::optional<keys::Skip> skip = keys::read_skip(key);
  if (!skip || !skip->uri) {
    return {};
  }
  // A URI that was skipped again since has a younger row that answers for it.
  const std::string memory = keys::skip_memory(skip->watch, *skip->uri);
  const auto value = database_.get(Column::SkipMemory, memory);
  if (!value) {
    return value.error();
  }
  if (*value && **value == record::encode(skip->day)) {
    database_.erase(changes, Column::SkipMemory, memory);
  }
  return {};
}

}  // namespace sightingd
