#pragma once

#include "storage/encoding/record.h"
#include "storage/store.h"
#include "tests/storage/store_builders.h"

#include <set>
#include <string>
#include <vector>

namespace sightingd::test {

/// One event of the feed, as text.
inline std::string event_text(const FeedEvent& event) {
  std::string text = event.cursor + " " + std::to_string(static_cast<int>(event.kind)) + " " +
                     std::string(event.id.text());
  if (!event.sighting) {
    return text;
  }
  text += record::encode(
      KnownSighting{.sighting = event.sighting->sighting,
                    .ordinal = 0,
                    .sequence = 0,
                    .counted_for_author = false,
                    .brought_by = {},
                    .traces = std::vector<ImageTrace>(event.sighting->images.size())});
  for (const SightingImageView& image : event.sighting->images) {
    if (image.duplicate) {
      text += std::string(image.duplicate->of.text()) +
              (image.duplicate->exact ? " exact " : " near ") +
              std::to_string(image.duplicate->likeness.distance) +
              std::string(image.duplicate->first_sighting.text());
    }
  }
  return text;
}

/// Everything that a reader can see, as text.
inline std::string transcript(const Store& store) {
  std::string text;
  for (const FeedEvent& event : store.feed({}, 100'000).value()) {
    text += event_text(event) + "\n";
  }
  for (const CoverageRow& row : store.coverage({"https://example.org #tag"}).value()) {
    text += record::encode(row);
  }
  return text;
}

/// The same, and what ingest goes on from: progress, pauses, what is pending, suspected, skipped.
inline std::string whole_transcript(const Store& store) {
  std::string text = transcript(store);
  for (const char* const watch : {"https://example.org #tag", "https://example.org #second"}) {
    text += "progress " + store.progress({watch}).value();
    text += store.is_paused({watch}).value() ? " paused\n" : "\n";
    for (const CoverageRow& row : store.coverage({watch}).value()) {
      text += record::encode(row);
    }
  }
  const auto one_place = [](const PendingImage&) { return std::string(); };
  for (const PendingImage& image : store.pending(kNoon, true, 1000, 1000, one_place).value()) {
    text += "pending " + std::string(image.sighting.text()) + std::to_string(image.index) +
            format_rfc3339(image.due) + "\n";
  }
  for (const SuspectedPost& post : store.suspected(TimePoint::max(), 1000).value()) {
    text += "suspected " + std::string(post.sighting.text()) + "\n";
  }
  std::multiset<std::string> skipped;  // Rows come in the order of a keyed hash.
  for (const SkippedRow& row : store.skipped(std::nullopt, kNoon).value().rows) {
    skipped.insert("skipped " + row.watch_name + " " + std::to_string(row.count) + "\n");
  }
  for (const std::string& row : skipped) {
    text += row;
  }
  const StoreStatistics statistics = store.statistics();
  text += std::to_string(statistics.sightings) + " sightings, " +
          std::to_string(statistics.photos) + " photos\n";
  return text;
}

}  // namespace sightingd::test
