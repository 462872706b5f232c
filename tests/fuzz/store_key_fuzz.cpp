// Keys of the store and cursors of the feed: whatever reads must write the same bytes.
#include "storage/encoding/keys.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sightingd;

void require(bool same) {
  if (!same) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto ordinal = keys::read_ordinal(input)) {
    require(keys::ordinal(*ordinal) == input);
  }
  if (const auto two = keys::read_two_ordinals(input)) {
    require(keys::two_ordinals(two->first, two->second) == input);
  }
  if (const auto pending = keys::read_pending(input)) {
    require(keys::pending(pending->due, pending->sighting, pending->image) == input);
  }
  if (const auto suspected = keys::read_suspected(input)) {
    require(keys::suspected(suspected->since, suspected->sighting) == input);
  }
  if (const auto skip = keys::read_skip(input)) {
    require((skip->uri ? keys::skip_note(skip->day, skip->watch, skip->reason, *skip->uri)
                       : keys::skip_count(skip->day, skip->watch, skip->reason)) == input);
  }
  if (const auto place = read_cursor(input)) {
    require(to_cursor(*place) == input);
  }
  static_cast<void>(keys::read_position(input));
  const LookupHash watch;
  require(keys::read_position(keys::position(watch, input, size)) == size);
  return 0;
}
