#include "connectors/mastodon/mastodon_media.h"

#include "connectors/mastodon/mastodon_status.h"
#include "connectors/text/utf8.h"
#include "connectors/text/web_url.h"

#include <optional>
#include <string>
#include <string_view>

namespace sightingd {
namespace {

// Nothing when it is missing, relative or of another scheme.
std::optional<std::string> read_address(const JsonValue& attachment, std::string_view name) {
  const auto url = json_text(attachment, name);
  return url && is_web_url(*url) ? std::optional(std::string(*url)) : std::nullopt;
}

bool is_media_proxy(std::string_view url) { return path_of_url(url).starts_with("/media_proxy/"); }

std::string choose_address(const JsonValue& attachment, bool from_origin) {
  auto copy = read_address(attachment, "url");
  auto original = read_address(attachment, "remote_url");
  if (copy && is_media_proxy(*copy)) {
    copy.reset();
  }
  if (original && (from_origin || !copy)) {
    return *original;
  }
  return copy.value_or("");
}

std::optional<std::string> read_alt(const JsonValue& attachment) {
  const auto text = json_text(attachment, "description");
  if (!text || text->empty()) {
    return std::nullopt;
  }
  return std::string(cut_utf8(repair_utf8(text->substr(0, kMaxAltBytes)), kMaxAltBytes));
}

bool is_picture(const JsonValue& attachment) {
  const auto type = json_text(attachment, "type");
  return type == "image" || (type == "unknown" && read_address(attachment, "remote_url"));
}

}  // namespace

std::vector<ImageRef> read_images(const JsonValue& status, bool from_origin) {
  std::vector<ImageRef> images;
  const JsonValue* attachments = json_member(status, "media_attachments");
  if (attachments == nullptr || !attachments->IsArray()) {
    return images;
  }
  for (const JsonValue& attachment : attachments->GetArray()) {
    if (is_picture(attachment) && images.size() < kMaxImages) {
      images.push_back({.id = read_id(attachment, "id").value_or(""),
                        .url = choose_address(attachment, from_origin),
                        .alt = read_alt(attachment)});
    }
  }
  return images;
}

}  // namespace sightingd
