// Progress of a Mastodon watch: what decodes encodes to the same bytes, and a page can follow it.
#include "connectors/mastodon/mastodon_progress.h"
#include "connectors/mastodon/mastodon_walk.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

sightingd::MastodonAnswer answer_to(const sightingd::MastodonProgress& progress, bool empty) {
  sightingd::MastodonAnswer answer;
  answer.now = *sightingd::parse_rfc3339("2026-05-04T12:00:00Z");
  answer.max_id = sightingd::next_max_id(progress, answer.now);
  if (!empty) {
    sightingd::MastodonItem item;
    item.id = "116515524517757029";
    item.posted_at = sightingd::parse_rfc3339("2026-05-04T09:10:11.123Z");
    answer.items.push_back(item);
  }
  return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto progress = sightingd::decode_mastodon_progress(bytes);
  if (!progress) {
    return 0;
  }
  if (sightingd::encode_mastodon_progress(*progress) != bytes) {
    std::abort();
  }
  for (const bool empty : {false, true}) {
    const auto page = sightingd::advance(*progress, answer_to(*progress, empty));
    if (page && !sightingd::decode_mastodon_progress(page->next.value)) {
      std::abort();
    }
  }
  return 0;
}
