#include "connectors/mastodon/mastodon_walk.h"

#include "connectors/mastodon/mastodon_id.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace sightingd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// A look at the newest posts is this long good enough: a longer way down the timeline is
// interrupted by the next one, and a poll does not end on an older one.
constexpr seconds kFreshness{60};

// An id is made at most this long before the posting time that a post claims: a fetched post gets
// a random moment of its second (mastodon, lib/mastodon/snowflake.rb), an author's clock runs fast.
constexpr minutes kIdSlack{1};

// An id from further in the future is not of the kind that it looks like.
constexpr hours kClockTolerance{1};

// Pixelfed shows nothing below ids that are six months old (ApiV1Controller::timelineHashtag).
constexpr hours kShownAge{24 * 180};

constexpr hours kDayRereadInterval{1};
constexpr hours kWeekRereadInterval{24};

std::chrono::minutes depth_of(RereadDepth depth) {
  switch (depth) {
    case RereadDepth::Quarter:
      return minutes(15);
    case RereadDepth::Day:
      return hours(24);
    case RereadDepth::Week:
      return kDeepestReread;
    case RereadDepth::End:
      break;
  }
  return minutes(0);
}

// Also when the clock has been set back: better once too often than never again.
bool has_passed(std::chrono::seconds interval, TimePoint since, TimePoint now) {
  return now < since || now - since >= interval;
}

bool is_fresh(TimePoint since, TimePoint now) { return !has_passed(kFreshness, since, now); }

// The part of a timeline that a page shows.
struct Extent {
  bool empty = true;
  std::string newest;
  std::string oldest;
  std::optional<TimePoint> first_posted_at;  // The earliest.
  std::optional<TimePoint> last_posted_at;   // The latest.
  // When the oldest id was made; absent unless all ids of the page tell their time.
  std::optional<TimePoint> oldest_made_at;
};

bool is_plausible(TimePoint made_at, TimePoint now) { return made_at <= now + kClockTolerance; }

// When the id of an item was made, if that can be believed.
std::optional<TimePoint> made_at(const MastodonItem& item, TimePoint now) {
  const auto time = time_of_id(item.id);
  if (!time || !is_plausible(*time, now) ||
      (item.posted_at && *time + kIdSlack < *item.posted_at)) {
    return std::nullopt;
  }
  return time;
}

Extent measure(const MastodonAnswer& answer) {
  Extent extent;
  bool all_tell_their_time = true;
  for (const MastodonItem& item : answer.items) {
    if (item.id.empty()) {
      continue;
    }
    if (std::exchange(extent.empty, false)) {
      extent.newest = item.id;
    }
    extent.oldest = item.id;
    if (item.posted_at) {
      extent.first_posted_at =
          std::min(*item.posted_at, extent.first_posted_at.value_or(*item.posted_at));
      extent.last_posted_at =
          std::max(*item.posted_at, extent.last_posted_at.value_or(*item.posted_at));
    }
    extent.oldest_made_at = made_at(item, answer.now);
    all_tell_their_time = all_tell_their_time && extent.oldest_made_at.has_value();
  }
  if (!all_tell_their_time) {
    extent.oldest_made_at.reset();
  }
  return extent;
}

// Whether what lies below the page is older than `bound`. An old post alone says nothing: it may
// have arrived late, under a new id. So either the id tells when it arrived, or all posts of the
// page are old.
bool reaches(const Extent& extent, TimePoint bound) {
  if (extent.oldest_made_at) {
    return *extent.oldest_made_at + kIdSlack < bound;
  }
  return extent.last_posted_at && *extent.last_posted_at < bound;
}

std::optional<Error> find_disorder(const MastodonAnswer& answer) {
  std::string_view above = answer.max_id;
  bool first = true;
  for (const MastodonItem& item : answer.items) {
    if (item.id.empty()) {
      continue;
    }
    if (!above.empty() && !is_older_id(item.id, above)) {
      return first
                 ? Error{ErrorCode::Malformed,
                         "the server gives the same posts again instead of older ones", "stuck"}
                 : Error{ErrorCode::Malformed, "the posts of a page are not in order", "bad_order"};
    }
    above = item.id;
    first = false;
  }
  if (first && !answer.items.empty()) {
    return Error{ErrorCode::Malformed, "no post of a page has an id", "wrong_shape"};
  }
  return std::nullopt;
}

// One step of a walk or a re-read.
class Step {
 public:
  Step(MastodonProgress progress, MastodonAnswer answer)
      : progress_(std::move(progress)), answer_(std::move(answer)), extent_(measure(answer_)) {}

  Page take() && {
    if (!answer_.unchanged) {
      sort_items();
      claim_completeness();
    }
    if (answer_.max_id.empty()) {
      progress_.newest_page = answer_.digest;
      page_.newest = true;
    }
    if (progress_.reread && !progress_.walk && !answer_.max_id.empty()) {
      reread();
    } else {
      walk();
    }
    page_.next.value = encode_mastodon_progress(progress_);
    return std::move(page_);
  }

 private:
  // ---- what the page holds

  void sort_items() {
    for (MastodonItem& item : answer_.items) {
      if (is_unwanted_past(item)) {
        continue;
      }
      if (auto* post = std::get_if<Post>(&item.outcome)) {
        page_.posts.push_back(std::move(*post));
      } else {
        page_.skipped.push_back(std::move(std::get<SkippedPost>(item.outcome)));
      }
    }
  }

  // Posted before the first poll was to begin, and there before it; a post that came later is news
  // whatever its date.
  bool is_unwanted_past(const MastodonItem& item) const {
    const bool first_poll_is_over = progress_.checked_at.has_value();
    const bool was_there = !first_poll_is_over || (!progress_.first_head.empty() &&
                                                   !is_older_id(progress_.first_head, item.id));
    return progress_.origin && item.posted_at && *item.posted_at < *progress_.origin && was_there;
  }

  std::string upper_position() const {
    return answer_.max_id.empty() ? position_after_all_ids() : position_of_id(answer_.max_id);
  }

  void claim_completeness() {
    if (!extent_.empty) {
      page_.complete_between =
          PositionRange{.from = position_of_id(extent_.oldest), .to = upper_position()};
    }
  }

  // The timeline has ended above `bound`: what is stored from there on has vanished.
  void claim_emptiness(TimePoint bound) {
    const std::string& id = answer_.max_id.empty() ? progress_.head : answer_.max_id;
    const auto time = time_of_id(id);
    PositionRange range{.from = "", .to = upper_position()};
    if (time && is_plausible(*time, answer_.now)) {
      range.from = position_of_time(bound, id).value_or("");
    } else if (answer_.max_id.empty()) {
      // That everything has gone at once is not to be believed of a single empty answer.
      return;
    }
    if (range.from < range.to) {
      page_.complete_between = std::move(range);
    }
  }

  // ---- walking

  void walk() {
    if (!progress_.walk) {
      begin_walk();
    }
    MastodonProgress::Walk& walk = *progress_.walk;
    if (!extent_.empty) {
      walk.at = extent_.oldest;
      walk.oldest = std::min(walk.oldest, extent_.first_posted_at.value_or(walk.oldest));
    }
    if (!answer_.unchanged) {
      cover_page();  // Else it has been covered, and perhaps not completely.
    }
    if (is_closed()) {
      close_walk();
    }
  }

  void begin_walk() {
    const TimePoint shown_at = answer_.now - answer_.age;
    progress_.walk = MastodonProgress::Walk{.top = extent_.newest,
                                            .at = extent_.oldest,
                                            .began = answer_.now,
                                            .shown_at = shown_at,
                                            .oldest = shown_at};
  }

  bool is_closed() const {
    if (extent_.empty) {
      return true;
    }
    if (progress_.head.empty()) {
      return progress_.origin && reaches(extent_, *progress_.origin);
    }
    return !is_older_id(progress_.head, extent_.oldest);
  }

  void cover(TimePoint begin, TimePoint end) {
    begin = std::max(begin, progress_.origin.value_or(begin));
    if (begin < end) {
      page_.covered.push_back(
          {.range = {begin, end}, .complete = answer_.partial.empty(), .reason = answer_.partial});
    }
  }

  // Where ids tell their time, a walk from the top has read all that was posted since the oldest
  // id that it has seen.
  void cover_page() {
    if (!extent_.oldest_made_at) {
      return;
    }
    TimePoint end = progress_.walk->shown_at;
    if (const auto time = time_of_id(answer_.max_id)) {
      end = std::min(end, *time + kIdSlack);
    }
    cover(*extent_.oldest_made_at + kIdSlack, end);
  }

  // From where on everything has been read when the way down has ended that should lead to
  // `wanted`. An end that an empty page makes far back may be that of what the server shows, not of
  // what it has.
  TimePoint beginning(TimePoint wanted, TimePoint oldest) const {
    const bool is_cut =
        extent_.empty && !answer_.max_id.empty() && oldest + kShownAge < answer_.now;
    return is_cut ? std::max(wanted, oldest) : wanted;
  }

  void close_walk() {
    const MastodonProgress::Walk walk = *std::exchange(progress_.walk, std::nullopt);
    const bool is_first = !progress_.checked_at;
    const bool is_last_look = std::exchange(progress_.wants_last_look, false);
    const bool has_news =
        !walk.top.empty() && (progress_.head.empty() || is_older_id(progress_.head, walk.top));
    const TimePoint wanted =
        progress_.complete_until.value_or(progress_.origin.value_or(walk.oldest));
    cover(beginning(wanted, walk.oldest), walk.shown_at);
    if (has_news) {
      progress_.head = walk.top;
    }
    if (is_first) {
      progress_.first_head = progress_.head;
    }
    progress_.checked_at = walk.began;
    progress_.complete_until =
        std::max(walk.shown_at, progress_.complete_until.value_or(walk.shown_at));
    if (is_first) {
      finish_reread(RereadDepth::Week, walk.began);
      doubt_end(walk.oldest);
    } else if (!progress_.reread && !is_last_look) {
      begin_reread(walk.began, has_news);
    }
    if (progress_.reread) {
      progress_.reread->has_turn = true;
    }
    page_.at_head = !progress_.reread && (is_last_look || has_fresh_look());
  }

  // An empty page ends the first walk above its bound where there is no more, or where the server
  // is in trouble for longer than it takes to ask twice: it is asked for once more when time has
  // passed.
  void doubt_end(TimePoint oldest) {
    if (extent_.empty && !answer_.max_id.empty()) {
      progress_.hole = MastodonProgress::Hole{
          .below = answer_.max_id, .from = progress_.origin, .to = oldest, .oldest = oldest};
    }
  }

  // ---- reading again

  std::optional<RereadDepth> due_reread(TimePoint now, bool has_news) const {
    if (has_passed(kWeekRereadInterval, progress_.week_reread_at, now)) {
      return RereadDepth::Week;
    }
    if (has_passed(kDayRereadInterval, progress_.day_reread_at, now)) {
      return RereadDepth::Day;
    }
    return has_news ? std::optional(RereadDepth::Quarter) : std::nullopt;
  }

  TimePoint bound_of(const MastodonProgress::Reread& reread) const {
    TimePoint bound = reread.began - depth_of(reread.depth);
    if (fills_hole(reread)) {
      bound = std::min(bound, progress_.hole->from.value_or(TimePoint{}));
    }
    return std::max(bound, progress_.origin.value_or(bound));
  }

  bool fills_hole(const MastodonProgress::Reread& reread) const {
    return progress_.hole && reread.depth >= RereadDepth::Week;
  }

  void fill_hole() {
    const MastodonProgress::Hole hole = *std::exchange(progress_.hole, std::nullopt);
    cover(beginning(hole.from.value_or(hole.oldest), hole.oldest), hole.to);
  }

  // What the walk has just read is the first part of it.
  void begin_reread(TimePoint began, bool has_news) {
    if (const auto depth = due_reread(began, has_news)) {
      progress_.reread = MastodonProgress::Reread{.depth = *depth, .began = began};
      reread();
    }
  }

  void reread() {
    MastodonProgress::Reread& reread = *progress_.reread;
    const TimePoint bound = bound_of(reread);
    if (progress_.hole) {
      TimePoint& oldest = progress_.hole->oldest;
      oldest = std::min(oldest, extent_.first_posted_at.value_or(oldest));
    }
    if (extent_.empty) {
      claim_emptiness(bound);
    } else if (!reaches(extent_, bound)) {
      reread.at = extent_.oldest;
      reread.has_turn = false;
      return;
    }
    if (fills_hole(reread)) {
      fill_hole();
    }
    const RereadDepth depth = reread.depth;
    const TimePoint began = reread.began;
    finish_reread(depth, began);
    if (depth == RereadDepth::Day) {
      ask_for_end_again(began);
    }
    page_.at_head = !progress_.reread && has_fresh_look();
    progress_.wants_last_look = !progress_.reread && !page_.at_head;
  }

  bool has_fresh_look() const {
    return progress_.checked_at && is_fresh(*progress_.checked_at, answer_.now);
  }

  void ask_for_end_again(TimePoint now) {
    if (progress_.hole && !progress_.hole->below.empty()) {
      progress_.reread = MastodonProgress::Reread{
          .at = std::exchange(progress_.hole->below, {}), .depth = RereadDepth::End, .began = now};
    }
  }

  void finish_reread(RereadDepth depth, TimePoint began) {
    if (depth == RereadDepth::Week) {
      progress_.week_reread_at = began;
    }
    if (depth == RereadDepth::Week || depth == RereadDepth::Day) {
      progress_.day_reread_at = began;
    }
    progress_.reread.reset();
  }

  MastodonProgress progress_;
  MastodonAnswer answer_;
  Extent extent_;
  Page page_;
};

// The head moves over the hole. A re-read that had begun below it would come back without having
// seen it: another one begins a day later, when the page may be there again.
void abandon_walk(MastodonProgress& progress) {
  const MastodonProgress::Walk walk = *std::exchange(progress.walk, std::nullopt);
  if (!progress.hole) {
    progress.hole.emplace();
    progress.hole->from = progress.complete_until ? progress.complete_until : progress.origin;
    progress.hole->oldest = walk.oldest;
  }
  progress.hole->below.clear();
  progress.hole->to = walk.shown_at;
  progress.hole->oldest = std::min(progress.hole->oldest, walk.oldest);
  if (progress.head.empty() || is_older_id(progress.head, walk.top)) {
    progress.head = walk.top;
  }
  if (!progress.checked_at) {
    progress.first_head = progress.head;
  }
  progress.checked_at = walk.began;
  progress.complete_until =
      std::max(walk.shown_at, progress.complete_until.value_or(walk.shown_at));
  progress.reread.reset();
  progress.week_reread_at = walk.began;
  progress.day_reread_at = walk.began;
}

void abandon_reread(MastodonProgress& progress) {
  const MastodonProgress::Reread reread = *std::exchange(progress.reread, std::nullopt);
  if (reread.depth == RereadDepth::Week) {
    progress.week_reread_at = reread.began;
  }
  progress.day_reread_at = std::max(progress.day_reread_at, reread.began);
}

}  // namespace

std::string next_max_id(const MastodonProgress& progress, TimePoint now) {
  if (progress.walk) {
    return progress.walk->at;
  }
  if (progress.reread &&
      (progress.reread->has_turn || (progress.checked_at && is_fresh(*progress.checked_at, now)))) {
    return progress.reread->at;
  }
  return {};
}

MastodonProgress abandon(MastodonProgress progress) {
  if (progress.walk) {
    abandon_walk(progress);
  } else if (progress.reread) {
    abandon_reread(progress);
  }
  return progress;
}

Result<Page> advance(MastodonProgress progress, MastodonAnswer answer) {
  if (const auto error = find_disorder(answer)) {
    return *error;
  }
  return Step(std::move(progress), std::move(answer)).take();
}

}  // namespace sightingd
