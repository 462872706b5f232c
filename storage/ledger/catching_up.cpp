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
      } else if (const auto* picture = std::get_if<RefusedPicture>(&entry.what)) {
        pictures.push_back(*picture);
      } else if (const auto* age = std::get_if<ErasedByAge>(&entry.what)) {
        first_seen_before = std::max(first_seen_before, std::optional(age->first_seen_before));
      }
    }
  }

  std::map<std::string, EraseReason, std::less<>> posts;
  std::set<std::string, std::less<>> authors;
  std::vector<RefusedPicture> pictures;
  std::optional<TimePoint> first_seen_before;
};

/// Why `known` is to go, if it is.
std::optional<EraseReason> reason_of(const Owed& owed, const ErasureLedger& ledger,
                                     const KnownSighting& known) {
  const Sighting& sighting = known.sighting;
  if (!owed.posts.empty()) {
    const auto found = owed.posts.find(ledger.hash_of(sighting.id).text());
    if (found != owed.posts.end()) {
      return found->second;
    }
  }
  if (!owed.authors.empty() &&
      owed.authors.contains(ledger.hash_of_author(author_of(sighting.post)).text())) {
    return EraseReason::Operator;
  }
  if (owed.first_seen_before && sighting.first_seen_at < *owed.first_seen_before &&
      !known.held_until) {
    return EraseReason::Retention;
  }
  return std::nullopt;
}

Result<std::map<EraseReason, std::vector<SightingId>>> sightings_owed(const Owed& owed,
                                                                      const ErasureLedger& ledger,
                                                                      const Tables& tables) {
  std::map<EraseReason, std::vector<SightingId>> found;
  if (owed.posts.empty() && owed.authors.empty() && !owed.first_seen_before) {
    return found;
  }
  Database::Rows rows = tables.database().rows(Column::Sightings, {}, {}, tables.moment());
  for (; rows.valid(); rows.next()) {
    const auto known = read_sighting(rows);
    if (!known) {
      return known.error();
    }
    if (const auto reason = reason_of(owed, ledger, *known)) {
      found[*reason].push_back(known->sighting.id);
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return found;
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
  auto sightings = sightings_owed(owed, ledger, tables);
  if (!sightings) {
    return sightings.error();
  }
  for (const auto& [reason, ids] : *sightings) {
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
  for (const RefusedPicture& picture : owed.pictures) {
    facts.emplace_back(ErasePicture{.picture = picture,
                                    .forms = upright_forms(picture.hashes),
                                    .watches_without_media = {},
                                    .despite_hold = true,
                                    .noted = true,
                                    .at = {}});
  }
  facts.emplace_back(LedgerDone{.entry = ledger.newest()});
  return facts;
}

}  // namespace sightingd
