#include "tests/support/mastodon_server/status_json.h"

#include "pipeline/time.h"

#include <charconv>

namespace sightingd::test::mastodon {
namespace {

constexpr std::string_view kAuthorPrefix = "watcher";
constexpr std::uint64_t kFirstAuthorId = 109'000'000'000'000'000;

template <typename... Pieces>
void append(std::string& out, const Pieces&... pieces) {
  (out.append(pieces), ...);
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && !text.empty() ? std::optional(number)
                                                              : std::nullopt;
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (byte < 0x20) {
    append(out, "\\u00", std::string(1, kHex[byte >> 4U]), std::string(1, kHex[byte & 15U]));
  } else {
    out += c;
  }
}

std::string html_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void append_attachment(std::string& out, const Attachment& attachment, std::string_view origin,
                       const std::string& id) {
  const auto number = std::to_string(attachment.photo);
  const auto url = attachment.url.empty()
                       ? std::string(origin) + "/media/original/" + number + ".jpg"
                       : attachment.url;
  append(out, R"({"id":")", id, R"(","type":"image","url":)");
  append_quoted(out, url);
  append(out, R"(,"preview_url":)");
  append_quoted(out, url);
  append(out,
         R"(,"remote_url":null,"preview_remote_url":null,"text_url":null,"meta":{"focus":)"
         R"({"x":0.0,"y":0.0},"original":{"width":1280,"height":960,"size":"1280x960",)"
         R"("aspect":1.3333333333333333},"small":{"width":640,"height":480,"size":"640x480",)"
         R"("aspect":1.3333333333333333}},"description":"invented street scene, no person )",
         number, R"(","blurhash":"UBLNt6IU00xu00xu~qof00Rj%Mt7~qWBM{of"})");
}

void append_attachments(std::string& out, const Post& post, std::string_view origin) {
  out += '[';
  for (std::size_t i = 0; i < post.attachments.size(); ++i) {
    out += i == 0 ? "" : ",";
    append_attachment(out, post.attachments[i], origin, std::to_string(post.id + i));
  }
  out += ']';
}

void append_content(std::string& out, const Post& post, const std::string& tag_url) {
  std::string html = "<p>" + html_of(post.text) + " <a href=\"" + tag_url +
                     "\" class=\"mention hashtag\" rel=\"tag\">#<span>" + html_of(post.tag) +
                     "</span></a></p>";
  append_quoted(out, html);
}

}  // namespace

std::string author_name(std::size_t author) {
  return std::string(kAuthorPrefix) + std::to_string(author);
}

std::optional<std::size_t> author_of_name(std::string_view name) {
  return name.starts_with(kAuthorPrefix) ? number_in(name.substr(kAuthorPrefix.size()))
                                         : std::nullopt;
}

std::string author_id(std::size_t author) { return std::to_string(kFirstAuthorId + author); }

std::optional<std::size_t> author_of_id(std::string_view id) {
  const auto number = number_in(id);
  return number && *number >= kFirstAuthorId ? std::optional(*number - kFirstAuthorId)
                                             : std::nullopt;
}

std::string post_uri(const Post& post) {
  return "https://" + std::string(kHost) + "/users/" + author_name(post.author) + "/statuses/" +
         std::to_string(post.id);
}

void append_status(std::string& out, const Post& post, std::string_view origin) {
  const auto id = std::to_string(post.id);
  const auto home = "https://" + std::string(kHost);
  const auto tag_url = home + "/tags/" + post.tag;
  append(out, R"({"id":")", id, R"(","created_at":")", format_rfc3339(post.created_at),
         R"(","in_reply_to_id":null,"in_reply_to_account_id":null,"sensitive":false,)"
         R"("spoiler_text":"","visibility":"public","language":"en","uri":")",
         post_uri(post), R"(","url":")", home, "/@", author_name(post.author), "/", id,
         R"(","replies_count":0,"reblogs_count":1,"favourites_count":2,"quotes_count":0,)"
         R"("edited_at":)");
  if (post.edited_at) {
    append_quoted(out, format_rfc3339(*post.edited_at));
  } else {
    out += "null";
  }
  append(out, R"(,"content":)");
  append_content(out, post, tag_url);
  append(out, R"(,"reblog":null,"application":{"name":"Web","website":null},"account":)");
  append_account(out, post.author);
  append(out, R"(,"media_attachments":)");
  append_attachments(out, post, origin);
  append(out, R"(,"mentions":[],"tags":[{"name":)");
  append_quoted(out, post.tag);
  append(out, R"(,"url":)");
  append_quoted(out, tag_url);
  append(out, R"(}],"emojis":[],"quote":null,"card":null,"poll":null,"quote_approval":)"
              R"({"automatic":[],"manual":[],"current_user":"denied"}})");
}

void append_account(std::string& out, std::size_t author) {
  const auto name = author_name(author);
  const auto home = "https://" + std::string(kHost);
  append(out, R"({"id":")", author_id(author), R"(","username":")", name, R"(","acct":")", name,
         R"(","display_name":")", name,
         R"(","locked":false,"bot":false,"discoverable":true,"indexable":false,"group":false,)"
         R"("created_at":"2022-11-05T00:00:00.000Z","note":"<p>Invented account used in tests.)"
         R"(</p>","url":")",
         home, "/@", name, R"(","uri":")", home, "/users/", name, R"(","avatar":")", home,
         R"(/avatars/original/missing.png","avatar_static":")", home,
         R"(/avatars/original/missing.png","avatar_description":"","header":")", home,
         R"(/headers/original/missing.png","header_static":")", home,
         R"(/headers/original/missing.png","header_description":"","followers_count":12,)"
         R"("following_count":34,"statuses_count":56,"last_status_at":"2026-05-04",)"
         R"("hide_collections":null,"emojis":[],"fields":[],"noindex":false,"roles":[]})");
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    append_escaped(out, c);
  }
  out += '"';
}

}  // namespace sightingd::test::mastodon
