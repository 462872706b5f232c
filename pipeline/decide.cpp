#include "pipeline/decide.h"

#include "pipeline/draft.h"
#include "pipeline/erasing.h"

#include <algorithm>
#include <concepts>
#include <iterator>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace sightingd {
namespace {

/// Why coverage is partial where an author posted more than the limit.
constexpr const char* kFlood = "flood";

/// Operators may read the URI of what was skipped for these reasons, never for the others.
bool is_readable(SkipReason reason) {
  return reason == SkipReason::NoMedia || reason == SkipReason::Flood ||
         reason == SkipReason::Malformed;
}

Day day_of(TimePoint time) { return std::chrono::floor<std::chrono::days>(time); }

/// The pictures of a post's earlier version: what has stayed takes its own place among the copies
/// over into the new version.
class EarlierPictures {
 public:
  explicit EarlierPictures(const KnownSighting& sighting) : left_(stored_pictures(sighting)) {}

  /// A picture that shows the photo with this ordinal, if one is left.
  std::optional<ShownPicture> take_photo(std::uint64_t photo) {
    return take([photo](const ShownPicture& shown) { return shown.trace.photo == photo; });
  }

  /// The picture that a source calls `id`, or else the one that came from `url`, if it is left.
  std::optional<ShownPicture> take_same(const std::string& id, const std::string& url) {
    auto same =
        take([&id](const ShownPicture& shown) { return !id.empty() && shown.trace.id == id; });
    return same ? std::move(same) : take([&url](const ShownPicture& shown) {
      return !url.empty() && shown.trace.url == url;
    });
  }

  const std::vector<ShownPicture>& left() const { return left_; }

 private:
  template <typename Predicate>
  std::optional<ShownPicture> take(Predicate is_wanted) {
    const auto found = std::ranges::find_if(left_, is_wanted);
    if (found == left_.end()) {
      return std::nullopt;
    }
    ShownPicture taken = std::move(*found);
    left_.erase(found);
    return taken;
  }

  std::vector<ShownPicture> left_;
};

/// Decides about pictures: what a sighting's image becomes when its outcome is known.
class ImageDecisions {
 public:
  ImageDecisions(Draft& draft, Tally& tally) : draft_(draft), tally_(tally) {}

  /// Gives `image` of `sighting` its outcome; not for FetchFailed. Showings of `earlier` are used
  /// up before new ones are made.
  void settle(KnownSighting& sighting, std::size_t image, ImageOutcome outcome,
              EarlierPictures* earlier = nullptr) {
    SightingImage& shown = sighting.sighting.images[image];
    sighting.traces[image].pending.reset();
    if (PhotoFacts* came = std::get_if<PhotoFacts>(&outcome)) {
      show(sighting, image, std::move(*came), earlier);
    } else if (const auto* rejected = std::get_if<ImageRejected>(&outcome)) {
      shown.status = ImageStatus::Rejected;
      shown.reject_reason = rejected->reason;
      ++tally_.images_rejected;
    } else if (std::holds_alternative<ImageRefused>(outcome)) {
      refuse_image(sighting, image);
      ++tally_.images_refused;
    }
  }

  /// `image` of `sighting` is the same as in an earlier version.
  static void keep(KnownSighting& sighting, std::size_t image, const ShownPicture& earlier) {
    sighting.sighting.images[image].status = ImageStatus::Stored;
    sighting.sighting.images[image].photo = earlier.photo;
    sighting.traces[image].photo = earlier.trace.photo;
    sighting.traces[image].showing = earlier.trace.showing;
  }

  /// `image` of `sighting` could not be fetched for the first time.
  void wait(KnownSighting& sighting, std::size_t image, PendingFetch pending) {
    sighting.sighting.images[image].status = ImageStatus::Pending;
    sighting.traces[image].pending = std::move(pending);
    ++tally_.images_pending;
  }

  void give_up(KnownSighting& sighting, std::size_t image) {
    sighting.sighting.images[image].status = ImageStatus::Unavailable;
    sighting.traces[image].pending.reset();
    ++tally_.images_unavailable;
  }

 private:
  void show(KnownSighting& sighting, std::size_t image, PhotoFacts came, EarlierPictures* earlier) {
    const Photo& photo = came.photo;
    SightingImage& shown = sighting.sighting.images[image];
    shown.status = ImageStatus::Stored;
    shown.photo = photo.id;
    if (photo.location) {
      ++tally_.locations[photo.location->origin];
    }
    const KnownPhoto* known = draft_.photo(photo.id);
    const bool exact = known != nullptr;
    if (!exact) {
      known = &draft_.add_photo(std::move(came));
    }
    ImageTrace& trace = sighting.traces[image];
    trace.photo = known->ordinal;
    if (exact && earlier != nullptr) {
      if (const auto stayed = earlier->take_photo(trace.photo)) {
        trace.showing = stayed->trace.showing;
        return;
      }
    }
    trace.showing = ++draft_.counters().showing;
    draft_.add_showing(
        trace.photo,
        {.ordinal = trace.showing, .sighting = sighting.ordinal, .index = shown.index});
    ++(exact || known->near ? tally_.images_duplicate : tally_.images_new);
  }

  Draft& draft_;
  Tally& tally_;
};

/// What was fetched before the picture was refused is refused now.
void refuse_picture(const Known& known, ImageOutcome& outcome) {
  const auto* came = std::get_if<PhotoFacts>(&outcome);
  if (came != nullptr && known.refuses_picture(came->photo.id, came->forms)) {
    outcome = ImageRefused{};
  }
}

void refuse_pictures(const Known& known, PostFacts& facts) {
  for (std::size_t i = 0; facts.images && i < facts.images->size(); ++i) {
    refuse_picture(known, (*facts.images)[i].outcome);
  }
}

bool has_refused_pictures_only(const PostFacts& facts) {
  return facts.images && !facts.images->empty() &&
         std::ranges::all_of(*facts.images, [](const ImageFacts& image) {
           return std::holds_alternative<ImageRefused>(image.outcome);
         });
}

/// Decides one page, post by post.
class PageDecision {
 public:
  PageDecision(Draft& draft, Decision& decision, PageFacts& page)
      : draft_(draft), decision_(decision), page_(page), images_(draft, decision.tally) {
    change_.watch = page.watch;
    change_.watch_name = page.watch_name;
    change_.forget_skips_before = day_of(page.read_at) - kSkipMemory + std::chrono::days(1);
  }

  void run() {
    std::vector<SightingId> ids;
    ids.reserve(page_.posts.size());
    for (const PostFacts& facts : page_.posts) {
      ids.push_back(sighting_id(facts.post.ref.uri));
    }
    draft_.prefetch(ids);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      decide(ids[i], page_.posts[i]);
      draft_.settle();
    }
    for (const SkippedPost& skipped : page_.skipped) {
      const bool is_refused = draft_.known().refuses_post(sighting_id(skipped.uri));
      skip(skipped.uri, is_refused ? SkipReason::Refused : skipped.reason);
    }
    cover();
    change_.progress = std::move(page_.progress);
    finish();
  }

 private:
  using AuthorDayKey = std::pair<std::string, Day>;

  void decide(const SightingId& id, PostFacts& facts) {
    Draft::Entry& entry = draft_.entry(id);
    if (entry.refused || draft_.known().refuses_post(id) ||
        draft_.known().refuses_author(author_of(facts.post))) {
      return skip(facts.post.ref.uri, SkipReason::Refused);
    }
    refuse_pictures(draft_.known(), facts);
    if (entry.living()) {
      read_again(entry, facts);
    } else {
      arrive(entry, id, facts);
    }
  }

  void arrive(Draft::Entry& entry, const SightingId& id, PostFacts& facts) {
    const Post& post = facts.post;
    if (page_.media_required && has_refused_pictures_only(facts)) {
      return skip(post.ref.uri, SkipReason::Refused);
    }
    if (!facts.images && !post.images.empty()) {
      // It was known when the page was read and has been erased since: nothing was fetched.
      return skip(post.ref.uri, SkipReason::Erased);
    }
    if (page_.media_required && post.images.empty()) {
      return skip(post.ref.uri, SkipReason::NoMedia);
    }
    if (is_flood(post)) {
      flooded_.push_back(post.posted_at);
      return skip(post.ref.uri, SkipReason::Flood);
    }
    KnownSighting& created =
        draft_.create(entry, {.sighting = {.id = id,
                                           .first_seen_at = page_.read_at,
                                           .source = page_.source,
                                           .network = page_.network,
                                           .watches = {page_.watch_name},
                                           .post = {},
                                           .images = {},
                                           .version = 0,
                                           .suspected_gone_at = std::nullopt},
                              .ordinal = 0,
                              .sequence = 0,
                              .counted_for_author = page_.per_author_per_day.has_value(),
                              .brought_by = {{.watch = page_.watch, .position = post.position}},
                              .traces = {}});
    created.sighting.post = std::move(facts.post);
    // Held before it was here: the store was brought back from before it came.
    const auto held_until = draft_.known().held_until(id);
    if (held_until && *held_until > page_.read_at) {
      created.held_until = held_until;
    }
    place_images(created, std::move(facts.images), nullptr);
  }

  /// A post that already is a sighting: its watches may grow, its content may be newer.
  void read_again(Draft::Entry& entry, PostFacts& facts) {
    grow(entry, facts.post);
    follow(entry, facts.post);
    if (is_own(*entry.now) && entry.now->sighting.suspected_gone_at) {
      // Whoever brought it first shows it again.
      draft_.touch(entry, true);
      entry.now->sighting.suspected_gone_at.reset();
    }
    const std::string& version = entry.now->sighting.post.ref.version;
    if (facts.post.ref.version > version && (facts.images || facts.post.images.empty())) {
      if (!would_lose_pictures(*entry.now, facts)) {
        edit(entry, facts);
      }
    } else if (facts.post.ref.version == version) {
      complete(entry, facts);
    }
  }

  /// Another source calls the pictures otherwise, so that none can be kept that it did not give.
  /// The post's own source brings the edit too, or a later read of this one.
  bool would_lose_pictures(const KnownSighting& now, const PostFacts& facts) const {
    return !is_own(now) && facts.images &&
           std::ranges::any_of(*facts.images,
                               [](const ImageFacts& image) {
                                 return std::holds_alternative<FetchFailed>(image.outcome);
                               }) &&
           std::ranges::any_of(now.sighting.images, [](const SightingImage& image) {
             return image.status == ImageStatus::Stored;
           });
  }

  void grow(Draft::Entry& entry, const Post& post) {
    const std::vector<std::string>& watches = entry.now->sighting.watches;
    if (std::ranges::find(watches, page_.watch_name) != watches.end()) {
      return;
    }
    if (page_.media_required && post.images.empty()) {
      return skip(post.ref.uri, SkipReason::NoMedia);
    }
    draft_.touch(entry, true);
    entry.now->sighting.watches.push_back(page_.watch_name);
    std::vector<Bringing>& brought_by = entry.now->brought_by;
    if (std::ranges::find(brought_by, page_.watch, &Bringing::watch) == brought_by.end()) {
      brought_by.push_back({.watch = page_.watch, .position = post.position});
    }
  }

  bool is_own(const KnownSighting& sighting) const {
    return source_url(page_.watch) == source_url(sighting.brought_by.front().watch);
  }

  /// A server that had lost the post and fetched it again has it in another place.
  void follow(Draft::Entry& entry, const Post& post) {
    for (std::size_t i = 0; i < entry.now->brought_by.size(); ++i) {
      const Bringing& bringing = entry.now->brought_by[i];
      if (bringing.watch == page_.watch && bringing.position != post.position) {
        draft_.touch(entry, false);
        entry.now->brought_by[i].position = post.position;
      }
    }
    if (is_own(*entry.now) && entry.now->sighting.post.id != post.id) {
      draft_.touch(entry, false);
      entry.now->sighting.post.id = post.id;
      entry.now->sighting.post.position = post.position;
    }
  }

  void edit(Draft::Entry& entry, PostFacts& facts) {
    draft_.touch(entry, true);
    KnownSighting& now = *entry.now;
    Post& post = facts.post;
    if (!is_own(now)) {
      // These are names within the source that brought the post first and is asked about it.
      post.id = now.sighting.post.id;
      post.position = now.sighting.post.position;
      post.reply_to = now.sighting.post.reply_to;
    }
    now.sighting.post = std::move(post);
    EarlierPictures earlier(now);
    now.sighting.images.clear();
    now.traces.clear();
    place_images(now, std::move(facts.images), &earlier);
    for (const ShownPicture& shown : earlier.left()) {
      draft_.remove_showing(shown.trace.photo, shown.trace.showing);
    }
    if (page_.media_required) {
      Erasing(draft_, decision_).erase_if_bare(entry, false, page_.read_at);
    }
  }

  /// The same version, read again: pictures that were pending may have come, or have a new
  /// address.
  void complete(Draft::Entry& entry, PostFacts& facts) {
    const std::size_t count = std::min(entry.now->traces.size(), facts.post.images.size());
    for (std::size_t i = 0; i < count; ++i) {
      if (!entry.now->traces[i].pending) {
        continue;
      }
      if (facts.images && i < facts.images->size() &&
          !std::holds_alternative<FetchFailed>((*facts.images)[i].outcome)) {
        draft_.touch(entry, true);
        images_.settle(*entry.now, i, std::move((*facts.images)[i].outcome));
        continue;
      }
      const std::string& url = facts.post.images[i].url;
      if (!url.empty() && source_url(page_.watch) == entry.now->traces[i].pending->source &&
          url != entry.now->traces[i].url) {
        draft_.touch(entry, false);
        entry.now->traces[i].url = url;
        PendingFetch& pending = *entry.now->traces[i].pending;
        // Until a new address has been tried, nothing says that it has to wait.
        pending.due = std::min(pending.due, page_.read_at);
      }
    }
  }

  void place_images(KnownSighting& sighting, std::optional<std::vector<ImageFacts>> images,
                    EarlierPictures* earlier) {
    sighting.sighting.post.images.clear();
    if (!images) {
      return;
    }
    for (std::size_t i = 0; i < images->size(); ++i) {
      ImageFacts& facts = (*images)[i];
      SightingImage& image = sighting.sighting.images.emplace_back();
      image.index = static_cast<int>(i);
      image.alt = std::move(facts.ref.alt);
      ImageTrace& trace = sighting.traces.emplace_back();
      trace.url = std::move(facts.ref.url);
      if (is_own(sighting)) {
        trace.id = std::move(facts.ref.id);  // Another source may call another picture so.
      }
      if (!std::holds_alternative<FetchFailed>(facts.outcome)) {
        images_.settle(sighting, i, std::move(facts.outcome), earlier);
      }
    }
    // Only now: what came has taken what it needs of the earlier version.
    for (std::size_t i = 0; i < images->size(); ++i) {
      if (std::holds_alternative<FetchFailed>((*images)[i].outcome)) {
        keep_or_wait(sighting, i, earlier);
      }
    }
  }

  /// A picture that could not be fetched is the one that an earlier version had by its name or at
  /// its address.
  void keep_or_wait(KnownSighting& sighting, std::size_t image, EarlierPictures* earlier) {
    if (earlier != nullptr) {
      const ImageTrace& trace = sighting.traces[image];
      if (const auto stayed = earlier->take_same(trace.id, trace.url)) {
        return ImageDecisions::keep(sighting, image, *stayed);
      }
    }
    images_.wait(sighting, image,
                 {.source = std::string(source_url(page_.watch)),
                  .due = page_.read_at + kRetryDelays[0],
                  .failed_tries = 0});
  }

  /// Counts `post` towards its author's day, unless the day is full: then it is flood.
  bool is_flood(const Post& post) {
    if (!page_.per_author_per_day) {
      return false;
    }
    const std::string& author = author_of(post);
    const Day day = day_of(post.posted_at);
    const auto [found, is_new] = author_days_.try_emplace({author, day}, 0);
    if (is_new) {
      found->second = draft_.take(draft_.known().author_day(author, day));
    }
    // Before the first of a day has counted, none has.
    const bool may_have_counted = found->second > 0;
    if (may_have_counted && draft_.take(draft_.known().counted(author, day, post.ref.uri))) {
      return false;
    }
    if (found->second >= *page_.per_author_per_day) {
      return true;
    }
    ++found->second;
    counting_.insert(found->first);
    return false;
  }

  /// Counts a skipped URI, once in kSkipMemory. What has no URI is counted each time.
  void skip(const std::string& uri, SkipReason reason) {
    const Day today = day_of(page_.read_at);
    if (!uri.empty()) {
      if (!skipped_.insert(uri).second) {
        return;
      }
      const auto before = draft_.take(draft_.known().skipped_on(page_.watch, uri));
      if (before && today - *before < kSkipMemory) {
        return;
      }
    }
    ++decision_.tally.skipped[reason];
    const auto [count, is_new] = skip_counts_.try_emplace(reason, 0);
    if (is_new) {
      count->second = draft_.take(draft_.known().skip_count(page_.watch, today, reason));
    }
    ++count->second;
    if (!uri.empty()) {
      change_.skip_notes.push_back(
          {.uri = uri,
           .day = today,
           .reason = reason,
           .readable = is_readable(reason) && count->second <= kReadableSkips});
    }
  }

  /// Merges what the page covers. Where flooded posts were left out only a part was taken, and so
  /// it stays: nothing reads them again.
  void cover() {
    const std::vector<CoverageRow> rows = coverage_rows();
    if (rows.empty()) {
      return;
    }
    TimeRange hull = rows.front().range;
    for (const CoverageRow& row : rows) {
      hull.begin = std::min(hull.begin, row.range.begin);
      hull.end = std::max(hull.end, row.range.end);
    }
    const std::vector<CoverageRow> before = draft_.take(draft_.known().coverage(page_.watch, hull));
    std::vector<CoverageRow> after = before;
    for (const CoverageRow& row : rows) {
      after = lay_over(std::move(after), row);
    }
    for (const CoverageRow& row : before) {
      if (row.reason == kFlood) {
        after = lay_over(std::move(after), row);
      }
    }
    for (const CoverageRow& row : before) {
      if (std::ranges::find(after, row) == after.end()) {
        change_.coverage_dropped.push_back(row.range.begin);
      }
    }
    std::ranges::copy_if(
        after, std::back_inserter(change_.coverage_put),
        [&](const CoverageRow& row) { return std::ranges::find(before, row) == before.end(); });
  }

  /// What the page says that it covers, in part where it holds flooded posts; and the stretch of
  /// those that were posted elsewhere.
  std::vector<CoverageRow> coverage_rows() const {
    std::vector<CoverageRow> rows = page_.covered;
    std::vector<TimePoint> elsewhere = flooded_;
    for (CoverageRow& row : rows) {
      const auto inside = [&row](TimePoint at) { return contains(row.range, at); };
      if (std::ranges::any_of(flooded_, inside)) {
        row.complete = false;
        row.reason = kFlood;
        std::erase_if(elsewhere, inside);
      }
    }
    if (!elsewhere.empty()) {
      const auto [first, last] = std::ranges::minmax(elsewhere);
      rows.push_back({.range = {first, last + std::chrono::milliseconds(1)},
                      .complete = false,
                      .reason = kFlood});
    }
    return rows;
  }

  static bool contains(const TimeRange& range, TimePoint at) {
    return range.begin <= at && at < range.end;
  }

  void finish() {
    for (const AuthorDayKey& key : counting_) {
      decision_.author_days.push_back(
          {.author = key.first, .day = key.second, .count = author_days_.at(key)});
    }
    for (const auto& [reason, count] : skip_counts_) {
      change_.skip_counts.push_back(
          {.day = day_of(page_.read_at), .reason = reason, .count = count});
    }
    decision_.watch = std::move(change_);
  }

  Draft& draft_;
  Decision& decision_;
  PageFacts& page_;
  ImageDecisions images_;
  WatchChange change_;
  std::map<AuthorDayKey, std::uint32_t> author_days_;
  std::set<AuthorDayKey> counting_;  ///< Those that grew.
  std::unordered_set<std::string> skipped_;
  std::map<SkipReason, std::uint64_t> skip_counts_;
  std::vector<TimePoint> flooded_;  ///< When the flooded posts were posted.
};

/// One kind of facts each, by overload.
class Deciding {
 public:
  Deciding(Draft& draft, Decision& decision)
      : draft_(draft), decision_(decision), erasing_(draft, decision) {}

  void operator()(PageFacts& page) { PageDecision(draft_, decision_, page).run(); }

  void operator()(RetryFacts& retry) {
    Draft::Entry& entry = draft_.entry(retry.sighting);
    const auto image = static_cast<std::size_t>(retry.index);
    if (!entry.living() || retry.index < 0 || image >= entry.now->traces.size() ||
        !entry.now->traces[image].pending) {
      return;
    }
    ImageDecisions images(draft_, decision_.tally);
    refuse_picture(draft_.known(), retry.outcome);
    if (!std::holds_alternative<FetchFailed>(retry.outcome)) {
      draft_.touch(entry, true);
      images.settle(*entry.now, image, std::move(retry.outcome));
      if (retry.media_required) {
        erasing_.erase_if_bare(entry, false, retry.tried_at);
      }
      return;
    }
    if (!retry.counts) {
      return;
    }
    const std::uint32_t failed = entry.now->traces[image].pending->failed_tries + 1;
    if (failed >= std::size(kRetryDelays)) {
      draft_.touch(entry, true);
      images.give_up(*entry.now, image);
      return;
    }
    draft_.touch(entry, false);
    PendingFetch& pending = *entry.now->traces[image].pending;
    pending.failed_tries = failed;
    pending.due = retry.tried_at + kRetryDelays[failed];
  }

  void operator()(RecheckFacts& recheck) {
    for (const RecheckFacts::Verdict& verdict : recheck.verdicts) {
      Draft::Entry& entry = draft_.entry(verdict.sighting);
      if (entry.living()) {
        judge(entry, verdict.gone, recheck.checked_at);
      }
    }
  }

  template <typename Asked>
  requires std::invocable<Erasing&, const Asked&>
  void operator()(Asked& asked) { erasing_(asked); }

  void operator()(HoldSource& hold) { decision_.hold = std::move(hold); }

  void operator()(PauseWatch& pause) { decision_.pause = std::move(pause); }

 private:
  void judge(Draft::Entry& entry, bool gone, TimePoint checked_at) {
    const std::optional<TimePoint> suspected = entry.now->sighting.suspected_gone_at;
    if (!gone || is_held(*entry.now, checked_at)) {
      if (suspected) {
        draft_.touch(entry, true);
        entry.now->sighting.suspected_gone_at.reset();
      }
    } else if (!suspected) {
      draft_.touch(entry, false);
      entry.now->sighting.suspected_gone_at = checked_at;
    } else if (checked_at - *suspected >= kRecheckDelay) {
      erasing_.note(ErasedPost{.post = entry.now->sighting.id,
                               .reason = EraseReason::UpstreamDeleted,
                               .is_refused = false},
                    checked_at);
      erasing_.erase(entry, EraseReason::UpstreamDeleted);
    }
  }

  Draft& draft_;
  Decision& decision_;
  Erasing erasing_;
};

}  // namespace

Result<Decision> decide(const Known& known, Facts facts) {
  Draft draft(known);
  Decision decision;
  std::visit(Deciding(draft, decision), facts);
  draft.finish(decision);
  if (draft.failure()) {
    return *draft.failure();
  }
  return decision;
}

}  // namespace sightingd
