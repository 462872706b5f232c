#include "storage/ledger/catching_up.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace sightingd {
namespace {

constexpr std::size_t kSightingsAtOnce = 256;

/// What the entries that are to be done again name.
struct Named {
  explicit Named(const std::vector<record::LedgerEntry>& entries) {
    for (const record::LedgerEntry& entry : entries) {
      if (const auto* post = std::get_if<record::LedgerPost>(&entry.what)) {
        posts.emplace(post->post.text());
      } else if (const auto* author = std::get_if<record::LedgerAuthor>(&entry.what)) {
        authors.emplace(author->author.text());
      } else if (const auto* hold = std::get_if<record::LedgerHold>(&entry.what)) {
        posts.emplace(hold->post.text());
        held.emplace(hold->post.text());
      } else if (const auto* age = std::get_if<ErasedByAge>(&entry.what)) {
        first_seen_before = std::max(first_seen_before, std::optional(age->first_seen_before));
      }
    }
  }

  bool is_any() const { return !posts.empty() || !authors.empty() || first_seen_before; }

  std::set<std::string, std::less<>> posts;
  std::set<std::string, std::less<>> authors;
  std::set<std::string, std::less<>> held;  ///< Of the posts, those that a hold names.
  std::optional<TimePoint> first_seen_before;
};

/// Those of the store's sightings.
struct Found {
  struct Post {
    SightingId id;
    TimePoint first_seen_at;
  };
  std::map<std::string, Post, std::less<>> posts;
  std::map<std::string, std::vector<Post>, std::less<>> authors;
  std::vector<SightingId> old;  ///< Never held.
  /// Held before or later, so that it depends on each entry of age whether they went.
  std::vector<std::pair<SightingId, TimePoint>> old_and_held;
};

Result<Found> find(const Named& named, const ErasureLedger& ledger, const Tables& tables) {
  Found found;
  Database::Rows rows = tables.database().rows(Column::Sightings, {}, {}, tables.moment());
  for (; rows.valid(); rows.next()) {
    const auto known = read_sighting(rows);
    if (!known) {
      return known.error();
    }
    const Sighting& sighting = known->sighting;
    const std::string post(named.posts.empty() ? "" : ledger.hash_of(sighting.id).text());
    if (named.posts.contains(post)) {
      found.posts.emplace(post, Found::Post{sighting.id, sighting.first_seen_at});
    }
    if (!named.authors.empty()) {
      const std::string author(ledger.hash_of_author(author_of(sighting.post)).text());
      if (named.authors.contains(author)) {
        found.authors[author].push_back({sighting.id, sighting.first_seen_at});
      }
    }
    if (named.first_seen_before && sighting.first_seen_at < *named.first_seen_before) {
      if (known->held_until || named.held.contains(post)) {
        found.old_and_held.emplace_back(sighting.id, sighting.first_seen_at);
      } else {
        found.old.push_back(sighting.id);
      }
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return found;
}

/// Repeats the entries in their order: an erasure spares what was held then.
class Repetition {
 public:
  /// `from_the_beginning`: nobody knows what was done, and what had gone may have come again.
  Repetition(const std::vector<record::LedgerEntry>& entries, const Found& found,
             bool from_the_beginning)
      : entries_(entries), found_(found), from_the_beginning_(from_the_beginning) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (const auto* withdrawn = std::get_if<WithdrawnRefusal>(&entries[i].what)) {
        withdrawn_.insert(withdrawn->number);
      }
      const auto* const hold = std::get_if<record::LedgerHold>(&entries[i].what);
      if (hold != nullptr && hold->until) {
        last_holds_[std::string(hold->post.text())] = i;
      }
    }
  }

  std::vector<Facts> facts() && {
    erase(found_.old, EraseReason::Retention, true, {});
    for (at_ = 0; at_ < entries_.size(); ++at_) {
      if (!std::holds_alternative<record::LedgerPost>(entries_[at_].what)) {
        erase_posts();
      }
      std::visit(*this, entries_[at_].what);
    }
    erase_posts();
    return std::move(facts_);
  }

  void operator()(const record::LedgerPost& erased) {
    const auto post = found_.posts.find(erased.post.text());
    const auto hold = last_holds_.find(erased.post.text());
    // It had come again when it was held.
    const bool is_held_later =
        hold != last_holds_.end() && hold->second > at_ && erased.reason != EraseReason::Operator;
    if (post == found_.posts.end() || is_held_later) {
      return;
    }
    if (came_later(post->second)) {
      return;
    }
    if (erased.reason != reason_of_posts_) {
      erase_posts();
      reason_of_posts_ = erased.reason;
    }
    posts_.push_back(post->second.id);
  }
  void operator()(const record::LedgerAuthor& refused) {
    const auto posts = found_.authors.find(refused.author.text());
    if (posts == found_.authors.end()) {
      return;
    }
    std::vector<SightingId> ids;
    for (const Found::Post& post : posts->second) {
      if (!came_later(post)) {
        ids.push_back(post.id);
      }
    }
    erase(ids, EraseReason::Operator, !refused.spares_held, time());
  }
  void operator()(const RefusedPicture& picture) {
    if (from_the_beginning_ && withdrawn_.contains(at_ + 1)) {
      return;  // It may have been taken since.
    }
    facts_.emplace_back(ErasePicture{.picture = picture,
                                     .forms = upright_forms(picture.hashes),
                                     .watches_without_media = {},
                                     .despite_hold = !picture.spares_held,
                                     .noted = true,
                                     .at = time()});
  }
  void operator()(const ErasedByAge& age) {
    std::vector<SightingId> old;
    for (const auto& [id, first_seen_at] : found_.old_and_held) {
      if (first_seen_at < age.first_seen_before) {
        old.push_back(id);
      }
    }
    erase(old, EraseReason::Retention, !age.spares_held, time());
  }
  void operator()(const record::LedgerHold& hold) {
    if (const auto post = found_.posts.find(hold.post.text()); post != found_.posts.end()) {
      facts_.emplace_back(HoldSighting{
          .sighting = post->second.id, .until = hold.until, .noted = true, .at = time()});
    }
  }
  void operator()(const WithdrawnRefusal& /*withdrawn*/) {}
  void operator()(const record::LedgerRestoration& /*restored*/) {}

 private:
  TimePoint time() const { return entries_[at_].at; }
  bool came_later(const Found::Post& post) const {
    return from_the_beginning_ && post.first_seen_at > time();
  }

  /// Those that follow one another for one reason.
  void erase_posts() { erase(std::exchange(posts_, {}), reason_of_posts_, true, {}); }

  void erase(const std::vector<SightingId>& ids, EraseReason reason, bool despite_hold,
             TimePoint at) {
    for (std::size_t i = 0; i < ids.size(); i += kSightingsAtOnce) {
      const auto first = ids.begin() + static_cast<std::ptrdiff_t>(i);
      const auto count = std::min(kSightingsAtOnce, ids.size() - i);
      facts_.emplace_back(
          EraseSightings{.sightings = {first, first + static_cast<std::ptrdiff_t>(count)},
                         .reason = reason,
                         .despite_hold = despite_hold,
                         .noted = true,
                         .at = at});
    }
  }

  const std::vector<record::LedgerEntry>& entries_;
  const Found& found_;
  const bool from_the_beginning_;
  std::map<std::string, std::size_t, std::less<>> last_holds_;  ///< By posts; places of entries.
  std::set<std::uint64_t> withdrawn_;                           ///< Numbers of entries.
  std::size_t at_ = 0;
  std::vector<SightingId> posts_;
  EraseReason reason_of_posts_ = EraseReason::Operator;
  std::vector<Facts> facts_;
};

}  // namespace

Result<std::vector<Facts>> facts_owed(const ErasureLedger& ledger, const Tables& tables,
                                      std::uint64_t done) {
  if (ledger.newest() == done) {
    return std::vector<Facts>();
  }
  const auto entries = ledger.entries_after(done);
  if (!entries) {
    return entries.error();
  }
  const Named named(*entries);
  Found found;
  if (named.is_any()) {
    auto searched = find(named, ledger, tables);
    if (!searched) {
      return searched.error();
    }
    found = std::move(*searched);
  }
  std::vector<Facts> facts = Repetition(*entries, found, done == 0).facts();
  facts.emplace_back(LedgerDone{.entry = ledger.newest()});
  return facts;
}

}  // namespace sightingd
