#include "demo/exchanges.h"

#include "connectors/text/hashtag.h"
#include "demo/expected.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace sightingd::demo {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

// As many as a Mastodon server gives (its documentation, methods/timelines).
constexpr std::size_t kPageSize = 40;
constexpr std::string_view kRescueId = "109000000000000900";
constexpr std::chrono::minutes kEditedAfter{2};

void write(Writer& writer, std::string_view text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write(Writer& writer, const char* key, std::string_view text) {
  writer.Key(key);
  write(writer, text);
}

void write_null(Writer& writer, const char* key) {
  writer.Key(key);
  writer.Null();
}

void write_flag(Writer& writer, const char* key, bool flag) {
  writer.Key(key);
  writer.Bool(flag);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

std::string html_of(const Post& post, Moment moment) {
  std::string html = "<p>";
  for (const char c : text_at(post, moment)) {
    html += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  }
  if (!post.tag.empty()) {
    html += " <a href=\"" + std::string(kOrigin) + "/tags/" + percent_encoded(post.tag) +
            "\" class=\"mention hashtag\" rel=\"tag\">#<span>" + post.tag + "</span></a>";
  }
  return html + "</p>";
}

// A number of its own for each name (FNV-1a).
std::string account_id(std::string_view name) {
  if (name == kRescueAccount) {
    return std::string(kRescueId);
  }
  std::uint32_t hash = 2166136261U;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  return std::to_string(109'000'000'000'001'000 + std::uint64_t{hash});
}

void write_account(Writer& writer, const Account& account) {
  const auto home = std::string(kOrigin);
  writer.StartObject();
  write(writer, "id", account_id(account.name));
  write(writer, "username", account.name);
  write(writer, "acct", account.name);
  write_flag(writer, "locked", false);
  write_flag(writer, "bot", false);
  write_flag(writer, "indexable", false);
  write(writer, "note", "<p>Invented account of the demo campaign.</p>");
  write(writer, "url", home + "/@" + account.name);
  write(writer, "uri", home + "/users/" + account.name);
  write_flag(writer, "noindex", account.opted_out);
  writer.EndObject();
}

void write_attachment(Writer& writer, std::string_view id, std::string_view type,
                      const std::string& file, const std::optional<std::string>& alt) {
  const auto url = std::string(kOrigin) + "/media/" + file;
  writer.StartObject();
  write(writer, "id", id);
  write(writer, "type", type);
  write(writer, "url", url);
  write(writer, "preview_url", url);
  write_null(writer, "remote_url");
  if (alt) {
    write(writer, "description", *alt);
  } else {
    write_null(writer, "description");
  }
  writer.EndObject();
}

void write_attachments(Writer& writer, const Post& post) {
  writer.Key("media_attachments");
  writer.StartArray();
  auto id = post.id;
  for (const auto& picture : post.pictures) {
    write_attachment(writer, std::to_string(id++), "image", picture.file, picture.alt);
  }
  if (post.has_video) {
    write_attachment(writer, std::to_string(id), "video", "clip.mp4", std::nullopt);
  }
  writer.EndArray();
}

void write_tags(Writer& writer, const Post& post) {
  writer.Key("tags");
  writer.StartArray();
  if (!post.tag.empty()) {
    writer.StartObject();
    write(writer, "name", post.tag);
    write(writer, "url", std::string(kOrigin) + "/tags/" + percent_encoded(post.tag));
    writer.EndObject();
  }
  writer.EndArray();
}

void write_status(Writer& writer, const Post& post, Moment moment);

// What was passed on is a status of its own inside the one that passes it on.
void write_boosted(Writer& writer, const Post& post, Moment moment) {
  auto original = post;
  original.is_boost = false;
  original.id -= 1;
  original.author = {.name = "streetwatch1"};
  writer.Key("reblog");
  write_status(writer, original, moment);
}

void write_status(Writer& writer, const Post& post, Moment moment) {
  const auto id = std::to_string(post.id);
  const auto home = std::string(kOrigin);
  writer.StartObject();
  write(writer, "id", id);
  write(writer, "created_at", format_rfc3339(post.posted_at));
  write_null(writer, "in_reply_to_id");
  write_flag(writer, "sensitive", post.sensitive);
  write(writer, "spoiler_text", post.sensitive ? "child in distress" : "");
  write(writer, "visibility", "public");
  write(writer, "language", post.language);
  write(writer, "uri", home + "/users/" + post.author.name + "/statuses/" + id);
  write(writer, "url", home + "/@" + post.author.name + "/" + id);
  if (post.fate == Fate::Edited && moment == Moment::Later) {
    write(writer, "edited_at", format_rfc3339(post.posted_at + kEditedAfter));
  } else {
    write_null(writer, "edited_at");
  }
  write(writer, "content", post.is_boost ? "" : html_of(post, moment));
  writer.Key("account");
  write_account(writer, post.author);
  if (post.is_boost) {
    write_boosted(writer, post, moment);
    writer.Key("media_attachments");
    writer.StartArray();
    writer.EndArray();
  } else {
    write_null(writer, "reblog");
    write_attachments(writer, post);
  }
  write_tags(writer, post);
  writer.EndObject();
}

std::string page_json(const std::vector<const Post*>& newest_first, Moment moment) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartArray();
  for (const auto* post : newest_first) {
    write_status(writer, *post, moment);
  }
  writer.EndArray();
  return {buffer.GetString(), buffer.GetSize()};
}

/// The exchanges as they are collected: for each target the answers in turn.
class Recording {
 public:
  void add(const std::string& target, std::string json) {
    auto& answers = json_[target];
    if (answers.empty() || answers.back() != json) {
      answers.push_back(std::move(json));
    }
  }

  // As the API refuses what is not there (docs.joinmastodon.org/entities/Error).
  void add_missing(const std::string& target) { missing_.push_back(target); }

  void add_file(const std::string& target, const std::string& file) { files_[target] = file; }

  std::string json() const {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    writer.Key("format");
    writer.Int(1);
    writer.Key("exchanges");
    writer.StartArray();
    for (const auto& [target, answers] : json_) {
      begin(writer, target);
      for (const auto& answer : answers) {
        writer.StartObject();
        writer.Key("json");
        writer.RawValue(answer.data(), answer.size(), rapidjson::kArrayType);
        writer.EndObject();
      }
      end(writer);
    }
    for (const auto& [target, file] : files_) {
      begin(writer, target);
      writer.StartObject();
      write(writer, "body_file", file);
      writer.EndObject();
      end(writer);
    }
    for (const auto& target : missing_) {
      begin(writer, target);
      writer.StartObject();
      writer.Key("status");
      writer.Int(404);
      writer.Key("json");
      writer.StartObject();
      write(writer, "error", "Record not found");
      writer.EndObject();
      writer.EndObject();
      end(writer);
    }
    writer.EndArray();
    writer.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
  }

 private:
  static void begin(Writer& writer, const std::string& target) {
    writer.StartObject();
    write(writer, "target", target);
    writer.Key("answers");
    writer.StartArray();
  }

  static void end(Writer& writer) {
    writer.EndArray();
    writer.EndObject();
  }

  std::map<std::string, std::vector<std::string>> json_;
  std::map<std::string, std::string> files_;
  std::vector<std::string> missing_;
};

// Everything that a walk from the newest post down by max_id asks, at one moment. Its empty end is
// asked for once more with another limit, past all caches.
void record_walk(Recording& recording, const std::string& path,
                 const std::vector<const Post*>& oldest_first, Moment moment) {
  std::vector<const Post*> rest(oldest_first.rbegin(), oldest_first.rend());
  std::string below;
  for (;;) {
    const auto size = std::min(kPageSize, rest.size());
    const std::vector<const Post*> page(rest.begin(),
                                        rest.begin() + static_cast<std::ptrdiff_t>(size));
    recording.add(path + "?limit=40" + below, page_json(page, moment));
    if (page.empty()) {
      recording.add(path + "?limit=39" + below, page_json(page, moment));
      return;
    }
    below = "&max_id=" + std::to_string(page.back()->id);
    rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
  }
}

void record_feeds(Recording& recording, const Campaign& campaign, Moment moment) {
  const auto posts = shown(campaign, moment);
  const auto feed = [&posts](const std::function<bool(const Post&)>& wanted) {
    std::vector<const Post*> chosen;
    std::copy_if(posts.begin(), posts.end(), std::back_inserter(chosen),
                 [&wanted](const Post* post) { return wanted(*post); });
    return chosen;
  };
  for (const auto& tag : campaign.tags) {
    record_walk(recording, "/api/v1/timelines/tag/" + percent_encoded(fold_hashtag(tag).value()),
                feed([&tag](const Post& post) { return post.tag == tag && !post.is_boost; }),
                moment);
  }
  record_walk(recording, "/api/v1/accounts/" + std::string(kRescueId) + "/statuses",
              feed([](const Post& post) { return post.author.name == kRescueAccount; }), moment);
}

void record_server(Recording& recording) {
  recording.add("/.well-known/nodeinfo",
                R"({"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":")" +
                    std::string(kOrigin) + R"(/nodeinfo/2.0"}]})");
  recording.add("/nodeinfo/2.0",
                R"({"version":"2.0","software":{"name":"mastodon","version":"4.5.3"},)"
                R"("protocols":["activitypub"],"openRegistrations":false})");
  recording.add("/api/v2/instance",
                R"({"domain":"demo.example","title":"Demo","version":"4.5.3",)"
                R"("api_versions":{"mastodon":7},"configuration":{"timelines_access":)"
                R"({"live_feeds":{"local":"public","remote":"public"},)"
                R"("hashtag_feeds":{"local":"public","remote":"public"}}}})");
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  write_account(writer, {.name = std::string(kRescueAccount)});
  recording.add("/api/v1/accounts/lookup?acct=" + std::string(kRescueAccount),
                {buffer.GetString(), buffer.GetSize()});
}

// A post by its id: what the followed ids say while the post lives, and once it is deleted.
void record_single_posts(Recording& recording, const Campaign& campaign) {
  for (const auto* post : shown(campaign, Moment::Later)) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    if (post->fate != Fate::Stays) {
      write_status(writer, *post, Moment::Later);
      recording.add("/api/v1/statuses/" + std::to_string(post->id),
                    {buffer.GetString(), buffer.GetSize()});
    }
  }
  for (const auto& post : campaign.posts) {
    if (post.fate == Fate::Deleted) {
      recording.add_missing("/api/v1/statuses/" + std::to_string(post.id));
    }
  }
}

}  // namespace

std::string exchanges_json(const Campaign& campaign) {
  Recording recording;
  record_server(recording);
  record_feeds(recording, campaign, Moment::First);
  record_feeds(recording, campaign, Moment::Later);
  record_single_posts(recording, campaign);
  for (const auto& [file, bytes] : campaign.files) {
    recording.add_file("/media/" + file, "media/" + file);
  }
  return recording.json();
}

}  // namespace sightingd::demo
