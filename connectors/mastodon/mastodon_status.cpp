#include "connectors/mastodon/mastodon_status.h"

#include "connectors/mastodon/mastodon_id.h"
#include "connectors/mastodon/mastodon_media.h"
#include "connectors/text/ascii.h"
#include "connectors/text/html_text.h"
#include "connectors/text/utf8.h"
#include "connectors/text/web_url.h"

#include <algorithm>

namespace sightingd {
namespace {

constexpr std::size_t kMaxUriBytes = 2048;
constexpr std::size_t kMaxAuthorBytes = 512;
constexpr std::size_t kMaxLanguageBytes = 35;  // RFC 5646, section 4.4.1.
constexpr std::size_t kMaxHashtagNameBytes = 1024;

// Profiles are free text; a longer one is read to here.
constexpr std::size_t kMaxProfileBytes = std::size_t{32} << 10;

// One word of UTF-8: what can be part of a name.
bool is_word(std::string_view text, std::size_t max_bytes) {
  return !text.empty() && text.size() <= max_bytes &&
         !std::ranges::any_of(text, is_space_or_control) && is_utf8(text);
}

std::optional<TimePoint> read_time(const JsonValue& status, std::string_view name) {
  const auto text = json_text(status, name);
  return text ? parse_rfc3339(*text) : std::nullopt;
}

std::string as_html(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

// The content, after what stands above it: a content warning, which may say what matters.
std::string read_text(const JsonValue& status) {
  std::string html;
  if (const auto warning = json_text(status, "spoiler_text"); warning && !warning->empty()) {
    html = "<p>" + as_html(warning->substr(0, kMaxPostTextBytes)) + "</p>";
  }
  html += json_text(status, "content").value_or("");
  return html_to_text(html, kMaxPostTextBytes);
}

// user@host; empty when it cannot be read.
std::string read_author(const JsonValue& account, const std::string& host) {
  const auto acct = json_text(account, "acct");
  if (!acct || !is_word(*acct, kMaxAuthorBytes)) {
    return {};
  }
  std::string author(*acct);
  if (author.find('@') == std::string::npos) {
    author += '@' + host;
  }
  return author;
}

// Mastodon before 4.2 and several others send no `uri` of an account.
std::string read_author_uri(const JsonValue& account) {
  for (const std::string_view name : {"uri", "url"}) {
    if (const auto uri = json_text(account, name); uri && is_word(*uri, kMaxUriBytes)) {
      return std::string(*uri);
    }
  }
  return {};
}

std::string read_url(const JsonValue& status, const std::string& uri) {
  const auto url = json_text(status, "url");
  if (url && is_web_url(*url)) {
    return std::string(*url);
  }
  return is_web_url(uri) ? uri : std::string();
}

std::optional<std::string> read_language(const JsonValue& status) {
  const auto language = json_text(status, "language");
  if (!language || !is_word(*language, kMaxLanguageBytes)) {
    return std::nullopt;
  }
  return std::string(*language);
}

std::vector<std::string> read_hashtags(const JsonValue& status) {
  std::vector<std::string> names;
  const JsonValue* tags = json_member(status, "tags");
  if (tags == nullptr || !tags->IsArray()) {
    return names;
  }
  for (const JsonValue& tag : tags->GetArray()) {
    const auto name = json_text(tag, "name");
    if (name && is_word(*name, kMaxHashtagNameBytes) && names.size() < kMaxHashtags) {
      names.emplace_back(*name);
    }
  }
  return names;
}

// Whether the profile says "#word". Only a profile that has the word is read as HTML.
bool profile_says(const JsonValue& account, std::initializer_list<std::string_view> words) {
  const auto note = json_text(account, "note").value_or("");
  return std::ranges::any_of(words, [note](std::string_view word) {
    return contains_ignoring_case(note, word) &&
           contains_ignoring_case(html_to_text(note, kMaxProfileBytes), "#" + std::string(word));
  });
}

bool has_opted_out(const JsonValue& account, const MastodonReading& reading) {
  if (reading.all_opted_out) {
    return true;
  }
  if (reading.honour_noindex &&
      (json_flag(account, "noindex") || profile_says(account, {"noindex", "nosearch"}))) {
    return true;
  }
  if (reading.honour_nobot && profile_says(account, {"nobot"})) {
    return true;
  }
  const JsonValue* indexable = json_member(account, "indexable");
  return reading.honour_not_indexable && indexable != nullptr && indexable->IsFalse();
}

// A post without a visibility, or with one of another network, is not known to be public.
bool is_open_to_all(const JsonValue& status, const MastodonReading& reading) {
  const auto visibility = json_text(status, "visibility");
  return visibility == "public" || (reading.accept_unlisted && visibility == "unlisted");
}

std::string read_uri(const JsonValue& status) {
  const auto uri = json_text(status, "uri");
  return uri && is_word(*uri, kMaxUriBytes) ? std::string(*uri) : std::string();
}

// Nothing when a field that a post cannot be without is missing.
std::optional<Post> read_post(const JsonValue& status, const JsonValue& account, std::string id,
                              std::string uri, const MastodonReading& reading) {
  const auto posted_at = read_time(status, "created_at");
  std::string author = read_author(account, reading.host);
  if (uri.empty() || !posted_at || author.empty()) {
    return std::nullopt;
  }
  Post post;
  post.position = position_of_id(id);
  post.id = std::move(id);
  post.url = read_url(status, uri);
  post.ref.uri = std::move(uri);
  post.author = std::move(author);
  post.author_uri = read_author_uri(account);
  post.posted_at = *posted_at;
  post.edited_at = read_time(status, "edited_at");
  post.ref.version = post.edited_at ? format_rfc3339(*post.edited_at) : std::string();
  post.language = read_language(status);
  post.text = read_text(status);
  post.hashtags = read_hashtags(status);
  post.sensitive = json_flag(status, "sensitive");
  post.reply_to = read_id(status, "in_reply_to_id");
  post.images = read_images(status, reading.media_from_origin);
  return post;
}

// What of the entry is dropped, and why.
std::optional<SkippedPost> skip(const JsonValue& status, const JsonValue* account,
                                const std::string& id, const std::string& uri,
                                const MastodonReading& reading) {
  if (const JsonValue* boosted = json_member(status, "reblog")) {
    const std::string boosted_uri = read_uri(*boosted);
    return SkippedPost{boosted_uri.empty() ? uri : boosted_uri, SkipReason::Boost};
  }
  if (id.empty() || account == nullptr) {
    return SkippedPost{uri, SkipReason::Malformed};
  }
  if (!is_open_to_all(status, reading)) {
    return SkippedPost{uri, SkipReason::NotPublic};
  }
  if (has_opted_out(*account, reading)) {
    return SkippedPost{uri, SkipReason::Consent};
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> read_id(const JsonValue& object, std::string_view name) {
  const JsonValue* value = json_member(object, name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->IsUint64()) {
    return std::to_string(value->GetUint64());
  }
  if (!value->IsString()) {
    return std::nullopt;
  }
  const std::string_view text(value->GetString(), value->GetStringLength());
  return is_mastodon_id(text) ? std::optional(std::string(text)) : std::nullopt;
}

MastodonItem read_place(const JsonValue& status) {
  MastodonItem item;
  item.id = read_id(status, "id").value_or("");
  item.posted_at = read_time(status, "created_at");
  return item;
}

MastodonItem read_status(const JsonValue& status, const MastodonReading& reading) {
  MastodonItem item = read_place(status);
  std::string uri = read_uri(status);
  const JsonValue* account = json_member(status, "account");
  if (auto skipped = skip(status, account, item.id, uri, reading)) {
    item.outcome = std::move(*skipped);
  } else if (auto post = read_post(status, *account, item.id, uri, reading)) {
    item.outcome = std::move(*post);
  } else {
    item.outcome = SkippedPost{std::move(uri), SkipReason::Malformed};
  }
  return item;
}

}  // namespace sightingd
