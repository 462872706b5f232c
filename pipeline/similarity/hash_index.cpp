#include "pipeline/similarity/hash_index.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sightingd {
namespace {

/// The tail grows to one part in so many of all: scanning it takes a fraction of what searching the
/// others takes, and an addition costs 40 us of rebuilding.
constexpr std::size_t kPartsOfTail = 256;
/// One part in so many may be removed hashes before they are dropped.
constexpr std::size_t kPartsRemoved = 8;

bool bit_at(const std::vector<std::uint64_t>& bits, std::size_t position) {
  return (bits[position / 64] >> position % 64 & 1U) != 0;
}

void set_bit(std::vector<std::uint64_t>& bits, std::size_t position) {
  bits[position / 64] |= std::uint64_t{1} << position % 64;
}

std::optional<std::size_t> position_of(const HashRows& rows, std::uint64_t ordinal) {
  const auto found = std::ranges::lower_bound(rows.ordinals, ordinal);
  if (found == rows.ordinals.end() || *found != ordinal) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - rows.ordinals.begin());
}

void append(HashRows& rows, const HashRows& others, std::size_t from) {
  for (std::size_t i = from; i < others.size(); ++i) {
    rows.push_back(others.ordinals[i], others.hash_at(i));
  }
}

}  // namespace

HashIndex::Layout::Layout(HashRows rows, std::size_t scan_limit) {
  if (rows.size() < std::max<std::size_t>(scan_limit, 1)) {
    tail_ = std::move(rows);
    return;
  }
  const std::size_t chunks = IndexedHashes::chunks_for(rows.size());
  indexed_ = std::make_shared<const IndexedHashes>(std::move(rows), chunks);
}

HashIndex::Layout HashIndex::Rebuild::run() const {
  const std::size_t indexed_size = indexed_ ? indexed_->rows().size() : 0;
  HashRows rows;
  rows.reserve(indexed_size - removed_count_ + tail_.size());
  for (std::size_t i = 0; i < indexed_size; ++i) {
    if (!bit_at(removed_, i)) {
      rows.push_back(indexed_->rows().ordinals[i], indexed_->rows().hash_at(i));
    }
  }
  append(rows, tail_, 0);
  Layout layout(std::move(rows), scan_limit_);
  layout.number_ = number_;
  return layout;
}

HashIndex::HashIndex(const std::vector<Entry>& entries, std::size_t scan_limit)
    : scan_limit_(scan_limit) {
  HashRows rows;
  rows.reserve(entries.size());
  for (const Entry& entry : entries) {
    rows.push_back(entry.ordinal, entry.hash);
  }
  Layout layout(std::move(rows), scan_limit_);
  take(layout);
}

void HashIndex::add(std::uint64_t ordinal, const PdqHash& hash) { tail_.push_back(ordinal, hash); }

void HashIndex::remove(std::uint64_t ordinal) {
  if (const auto in_tail = position_of(tail_, ordinal)) {
    tail_.erase(*in_tail);
    if (underway_ && *in_tail < underway_->taken) {
      --underway_->taken;
      underway_->removed.push_back(ordinal);
    }
    return;
  }
  const auto position = indexed_ ? position_of(indexed_->rows(), ordinal) : std::nullopt;
  if (!position || bit_at(removed_, *position)) {
    return;
  }
  set_bit(removed_, *position);
  ++removed_count_;
  if (underway_) {
    underway_->removed.push_back(ordinal);
  }
}

std::vector<HashIndex::Match> HashIndex::within(const PdqHash& hash, int radius) const {
  std::vector<Match> matches;
  std::vector<std::uint32_t> found;
  const auto take_found = [&](const HashRows& rows) {
    for (const std::uint32_t position : found) {
      matches.push_back({rows.ordinals[position], distance(hash, rows.hash_at(position))});
    }
    found.clear();
  };
  if (indexed_ && radius <= IndexedHashes::kMostRadius) {
    indexed_->find(hash, radius, found);
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
  } else if (indexed_) {
    scan(indexed_->rows(), hash, radius, found);
  }
  if (indexed_) {
    std::erase_if(found, [this](std::uint32_t position) { return bit_at(removed_, position); });
    take_found(indexed_->rows());
  }
  scan(tail_, hash, radius, found);
  take_found(tail_);
  std::ranges::sort(matches, [](const Match& a, const Match& b) {
    return std::tie(a.distance, a.ordinal) < std::tie(b.distance, b.ordinal);
  });
  return matches;
}

std::size_t HashIndex::bytes() const {
  return sizeof(*this) + (indexed_ ? indexed_->bytes() : 0) +
         removed_.capacity() * sizeof(std::uint64_t) + tail_.bytes();
}

bool HashIndex::rebuild_is_due() const {
  if (underway_) {
    return false;
  }
  return tail_.size() >= std::max({scan_limit_, indexed_size() / kPartsOfTail, std::size_t{1}}) ||
         removed_count_ > std::max(scan_limit_, indexed_size() / kPartsRemoved);
}

HashIndex::Rebuild HashIndex::begin_rebuild() {
  underway_ = {.number = ++rebuilds_begun_, .taken = tail_.size(), .removed = {}};
  Rebuild rebuild;
  rebuild.number_ = underway_->number;
  rebuild.scan_limit_ = scan_limit_;
  rebuild.indexed_ = indexed_;
  rebuild.removed_ = removed_;
  rebuild.removed_count_ = removed_count_;
  rebuild.tail_ = tail_;
  return rebuild;
}

void HashIndex::finish_rebuild(Layout& layout) {
  if (!underway_ || underway_->number != layout.number_) {
    return;
  }
  const Underway underway = *std::exchange(underway_, std::nullopt);
  append(layout.tail_, tail_, underway.taken);
  take(layout);
  for (const std::uint64_t ordinal : underway.removed) {
    remove(ordinal);
  }
}

void HashIndex::take(Layout& layout) {
  std::swap(indexed_, layout.indexed_);
  std::swap(tail_, layout.tail_);
  removed_.assign((indexed_size() + 63) / 64, 0);
  removed_count_ = 0;
}

}  // namespace sightingd
