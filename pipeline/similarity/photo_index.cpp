#include "pipeline/similarity/photo_index.h"

#include <algorithm>

namespace sightingd {
namespace {

std::uint64_t whole_of(std::uint64_t photo) { return 2 * photo; }
std::uint64_t inner_of(std::uint64_t photo) { return 2 * photo + 1; }
std::uint64_t photo_of(std::uint64_t ordinal) { return ordinal / 2; }
bool is_inner(std::uint64_t ordinal) { return ordinal % 2 == 1; }

std::vector<HashIndex::Entry> rows_of(const std::vector<PhotoIndex::Entry>& entries) {
  std::vector<HashIndex::Entry> rows;
  rows.reserve(entries.size());
  for (const PhotoIndex::Entry& entry : entries) {
    if (entry.hashes.whole) {
      rows.push_back({whole_of(entry.photo), *entry.hashes.whole});
    }
    if (entry.hashes.inner) {
      rows.push_back({inner_of(entry.photo), *entry.hashes.inner});
    }
  }
  return rows;
}

// Leaves the best match of each photo.
void keep_best(std::vector<PhotoIndex::Match>& matches) {
  std::ranges::sort(matches, [](const PhotoIndex::Match& a, const PhotoIndex::Match& b) {
    return a.photo != b.photo ? a.photo < b.photo : is_better(a.likeness, b.likeness);
  });
  const auto same_photo = [](const PhotoIndex::Match& a, const PhotoIndex::Match& b) {
    return a.photo == b.photo;
  };
  matches.erase(std::unique(matches.begin(), matches.end(), same_photo), matches.end());
}

}  // namespace

PhotoIndex::PhotoIndex(const std::vector<Entry>& entries) : hashes_(rows_of(entries)) {}

void PhotoIndex::add(std::uint64_t photo, const PdqPair& hashes) {
  if (hashes.whole) {
    hashes_.add(whole_of(photo), *hashes.whole);
  }
  if (hashes.inner) {
    hashes_.add(inner_of(photo), *hashes.inner);
  }
}

void PhotoIndex::remove(std::uint64_t photo) {
  hashes_.remove(whole_of(photo));
  hashes_.remove(inner_of(photo));
}

std::vector<PhotoIndex::Match> PhotoIndex::like(const PdqForms& asked, int radius) const {
  std::vector<Match> matches;
  for (const PdqForm& form : asked) {
    for (const HashIndex::Match& match : hashes_.within(form.hash, radius)) {
      const bool framed = form.is_inner || is_inner(match.ordinal);
      matches.push_back({photo_of(match.ordinal), {match.distance, {framed, form.turn}}});
    }
  }
  keep_best(matches);
  std::ranges::stable_sort(matches, {}, [](const Match& match) { return match.likeness.distance; });
  return matches;
}

}  // namespace sightingd
