#include "storage/store.h"

#include "pipeline/erasing.h"
#include "storage/audit_rows.h"
#include "storage/backup/backups.h"
#include "storage/check/checking.h"
#include "storage/damaged_store.h"
#include "storage/encoding/keys.h"
#include "storage/ledger/catching_up.h"
#include "storage/opening.h"
#include "storage/rendering.h"
#include "storage/store_folder.h"
#include "storage/writer.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <limits>
#include <map>
#include <shared_mutex>
#include <utility>

namespace sightingd {
namespace {

constexpr const char* kAuditFolder = "audit";

/// Pins a photo for as long as the caller holds it.
class Pin final : public Store::Staged {
 public:
  Pin(PhotoFiles& files, const PhotoId& photo) : files_(files), photo_(photo) {
    files_.pin(photo_);
  }
  ~Pin() override { files_.unpin(photo_); }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

 private:
  PhotoFiles& files_;
  PhotoId photo_;
};

SuspectedPost suspected_post(const KnownSighting& known) {
  const Sighting& sighting = known.sighting;
  return {.sighting = sighting.id,
          .ref = sighting.post.ref,
          .post_id = sighting.post.id,
          .source = std::string(source_url(known.brought_by.front().watch)),
          .suspected_gone_at = sighting.suspected_gone_at.value_or(TimePoint())};
}

KnownPost known_post(const KnownUri& uri, const PostRef& ref, const std::string& watch_name) {
  if (uri.refused) {
    return {.known = true, .has_watch = true};  // There is nothing to fetch for it.
  }
  if (!uri.sighting || uri.sighting->sighting.post.ref.version < ref.version) {
    return {};
  }
  const std::vector<std::string>& watches = uri.sighting->sighting.watches;
  return {.known = true, .has_watch = std::ranges::find(watches, watch_name) != watches.end()};
}

/// The position of the row of Column::Positions that `rows` stands at. Older rows have none: their
/// sightings do.
Result<std::string> position_of(Database::Rows& rows) {
  const auto value = rows.value();
  if (!value) {
    return value.error();
  }
  return record::decode_text(*value);
}

/// Of those posts that are sightings, sorted.
Result<std::vector<std::uint64_t>> ordinals_of(const Tables& tables,
                                               std::span<const std::string> uris) {
  std::vector<SightingId> ids;
  ids.reserve(uris.size());
  std::ranges::transform(uris, std::back_inserter(ids), sighting_id);
  const auto rows = tables.ids(ids);
  if (!rows) {
    return rows.error();
  }
  std::vector<std::uint64_t> ordinals;
  for (const auto& row : *rows) {
    if (row && row->ordinal) {
      ordinals.push_back(*row->ordinal);
    }
  }
  std::ranges::sort(ordinals);
  return ordinals;
}

}  // namespace

class Store::Impl {
 public:
  /// `sequence`: the newest place in the feed.
  Impl(std::filesystem::path path, std::unique_ptr<StoreParts> opened, std::uint64_t sequence)
      : directory(std::move(path)),
        parts(std::move(opened)),
        durable(*parts->database, sequence),
        writer(std::make_unique<Writer>(*parts, durable)),
        audit_rows(*parts->database, durable, *writer) {
    parts->photos->keep_while([this](const PhotoId& photo) -> Result<bool> {
      const auto ordinal = tables().photo_ordinal(photo);
      if (!ordinal) {
        return ordinal.error();
      }
      return ordinal->has_value();
    });
  }
  ~Impl() {
    audit.reset();  // The writer keeps its last head.
    writer.reset();
    // What this leaves undone the next start reads from the log.
    static_cast<void>(parts->database->flush());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> open_audit(const std::filesystem::path& folder) {
    auto opened = AuditLog::open({.folder = folder,
                                  .key = parts->audit_key,
                                  .signing_key = *parts->signing_key,
                                  .anchor = audit_rows});
    if (!opened) {
      return opened.error();
    }
    audit = std::move(*opened);
    return {};
  }

  Tables tables() const { return {*parts->database, *parts->hasher, durable.get()}; }

  FeedCursor cursor(std::uint64_t sequence) const {
    return to_cursor({.epoch = parts->header.epoch, .sequence = sequence});
  }

  Result<bool> is_visible(const Tables& tables, std::uint64_t photo) const {
    // One showing nearly always answers; all of them are read only when it is hidden.
    for (const std::size_t limit : {std::size_t{1}, std::numeric_limits<std::size_t>::max()}) {
      const auto showings = tables.showings(photo, limit);
      if (!showings) {
        return showings.error();
      }
      for (const Showing& showing : *showings) {
        const auto sighting = tables.sighting(showing.sighting);
        if (!sighting) {
          return sighting.error();
        }
        if (*sighting && !(*sighting)->sighting.suspected_gone_at) {
          return true;
        }
      }
    }
    return false;
  }

  Result<std::optional<KnownPhoto>> visible_photo(const Tables& tables, const PhotoId& id) const {
    auto photo = tables.photo(id);
    if (!photo || !*photo) {
      return photo;
    }
    const auto visible = is_visible(tables, (*photo)->ordinal);
    if (!visible) {
      return visible.error();
    }
    return *visible ? std::move(*photo) : std::nullopt;
  }

  Result<std::optional<std::string>> photo_bytes(const Tables& tables, const PhotoId& id,
                                                 std::uint64_t ordinal) const {
    const auto key = tables.database().photo_key(ordinal, tables.moment());
    if (!key) {
      return key.error();
    }
    return parts->photos->read(id, *key);
  }

  const std::filesystem::path directory;
  std::unique_ptr<StoreParts> parts;
  DurableMoment durable;
  std::unique_ptr<Writer> writer;
  AuditRows audit_rows;
  std::unique_ptr<AuditLog> audit;
  std::unique_ptr<Backups> backups;
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options,
                                           const std::optional<SecretKey>& key) {
  auto parts = open_parts(options, key);
  if (!parts) {
    return parts.error();
  }
  const auto counters = Tables(*(*parts)->database, *(*parts)->hasher).counters();
  if (!counters) {
    return counters.error();
  }
  auto owed = facts_owed(*(*parts)->ledger, Tables(*(*parts)->database, *(*parts)->hasher),
                         counters->ledger_entry);
  if (!owed) {
    return owed.error();
  }
  auto impl = std::make_unique<Impl>(options.path, std::move(*parts), counters->sequence);
  if (auto opened = impl->open_audit(options.path / kAuditFolder); !opened) {
    return opened.error();
  }
  impl->backups =
      std::make_unique<Backups>(options.path, *impl->parts, impl->durable, options.keep_free);
  std::unique_ptr<Store> store(new Store(std::move(impl)));
  // Whoever opens a store on a full disk is told, and tries again.
  store->impl_->writer->set_waits_for_space(false);
  for (Facts& facts : *owed) {
    if (auto done = store->commit(std::move(facts)); !done) {
      return done.error();
    }
  }
  store->impl_->writer->set_waits_for_space(true);
  return store;
}

Result<std::unique_ptr<Store::Staged>> Store::stage(const PhotoId& photo,
                                                    std::string_view stripped) {
  // Held: no key goes that opens what is read here.
  const Moment held = impl_->durable.get();
  // Pinned before it is looked up: what is stored at that moment stays.
  auto pin = std::make_unique<Pin>(*impl_->parts->photos, photo);
  const auto stored = Tables(*impl_->parts->database, *impl_->parts->hasher).photo_ordinal(photo);
  if (!stored) {
    return stored.error();
  }
  if (!*stored) {
    if (auto written = impl_->parts->photos->write(photo, stripped); !written) {
      return written.error();
    }
  }
  return std::unique_ptr<Staged>(std::move(pin));
}

void Store::commit(Facts facts, std::vector<std::unique_ptr<Staged>> staged,
                   WhenCommitted when_committed) {
  impl_->writer->commit(std::move(facts), std::move(staged), std::move(when_committed));
}

Result<CommitOutcome> Store::commit(Facts facts, std::vector<std::unique_ptr<Staged>> staged) {
  std::promise<Result<CommitOutcome>> promise;
  std::future<Result<CommitOutcome>> outcome = promise.get_future();
  commit(std::move(facts), std::move(staged),
         [&promise](Result<CommitOutcome> result) { promise.set_value(std::move(result)); });
  return outcome.get();
}

void Store::ping(std::function<void()> answer) { impl_->writer->ping(std::move(answer)); }

void Store::stop_waiting_for_space() { impl_->writer->set_waits_for_space(false); }

bool Store::is_full() const { return impl_->writer->is_full(); }

Result<void> Store::change_key(const SecretKey& key) {
  std::promise<Result<void>> promise;
  std::future<Result<void>> changed = promise.get_future();
  impl_->writer->change_key(
      key, [&promise](Result<void> result) { promise.set_value(std::move(result)); });
  return changed.get();
}

void Store::on_commit(std::function<void(const FeedCursor&)> listener) {
  impl_->writer->on_commit(std::move(listener));
}

Result<std::string> Store::progress(const WatchKey& watch) const {
  const Tables tables = impl_->tables();
  return tables.text(Column::Watches, keys::watch(tables.hasher()(lookup::kWatch, watch.text),
                                                  watch_row::kProgress));
}

Result<bool> Store::is_paused(const WatchKey& watch) const {
  const Tables tables = impl_->tables();
  return tables.has(Column::Watches,
                    keys::watch(tables.hasher()(lookup::kWatch, watch.text), watch_row::kPaused));
}

Result<TimePoint> Store::held_until(std::string_view source_url) const {
  const Tables tables = impl_->tables();
  const auto since_epoch = tables.number(
      Column::Watches, keys::watch(tables.hasher()(lookup::kSource, source_url), watch_row::kHeld));
  if (!since_epoch) {
    return since_epoch.error();
  }
  return TimePoint(std::chrono::milliseconds(*since_epoch));
}

Result<std::vector<KnownPost>> Store::known(const std::string& watch_name,
                                            const std::vector<PostRef>& posts) const {
  std::vector<SightingId> ids;
  ids.reserve(posts.size());
  for (const PostRef& post : posts) {
    ids.push_back(sighting_id(post.uri));
  }
  const Tables tables = impl_->tables();
  const auto uris = tables.uris(ids);
  if (!uris) {
    return uris.error();
  }
  std::vector<KnownPost> known;
  known.reserve(posts.size());
  for (std::size_t i = 0; i < posts.size(); ++i) {
    known.push_back(known_post((*uris)[i], posts[i], watch_name));
  }
  return known;
}

Result<std::vector<SuspectedPost>> Store::posts_missing(const WatchKey& watch,
                                                        std::string_view from, std::string_view to,
                                                        std::span<const std::string> seen) const {
  const Tables tables = impl_->tables();
  const auto present = ordinals_of(tables, seen);
  if (!present) {
    return present.error();
  }
  const LookupHash hash = tables.hasher()(lookup::kWatch, watch.text);
  const auto is_between = [&](std::string_view position) {
    return from <= position && position < to;
  };
  const auto was_brought_between = [&](const Bringing& bringing) {
    return bringing.watch == watch && is_between(bringing.position);
  };
  const std::string last = keys::position(hash, to, std::numeric_limits<std::uint64_t>::max());
  std::vector<SuspectedPost> posts;
  Database::Rows rows = tables.database().rows(Column::Positions, keys::hash(hash),
                                               keys::position_bound(hash, from), tables.moment());
  for (; rows.valid() && rows.key() <= last; rows.next()) {
    const std::uint64_t ordinal = keys::read_position(rows.key()).value_or(0);
    if (std::ranges::binary_search(*present, ordinal)) {
      continue;
    }
    // Keys hold the coarse part of a position only.
    const auto position = position_of(rows);
    if (!position) {
      return position.error();
    }
    if (!position->empty() && !is_between(*position)) {
      continue;
    }
    const auto sighting = tables.sighting(ordinal);
    if (!sighting) {
      return sighting.error();
    }
    if (*sighting && !(*sighting)->sighting.suspected_gone_at &&
        std::ranges::any_of((*sighting)->brought_by, was_brought_between)) {
      posts.push_back(suspected_post(**sighting));
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return posts;
}

Result<SearchPiece> Store::search(const Wanted& wanted, std::uint64_t after,
                                  std::size_t limit) const {
  const Tables tables = impl_->tables();
  SearchPiece piece;
  Database::Rows rows =
      tables.database().rows(Column::Sightings, {}, keys::ordinal(after + 1), tables.moment());
  for (; rows.valid() && limit > 0; rows.next(), --limit) {
    const auto known = read_sighting(rows);
    if (!known) {
      return known.error();
    }
    piece.last = known->ordinal;
    if (wanted(*known)) {
      piece.found.push_back(known->sighting.id);
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return piece;
}

Result<AgedSightings> Store::aged(TimePoint limit_of_age, TimePoint now, std::size_t limit) const {
  const Tables tables = impl_->tables();
  AgedSightings aged;
  Database::Rows rows = tables.database().rows(Column::Sightings, {}, {}, tables.moment());
  for (; rows.valid() && aged.sightings.size() < limit; rows.next()) {
    const auto known = read_sighting(rows);
    if (!known) {
      return known.error();
    }
    const TimePoint first_seen = known->sighting.first_seen_at;
    if (is_held(*known, now) || first_seen > now) {
      continue;
    }
    aged.oldest = std::min(aged.oldest.value_or(first_seen), first_seen);
    if (first_seen >= limit_of_age) {
      break;
    }
    aged.sightings.push_back(known->sighting.id);
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return aged;
}

bool Store::refuses(const Post& post) const {
  const ErasureLedger& ledger = *impl_->parts->ledger;
  return ledger.refuses_post(sighting_id(post.ref.uri)) || ledger.refuses_author(author_of(post));
}

bool Store::refuses(const PhotoId& photo, const PdqForms& asked) const {
  return impl_->parts->ledger->refuses_picture(photo, asked);
}

void Store::refuse_listed(const std::vector<PdqHash>& hashes) {
  impl_->parts->ledger->refuse_listed(hashes);
}

std::vector<Refusal> Store::refusals() const { return impl_->parts->ledger->refusals().list(); }

Result<std::vector<HeldSighting>> Store::holds() const {
  const Tables tables = impl_->tables();
  std::vector<HeldSighting> held;
  Database::Rows rows = tables.database().rows(Column::Holds, {}, {}, tables.moment());
  for (; rows.valid(); rows.next()) {
    const auto known = tables.sighting(keys::read_ordinal(rows.key()).value_or(0));
    if (!known) {
      return known.error();
    }
    if (*known && (*known)->held_until) {
      held.push_back({.sighting = (*known)->sighting.id, .until = *(*known)->held_until});
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return held;
}

Result<std::vector<PendingImage>> Store::pending(TimePoint now, bool even_if_not_due,
                                                 std::size_t limit, std::size_t most,
                                                 const PlaceOf& place_of) const {
  const Tables tables = impl_->tables();
  std::vector<PendingImage> images;
  std::map<std::string, std::size_t> of_place;
  Database::Rows rows = tables.database().rows(Column::Pending, {}, {}, tables.moment());
  for (; rows.valid() && images.size() < most; rows.next()) {
    const auto key = keys::read_pending(rows.key());
    if (!key) {
      continue;
    }
    if (key->due > now && !even_if_not_due) {
      break;
    }
    const auto known = tables.sighting(key->sighting);
    if (!known) {
      return known.error();
    }
    if (!*known || (*known)->sighting.suspected_gone_at || key->image >= (*known)->traces.size() ||
        !(*known)->traces[key->image].pending) {
      continue;
    }
    const ImageTrace& trace = (*known)->traces[key->image];
    PendingImage image{.sighting = (*known)->sighting.id,
                       .index = static_cast<int>(key->image),
                       .url = trace.url,
                       .source = trace.pending->source,
                       .watch = (*known)->sighting.watches.front(),
                       .due = trace.pending->due};
    if (++of_place[place_of(image)] <= limit) {
      images.push_back(std::move(image));
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return images;
}

Result<std::vector<SuspectedPost>> Store::suspected(TimePoint since, std::size_t limit) const {
  const Tables tables = impl_->tables();
  std::vector<SuspectedPost> posts;
  std::map<std::string, std::size_t> of_source;
  Database::Rows rows = tables.database().rows(Column::Suspected, {}, {}, tables.moment());
  for (; rows.valid(); rows.next()) {
    const auto key = keys::read_suspected(rows.key());
    if (!key || key->since > since) {
      break;
    }
    const auto known = tables.sighting(key->sighting);
    if (!known) {
      return known.error();
    }
    if (!*known) {
      continue;
    }
    SuspectedPost post = suspected_post(**known);
    if (++of_source[post.source] <= limit) {
      posts.push_back(std::move(post));
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return posts;
}

Result<std::vector<FeedEvent>> Store::feed(const FeedCursor& after, std::size_t limit) const {
  FeedPlace place{.epoch = impl_->parts->header.epoch, .sequence = 0};
  const std::uint64_t newest = impl_->durable.sequence();
  const Tables tables = impl_->tables();
  const auto counters = tables.counters();
  if (!counters) {
    return counters.error();
  }
  if (after.empty()) {
    place.begun = newest;
  } else {
    const auto read = read_cursor(after);
    if (!read || read->epoch > place.epoch ||
        (read->epoch == place.epoch && read->safe_since() > newest)) {
      return Error{ErrorCode::Malformed, "this is not a cursor of this store"};
    }
    if (read->epoch < place.epoch || read->safe_since() < counters->oldest_kept) {
      return Error{ErrorCode::Gone,
                   "the cursor is too old: read the feed from the beginning and drop what does "
                   "not come"};
    }
    place = *read;
  }
  return FeedReader(tables, counters->oldest_kept).after(place, limit);
}

FeedCursor Store::newest_cursor() const { return impl_->cursor(impl_->durable.sequence()); }

Result<std::optional<SightingView>> Store::sighting(const SightingId& id) const {
  const Tables tables = impl_->tables();
  auto known = tables.sighting(id);
  if (!known) {
    return known.error();
  }
  if (!*known || (*known)->sighting.suspected_gone_at) {
    return std::optional<SightingView>();
  }
  auto view = Rendering(tables).view(std::move(**known));
  if (!view) {
    return view.error();
  }
  return std::optional(std::move(*view));
}

Result<std::optional<Photo>> Store::photo(const PhotoId& id) const {
  auto photo = impl_->visible_photo(impl_->tables(), id);
  if (!photo) {
    return photo.error();
  }
  return *photo ? std::optional(std::move((*photo)->photo)) : std::nullopt;
}

Result<std::optional<std::string>> Store::photo_bytes(const PhotoId& id) const {
  const Tables tables = impl_->tables();
  const auto photo = impl_->visible_photo(tables, id);
  if (!photo) {
    return photo.error();
  }
  if (!*photo) {
    return std::optional<std::string>();
  }
  auto bytes = impl_->photo_bytes(tables, id, (*photo)->ordinal);
  if (bytes && *bytes) {
    return bytes;
  }
  // The photo may have gone since the rows were read, or may have gone and come back with another
  // key: the newest rows say so.
  const Tables newest(*impl_->parts->database, *impl_->parts->hasher);
  const auto still_named = newest.photo_ordinal(id);
  if (!still_named) {
    return still_named.error();
  }
  if (!*still_named) {
    return std::optional<std::string>();
  }
  bytes = impl_->photo_bytes(newest, id, **still_named);
  if (bytes && !*bytes) {
    return damaged_store("the file of a photo is missing");
  }
  return bytes;
}

Result<std::vector<SimilarPhoto>> Store::similar(const PdqForms& asked, int radius) const {
  std::vector<PhotoIndex::Match> matches;
  {
    const std::shared_lock lock(impl_->parts->index_mutex);
    matches = impl_->parts->index.like(asked, radius);
  }
  const Tables tables = impl_->tables();
  std::vector<SimilarPhoto> similar;
  for (const PhotoIndex::Match& match : matches) {
    const auto visible = impl_->is_visible(tables, match.photo);
    if (!visible) {
      return visible.error();
    }
    if (!*visible) {
      continue;
    }
    const auto photo = tables.photo(match.photo);
    if (!photo) {
      return photo.error();
    }
    if (*photo) {
      similar.push_back({.photo = (*photo)->photo.id, .likeness = match.likeness});
    }
  }
  return similar;
}

Result<std::vector<CoverageRow>> Store::coverage(const WatchKey& watch) const {
  return impl_->tables().coverage(watch, std::nullopt);
}

Result<SkippedPage> Store::skipped(std::optional<SkipReason> reason, TimePoint now,
                                   std::string_view from) const {
  const std::string oldest = keys::day_bound(std::chrono::floor<std::chrono::days>(now) -
                                             kSkipMemory + std::chrono::days(1));
  const Tables tables = impl_->tables();
  SkippedPage page;
  std::size_t bytes = 0;
  Database::Rows rows = tables.database().rows(
      Column::Skipped, {}, std::max(std::string_view(oldest), from), tables.moment());
  for (; rows.valid(); rows.next()) {
    const auto key = keys::read_skip(rows.key());
    if (!key || (reason && key->reason != *reason)) {
      continue;
    }
    const auto value = rows.value();
    if (!value) {
      return value.error();
    }
    if (!key->uri) {
      if (bytes >= kSkippedPageBytes) {
        page.next = std::string(rows.key());
        break;
      }
      auto count = record::decode_skip_count_row(*value);
      if (!count) {
        return count.error();
      }
      page.rows.push_back({.watch = std::move(count->watch),
                           .watch_name = std::move(count->watch_name),
                           .day = key->day,
                           .reason = key->reason,
                           .count = count->count,
                           .uris = {}});
      bytes += sizeof(SkippedRow);
      continue;
    }
    // The rows of single URIs follow the count they belong to.
    auto uri = record::decode_text(*value);
    if (!uri) {
      return uri.error();
    }
    if (!uri->empty() && !page.rows.empty()) {
      bytes += uri->size();
      page.rows.back().uris.push_back(std::move(*uri));
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return page;
}

std::unique_ptr<StoreCheck> Store::check() const {
  return begin_check(
      *impl_->parts, [this] { return impl_->tables(); }, *impl_->audit);
}

Result<bool> Store::set_aside(const PhotoId& photo, TimePoint now) const {
  const std::filesystem::path folder = set_aside_folder(impl_->directory, now);
  if (auto opened = open_folder(folder.parent_path()); !opened) {
    return opened.error();
  }
  return impl_->parts->photos->set_aside(photo, folder);
}

const SigningKey& Store::signing_key() const { return *impl_->parts->signing_key; }

Backups& Store::backups() const { return *impl_->backups; }

AuditLog& Store::audit() const { return *impl_->audit; }

LookupHash Store::audit_subject(const SightingId& id) const {
  return (*impl_->parts->hasher)(lookup::kAuditedSighting, id.text());
}

LookupHash Store::audit_subject(const PhotoId& id) const {
  return (*impl_->parts->hasher)(lookup::kAuditedPhoto, id.text());
}

StoreStatistics Store::statistics() const {
  const Result<Counters> known = impl_->tables().counters();
  const Counters counters =
      known ? *known : Counters{};  // A damaged store fails elsewhere, loudly.
  return {.bytes = impl_->parts->database->bytes_on_disk() + counters.photo_bytes,
          .photos = counters.living_photos,
          .sightings = counters.living_sightings,
          .feed_sequence = counters.sequence,
          .pending_images = counters.pending_images,
          .waiting_commits = impl_->writer->waiting(),
          .is_sealed = impl_->parts->database->is_sealed(),
          .is_being_sealed = !impl_->parts->database->is_settled()};
}

}  // namespace sightingd
