#pragma once

#include "pipeline/known.h"
#include "pipeline/similarity/photo_index.h"
#include "storage/ledger/erasure_ledger.h"
#include "storage/tables.h"

#include <chrono>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace sightingd {

/// Answers what decisions ask, from the newest state of the tables, the index of photos and the
/// erasure ledger.
/// For the writer's thread, which alone adds to both and removes from them.
class KnownState final : public Known {
 public:
  /// All must outlive this; `tables` reads the newest state, and `index_mutex` guards `index`.
  KnownState(const Tables& tables, const PhotoIndex& index, std::shared_mutex& index_mutex,
             const ErasureLedger& ledger)
      : tables_(tables), index_(index), index_mutex_(index_mutex), ledger_(ledger) {}

  Result<Counters> counters() const override;
  Result<std::vector<KnownUri>> uris(std::span<const SightingId> ids) const override;
  Result<std::optional<KnownSighting>> sighting(std::uint64_t ordinal) const override;
  Result<std::optional<KnownPhoto>> photo(const PhotoId& id) const override;
  Result<std::optional<KnownPhoto>> photo(std::uint64_t ordinal) const override;
  Result<std::vector<PhotoIndex::Match>> like(const PdqForms& asked) const override;
  Result<std::vector<Showing>> showings(std::uint64_t photo, std::size_t limit) const override;
  Result<std::vector<std::uint64_t>> linked_to(std::uint64_t photo) const override;
  bool refuses_post(const SightingId& post) const override { return ledger_.refuses_post(post); }
  bool refuses_author(std::string_view author_uri) const override {
    return ledger_.refuses_author(author_uri);
  }
  bool refuses_picture(const PhotoId& photo, const PdqForms& asked) const override {
    return ledger_.refuses_picture(photo, asked);
  }
  bool is_refusal(std::uint64_t number) const override { return ledger_.refusals().has(number); }
  std::optional<TimePoint> held_until(const SightingId& post) const override {
    return ledger_.held_until(post);
  }
  Result<std::uint32_t> author_day(std::string_view author, Day day) const override;
  Result<bool> counted(std::string_view author, Day day, std::string_view uri) const override;
  Result<std::optional<Day>> skipped_on(const WatchKey& watch, std::string_view uri) const override;
  Result<std::uint64_t> skip_count(const WatchKey& watch, Day day,
                                   SkipReason reason) const override;
  Result<std::vector<CoverageRow>> coverage(const WatchKey& watch,
                                            const TimeRange& range) const override;
  Result<std::vector<FeedDay>> feed_days() const override { return tables_.feed_days(); }
  Result<std::vector<std::uint64_t>> tombstones(std::uint64_t after, std::uint64_t last,
                                                std::size_t limit) const override {
    return tables_.tombstones(after, last, limit);
  }

  /// How long each call of like() took since this was called last.
  std::vector<std::chrono::nanoseconds> take_searches() { return std::exchange(searches_, {}); }

 private:
  const Tables& tables_;
  const PhotoIndex& index_;
  std::shared_mutex& index_mutex_;
  const ErasureLedger& ledger_;
  mutable std::vector<std::chrono::nanoseconds> searches_;
};

}  // namespace sightingd
