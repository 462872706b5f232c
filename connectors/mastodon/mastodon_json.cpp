#include "connectors/mastodon/mastodon_json.h"

#include "connectors/mastodon/mastodon_id.h"
#include "connectors/mastodon/mastodon_status.h"
#include "connectors/text/json_document.h"

#include <charconv>
#include <string_view>

namespace sightingd {
namespace {

// Ten times what Mastodon serves; Pixelfed serves 100.
constexpr rapidjson::SizeType kMaxItems = 400;

constexpr std::size_t kMaxDomainBytes = 253;

// `GET /api/v1/statuses?id[]=` exists since Mastodon 4.3 (docs, methods/statuses#index).
constexpr int kBatchesMajor = 4;
constexpr int kBatchesMinor = 3;

Error wrong_shape() {
  return {ErrorCode::Malformed, "the answer is not what the Mastodon API promises", "wrong_shape"};
}

bool is_domain(std::string_view text) {
  return !text.empty() && text.size() <= kMaxDomainBytes &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") ==
             std::string_view::npos;
}

std::string read_domain(const JsonValue& instance) {
  // GoToSocial tells the two apart; at Mastodon `domain` is that of the accounts, and was `uri` in
  // `/api/v1/instance`.
  for (const std::string_view name : {"account_domain", "domain", "uri"}) {
    if (const auto domain = json_text(instance, name); domain && is_domain(*domain)) {
      return std::string(*domain);
    }
  }
  return {};
}

// "4.5.3", "4.4.0+glitch". Others imitate the number and add "(compatible; NAME)".
bool is_mastodon_with_batches(std::string_view version) {
  if (version.find("compatible") != std::string_view::npos) {
    return false;
  }
  const char* const end = version.data() + version.size();
  int major = 0;
  const auto after_major = std::from_chars(version.data(), end, major);
  if (after_major.ec != std::errc{} || after_major.ptr == end || *after_major.ptr != '.') {
    return false;
  }
  int minor = 0;
  if (std::from_chars(after_major.ptr + 1, end, minor).ec != std::errc{}) {
    return false;
  }
  return major > kBatchesMajor || (major == kBatchesMajor && minor >= kBatchesMinor);
}

MastodonInstance::Access read_access(const JsonValue& feeds, std::string_view origin) {
  const auto text = json_text(feeds, origin);
  if (text == "public") return MastodonInstance::Access::Public;
  if (text == "authenticated") return MastodonInstance::Access::Authenticated;
  if (text == "disabled") return MastodonInstance::Access::Disabled;
  return MastodonInstance::Access::Unknown;
}

// The object at the end of a path of names; nothing when a part is missing.
const JsonValue* json_path(const JsonValue& root, std::initializer_list<std::string_view> names) {
  const JsonValue* value = &root;
  for (const std::string_view name : names) {
    value = json_member(*value, name);
    if (value == nullptr) {
      return nullptr;
    }
  }
  return value;
}

template <typename ReadItem>
Result<std::vector<MastodonItem>> parse_items(std::string body, ReadItem read_item) {
  const auto document = JsonDocument::parse(std::move(body));
  if (!document) {
    return document.error();
  }
  const JsonValue& root = document->root();
  if (!root.IsArray() || root.Size() > kMaxItems) {
    return wrong_shape();
  }
  std::vector<MastodonItem> items;
  items.reserve(root.Size());
  for (const JsonValue& status : root.GetArray()) {
    items.push_back(read_item(status));
  }
  return items;
}

}  // namespace

Result<std::vector<MastodonItem>> parse_statuses(std::string body, const MastodonReading& reading) {
  return parse_items(std::move(body),
                     [&](const JsonValue& status) { return read_status(status, reading); });
}

Result<std::vector<MastodonItem>> parse_places(std::string body) {
  return parse_items(std::move(body), read_place);
}

Result<MastodonItem> parse_status(std::string body, const MastodonReading& reading) {
  const auto document = JsonDocument::parse(std::move(body));
  if (!document) {
    return document.error();
  }
  MastodonItem item = read_status(document->root(), reading);
  if (item.id.empty()) {
    return wrong_shape();
  }
  return item;
}

Result<MastodonInstance> parse_instance(std::string body) {
  const auto document = JsonDocument::parse(std::move(body));
  if (!document) {
    return document.error();
  }
  const JsonValue& root = document->root();
  if (!root.IsObject()) {
    return wrong_shape();
  }
  MastodonInstance instance;
  instance.domain = read_domain(root);
  instance.has_batches = is_mastodon_with_batches(json_text(root, "version").value_or(""));
  if (const JsonValue* feeds =
          json_path(root, {"configuration", "timelines_access", "hashtag_feeds"})) {
    instance.local_hashtags = read_access(*feeds, "local");
    instance.remote_hashtags = read_access(*feeds, "remote");
  }
  return instance;
}

Result<MastodonAccount> parse_account(std::string body) {
  const auto document = JsonDocument::parse(std::move(body));
  if (!document) {
    return document.error();
  }
  const auto id = read_id(document->root(), "id");
  const auto acct = json_text(document->root(), "acct");
  if (!id || !acct) {
    return wrong_shape();
  }
  return MastodonAccount{.id = *id, .username = std::string(acct->substr(0, acct->find('@')))};
}

}  // namespace sightingd
