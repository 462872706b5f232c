#include "daemon/api/feed_json.h"

#include "daemon/api/json_writer.h"
#include "daemon/api/sighting_json.h"

#include <string_view>

namespace sightingd {
namespace {

std::string_view name_of(FeedEvent::Kind kind) {
  switch (kind) {
    case FeedEvent::Kind::Sighting:
      return "sighting";
    case FeedEvent::Kind::SightingUpdated:
      return "sighting_updated";
    case FeedEvent::Kind::SightingErased:
      return "sighting_erased";
  }
  return "unknown";
}

}  // namespace

void append_feed_event(const FeedEvent& event, std::string& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("cursor", event.cursor);
  json.member("event", name_of(event.kind));
  if (event.sighting) {
    write_sighting_members(json, *event.sighting);
  } else {
    json.member("id", event.id.text());
    json.member("reason", to_text(event.reason));
  }
  json.end_object();
  out += '\n';
}

}  // namespace sightingd
