#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace sightingd::test {

/// What is known of one sighting: its record as the feed told it last.
using Records = std::map<std::string, std::string>;

/// A reader of the feed that keeps its last cursor and what follows from the events, as a
/// downstream matcher would. An event that it saw before, or that is out of order, is a test
/// failure.
class FeedConsumer {
 public:
  const std::string& cursor() const { return cursor_; }

  /// Takes the bytes of the stream as they come, cut anywhere.
  void take(std::string_view bytes);

  /// What a connection that broke off left of an event is dropped: it comes again.
  void disconnected() { line_.clear(); }

  std::uint64_t events() const { return events_; }

  /// The living sightings as JSON by id, without what may differ between two runs over the same
  /// posts: cursor, event, version, first_seen_at, and which copy of a picture came first.
  const Records& records() const { return records_; }

 private:
  void take_event(const std::string& line);

  std::string cursor_;
  std::string line_;
  Records records_;
  std::set<std::string> seen_;  ///< id and version.
  std::uint64_t events_ = 0;
};

}  // namespace sightingd::test
