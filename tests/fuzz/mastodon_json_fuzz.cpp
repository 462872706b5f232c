// The answers of a Mastodon server: bytes -> posts, instance, account.
#include "connectors/mastodon/mastodon_id.h"
#include "connectors/mastodon/mastodon_json.h"
#include "connectors/text/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check(const sightingd::MastodonItem& item) {
  require(item.id.empty() || sightingd::is_mastodon_id(item.id));
  const auto* post = std::get_if<sightingd::Post>(&item.outcome);
  if (post == nullptr) {
    return;
  }
  require(post->id == item.id && post->position == sightingd::position_of_id(item.id));
  require(!post->ref.uri.empty() && !post->author.empty() && post->text.size() <= (64U << 10));
  require(sightingd::is_utf8(post->ref.uri) && sightingd::is_utf8(post->author) &&
          sightingd::is_utf8(post->text) && sightingd::is_utf8(post->url));
  for (const auto& image : post->images) {
    require(image.url.empty() || image.url.starts_with("http") || image.url.starts_with("H") ||
            image.url.starts_with("h"));
    require(!image.alt || sightingd::is_utf8(*image.alt));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  sightingd::MastodonReading reading;
  reading.host = "social.example.org";
  reading.honour_noindex = reading.honour_nobot = reading.honour_not_indexable = size % 2 == 0;
  reading.accept_unlisted = reading.media_from_origin = size % 3 == 0;
  if (const auto items = sightingd::parse_statuses(body, reading)) {
    for (const auto& item : *items) {
      check(item);
    }
  }
  if (const auto item = sightingd::parse_status(body, reading)) {
    check(*item);
  }
  static_cast<void>(sightingd::parse_instance(body));
  static_cast<void>(sightingd::parse_account(body));
  return 0;
}
