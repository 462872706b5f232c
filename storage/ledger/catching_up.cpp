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

/// The entries that are to be done again, by what they name.
struct Owed {
  explicit Owed(const std::vector<record::LedgerEntry>& entries) {
    for (const record::LedgerEntry& entry : entries) {
      if (const auto* post = std::get_if<record::LedgerPost>(&entry.what)) {
        posts.insert_or_assign(std::string(post->post.text()), post->reason);
      } else if (const auto* author = std::get_if<record::LedgerAuthor>(&entry.what)) {
        authors.emplace(author->author.text());
      } else if (const auto* hold = std::get_if<record::LedgerHold>(&entry.what)) {
        holds.insert_or_assign(std::string(hold->post.text()), hold->until);
      } else if (const auto* age = std::get_if<ErasedByAge>(&entry.what)) {
        first_seen_before = std::max(first_seen_before, std::optional(age->first_seen_before));
      }
    }
  }

  bool names_sightings() const {
    return !posts.empty() || !authors.empty() || !holds.empty() || first_seen_before;
  }

  std::map<std::string, EraseReason, std::less<>> posts;
  std::set<std::string, std::less<>> authors;
  /// Until when posts are held in the end; without a time, they are not.
  std::map<std::string, std::optional<TimePoint>, std::less<>> holds;
  std::optional<TimePoint> first_seen_before;
};

/// Of what is stored.
struct SightingsOwed {
  std::map<EraseReason, std::vector<SightingId>> erased;
  std::map<std::string, SightingId, std::less<>> held;  ///< Those that `holds` names.
};

class Search {
 public:
  Search(const Owed& owed, const ErasureLedger& ledger) : owed_(owed), ledger_(ledger) {}

  Result<SightingsOwed> run(const Tables& tables) {
    Database::Rows rows = tables.database().rows(Column::Sightings, {}, {}, tables.moment());
    for (; rows.valid(); rows.next()) {
      const auto known = read_sighting(rows);
      if (!known) {
        return known.error();
      }
      look_at(*known);
    }
    if (auto status = rows.status(); !status) {
      return status.error();
    }
    return std::move(found_);
  }

 private:
  void look_at(const KnownSighting& known) {
    const SightingId& id = known.sighting.id;
    std::string hash;
    if (!owed_.posts.empty() || !owed_.holds.empty()) {
      hash = ledger_.hash_of(id).text();
    }
    const auto hold = owed_.holds.find(hash);
    const bool is_named = hold != owed_.holds.end();
    const bool is_held = is_named ? hold->second.has_value() : known.held_until.has_value();
    if (const auto reason = reason_of(hash, known.sighting, is_held)) {
      found_.erased[*reason].push_back(id);
    } else if (is_named) {
      found_.held.emplace(hash, id);
    }
  }

  /// Why it is to go, if it is.
  std::optional<EraseReason> reason_of(const std::string& hash, const Sighting& sighting,
                                       bool is_held) const {
    if (const auto post = owed_.posts.find(hash); post != owed_.posts.end()) {
      return post->second;
    }
    if (!owed_.authors.empty() &&
        owed_.authors.contains(ledger_.hash_of_author(author_of(sighting.post)).text())) {
      return EraseReason::Operator;
    }
    if (owed_.first_seen_before && sighting.first_seen_at < *owed_.first_seen_before && !is_held) {
      return EraseReason::Retention;
    }
    return std::nullopt;
  }

  const Owed& owed_;
  const ErasureLedger& ledger_;
  SightingsOwed found_;
};

void erase(const SightingsOwed& sightings, std::vector<Facts>& facts) {
  for (const auto& [reason, ids] : sightings.erased) {
    for (std::size_t i = 0; i < ids.size(); i += kSightingsAtOnce) {
      const auto first = ids.begin() + static_cast<std::ptrdiff_t>(i);
      const auto count = std::min(kSightingsAtOnce, ids.size() - i);
      facts.emplace_back(
          EraseSightings{.sightings = {first, first + static_cast<std::ptrdiff_t>(count)},
                         .reason = reason,
                         .despite_hold = true,
                         .noted = true,
                         .at = {}});
    }
  }
}

/// Holds and refused pictures in the order in which they came: a picture spares what was held then.
void repeat(const std::vector<record::LedgerEntry>& entries, const SightingsOwed& sightings,
            std::vector<Facts>& facts) {
  for (const record::LedgerEntry& entry : entries) {
    if (const auto* picture = std::get_if<RefusedPicture>(&entry.what)) {
      facts.emplace_back(ErasePicture{.picture = *picture,
                                      .forms = upright_forms(picture->hashes),
                                      .watches_without_media = {},
                                      .despite_hold = !picture->spares_held,
                                      .noted = true,
                                      .at = entry.at});
    } else if (const auto* hold = std::get_if<record::LedgerHold>(&entry.what)) {
      const auto held = sightings.held.find(hold->post.text());
      if (held != sightings.held.end()) {
        facts.emplace_back(HoldSighting{
            .sighting = held->second, .until = hold->until, .noted = true, .at = entry.at});
      }
    }
  }
}

}  // namespace

Result<std::vector<Facts>> facts_owed(const ErasureLedger& ledger, const Tables& tables,
                                      std::uint64_t done) {
  std::vector<Facts> facts;
  if (ledger.newest() == done) {
    return facts;
  }
  const auto entries = ledger.entries_after(done);
  if (!entries) {
    return entries.error();
  }
  const Owed owed(*entries);
  SightingsOwed sightings;
  if (owed.names_sightings()) {
    auto found = Search(owed, ledger).run(tables);
    if (!found) {
      return found.error();
    }
    sightings = std::move(*found);
  }
  erase(sightings, facts);
  repeat(*entries, sightings, facts);
  facts.emplace_back(LedgerDone{.entry = ledger.newest()});
  return facts;
}

}  // namespace sightingd
