#include "tests/connectors/mastodon/fake_mastodon.h"

#include "tests/connectors/mastodon/run_call.h"

#include <optional>
#include <utility>

namespace sightingd {
namespace {

std::optional<std::uint64_t> number_after(const std::string& url, const std::string& name) {
  const auto at = url.find(name + "=");
  if (at == std::string::npos) {
    return std::nullopt;
  }
  return std::stoull(url.substr(at + name.size() + 1));
}

std::string render(const FakePost& post) {
  const std::string id = std::to_string(post.id);
  return "{" + post.extra + R"("id":")" + id + R"(","created_at":")" +
         format_rfc3339(post.posted_at) + R"(","edited_at":)" +
         (post.edited_at.empty() ? "null" : '"' + post.edited_at + '"') + R"(,"visibility":")" +
         post.visibility + R"(","uri":")" + FakeMastodon::uri_of(post.id) +
         R"(","url":null,"content":"<p>post</p>","reblog":null,)"
         R"("account":{"id":"7","acct":"rescue","url":"https://social.example.org/@rescue"},)"
         R"("media_attachments":[],"tags":[{"name":"birds"}]})";
}

}  // namespace

void fill(FakeMastodon& server, int count, TimePoint newest) {
  for (int i = 0; i < count; ++i) {
    server.add(newest - std::chrono::minutes(i));
  }
}

HttpResponse http_answer(long status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Result<Page> read_next(Connector& connector, ReadRequest request) {
  boost::asio::io_context context;
  return test::run_call(context, connector.next(std::move(request)));
}

Result<std::vector<Presence>> ask_presence(Connector& connector, std::vector<PostToCheck> posts) {
  boost::asio::io_context context;
  return test::run_call(context, connector.presence(std::move(posts)));
}

FakePost& FakeMastodon::add(TimePoint arrived, TimePoint posted_at) {
  const auto milliseconds = static_cast<std::uint64_t>(arrived.time_since_epoch().count());
  const std::uint64_t id = (milliseconds << 16U) | (++sequence_ & 0xffffU);
  FakePost& post = posts_[id];
  post.id = id;
  post.posted_at = posted_at;
  return post;
}

std::vector<FakePost> FakeMastodon::posts() const {
  std::vector<FakePost> all;
  for (const auto& [id, post] : posts_) {
    all.push_back(post);
  }
  return all;
}

std::string FakeMastodon::uri_of(std::uint64_t id) {
  return "https://social.example.org/users/rescue/statuses/" + std::to_string(id);
}

boost::asio::awaitable<Result<HttpResponse>> FakeMastodon::send(HttpRequest request) {
  requests.push_back(request);
  if (!scripted.empty()) {
    auto first = std::move(scripted.front());
    scripted.pop_front();
    co_return first;
  }
  co_return answer(request);
}

HttpResponse FakeMastodon::answer(const HttpRequest& request) const {
  const std::string& url = request.url;
  const auto has = [&url](const char* part) { return url.find(part) != std::string::npos; };
  if (has("/api/v2/instance")) {
    return http_answer(instance_status, instance_body);
  }
  if (has("/api/v1/accounts/lookup?acct=rescue")) {
    return http_answer(200, R"({"id":")" + account_id + R"(","acct":"rescue"})");
  }
  if (has("/api/v1/timelines/tag/")) {
    auto gated = gate ? gate(request) : std::nullopt;
    return gated ? *gated : timeline(url);
  }
  if (has(("/api/v1/accounts/" + account_id + "/statuses?").c_str())) {
    return timeline(url);
  }
  if (has("/api/v1/statuses?")) {
    return statuses(url);
  }
  if (const auto at = url.find("/api/v1/statuses/"); at != std::string::npos) {
    return status(std::stoull(url.substr(at + 17)));
  }
  return http_answer(404, R"({"error":"Record not found"})");
}

HttpResponse FakeMastodon::timeline(const std::string& url) const {
  const auto max_id = ignores_max_id ? std::nullopt : number_after(url, "max_id");
  const auto since_id = number_after(url, "since_id");
  const std::size_t limit = std::min(page_limit, number_after(url, "limit").value_or(20));
  std::string body = "[";
  std::size_t count = 0;
  for (const auto& [id, post] : posts_) {
    if ((max_id && id >= *max_id) || (since_id && id <= *since_id) || count == limit) {
      continue;
    }
    body += (count++ > 0 ? "," : "") + render(post);
  }
  return http_answer(200, body + "]");
}

HttpResponse FakeMastodon::statuses(const std::string& url) const {
  std::string body = "[";
  for (auto at = url.find("id%5B%5D="); at != std::string::npos; at = url.find("id%5B%5D=", at)) {
    at += 9;
    if (const auto found = posts_.find(std::stoull(url.substr(at))); found != posts_.end()) {
      body += (body.size() > 1 ? "," : "") + render(found->second);
    }
  }
  return http_answer(200, body + "]");
}

HttpResponse FakeMastodon::status(std::uint64_t id) const {
  const auto found = posts_.find(id);
  if (found == posts_.end()) {
    return http_answer(404, R"({"error":"Record not found"})");
  }
  return http_answer(200, render(found->second));
}

}  // namespace sightingd
