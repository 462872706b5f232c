#include "tests/support/mastodon_server/mastodon_server.h"

#include "tests/support/mastodon_server/status_json.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace sightingd::test::mastodon {
namespace {

// D: methods/timelines.md, S: api/base_controller.rb: larger limits are clamped.
constexpr std::uint64_t kMostPerPage = 40;
constexpr std::uint64_t kUsualPerPage = 20;

TimePoint wall_clock() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::uint64_t number_or(const std::optional<std::string>& text, std::uint64_t otherwise) {
  std::uint64_t number = 0;
  if (!text ||
      std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc()) {
    return otherwise;
  }
  return number;
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// What stands between `prefix` and `suffix`, if `text` has both and no further '/'.
std::optional<std::string_view> between(std::string_view text, std::string_view prefix,
                                        std::string_view suffix = {}) {
  if (text.size() < prefix.size() + suffix.size() || !text.starts_with(prefix) ||
      !text.ends_with(suffix)) {
    return std::nullopt;
  }
  const auto middle = text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
  return middle.empty() || middle.find('/') != std::string_view::npos ? std::nullopt
                                                                      : std::optional(middle);
}

Answer not_found() { return answer_of(404, R"({"error":"Record not found"})"); }

PageRequest page_request(const Request& request) {
  return {.max_id = number_or(request.parameter("max_id"), 0),
          .since_id = number_or(request.parameter("since_id"), 0),
          .min_id = number_or(request.parameter("min_id"), 0),
          .limit = std::clamp<std::uint64_t>(number_or(request.parameter("limit"), kUsualPerPage),
                                             1, kMostPerPage)};
}

// The builder of Mastodon keeps only the limit; there is a "next" on every page with posts.
std::string link_header(const std::string& origin, const Request& request,
                        const std::vector<const Post*>& page) {
  const auto path = origin + request.target.substr(0, request.target.find('?')) +
                    "?limit=" + std::to_string(page_request(request).limit);
  return "<" + path + "&max_id=" + std::to_string(page.back()->id) + ">; rel=\"next\", <" + path +
         "&min_id=" + std::to_string(page.front()->id) + ">; rel=\"prev\"";
}

}  // namespace

std::optional<Event::Kind> event_kind_of(std::string_view name) {
  if (name == "new") {
    return Event::Kind::New;
  }
  if (name == "late") {
    return Event::Kind::Late;
  }
  if (name == "edit") {
    return Event::Kind::Edit;
  }
  if (name == "delete") {
    return Event::Kind::Delete;
  }
  return std::nullopt;
}

MastodonServer::MastodonServer(ServerOptions options)
    : options_(std::move(options)),
      faults_(options_.fault_seed),
      shelf_(options_.world.seed, options_.photos),
      world_(options_.world),
      origin_("http://127.0.0.1:" + std::to_string(http_.port())) {
  faults_.set_rate(options_.fault_rate);
  shelf_.draw(world_.photos());
  http_.start([this](const Request& request) { return answer(request); });
}

Answer MastodonServer::answer(const Request& request) {
  if (request.path == kLoopPath) {
    return redirect_to(std::string(kLoopPath));
  }
  if (request.path.starts_with("/_")) {
    return steer(request);
  }
  std::vector<std::pair<std::string, std::string>> limits;
  if (auto refusal = limit(limits)) {
    return *std::move(refusal);
  }
  auto whole = api(request);
  whole.headers.insert(whole.headers.end(), limits.begin(), limits.end());
  if (const auto fault = faults_.draw(request.target)) {
    return spoil(std::move(whole), *fault);
  }
  return whole;
}

Answer MastodonServer::steer(const Request& request) {
  if (request.path == "/_truth") {
    return truth();
  }
  if (request.path == "/_stats") {
    return statistics();
  }
  if (request.path == "/_redirect") {
    return redirect_to(request.parameter("to").value_or(origin_));
  }
  if (request.path == "/_events") {
    return happen_now(request);
  }
  if (request.path == "/_faults") {
    return set_faults(request);
  }
  if (request.path == "/_post") {
    return add_post(request);
  }
  return not_found();
}

Answer MastodonServer::api(const Request& request) {
  const std::string_view path = request.path;
  if (const auto tag = between(path, "/api/v1/timelines/tag/")) {
    return timeline(request, [wanted = lower_ascii(*tag)](const Post& post) {
      return lower_ascii(post.tag) == wanted;
    });
  }
  if (const auto id = between(path, "/api/v1/accounts/", "/statuses")) {
    const auto author = author_of_id(*id);
    return author ? timeline(request, [author](const Post& post) { return post.author == *author; })
                  : not_found();
  }
  if (path == "/api/v1/accounts/lookup") {
    const auto acct = request.parameter("acct").value_or("");
    const auto author = author_of_name(std::string_view(acct).substr(0, acct.find('@')));
    std::string body;
    if (!author || *author >= options_.world.authors) {
      return not_found();
    }
    append_account(body, *author);
    return answer_of(200, std::move(body));
  }
  if (path == "/api/v1/statuses") {
    return statuses(request);
  }
  if (const auto id = between(path, "/api/v1/statuses/")) {
    return status(*id);
  }
  if (const auto file = between(path, "/media/original/", ".jpg")) {
    return photo(*file);
  }
  if (path == "/api/v2/instance") {
    return instance();
  }
  if (path == "/.well-known/nodeinfo") {
    return nodeinfo_links();
  }
  if (path == "/nodeinfo/2.0") {
    return answer_of(200,
                     R"({"version":"2.0","software":{"name":"mastodon","version":"4.5.3"},)"
                     R"("protocols":["activitypub"],"services":{"outbound":[],"inbound":[]},)"
                     R"("usage":{"users":{"total":50}},"openRegistrations":false,"metadata":{}})");
  }
  return not_found();
}

Answer MastodonServer::timeline(const Request& request,
                                const std::function<bool(const Post&)>& wanted) {
  const std::lock_guard lock(mutex_);
  ++pages_;
  if (!request.parameter("max_id")) {
    count_poll();
  }
  const auto page = world_.page(page_request(request), wall_clock(), wanted);
  std::string body = "[";
  for (const auto* post : page) {
    body += body.size() == 1 ? "" : ",";
    append_status(body, *post, origin_);
  }
  auto answer = answer_of(200, body += ']');
  if (!page.empty()) {
    answer.headers.emplace_back("Link", link_header(origin_, request, page));
  }
  return answer;
}

Answer MastodonServer::statuses(const Request& request) {
  const std::lock_guard lock(mutex_);
  std::string body = "[";
  for (const auto& [name, value] : request.parameters) {
    const auto* const post = name == "id[]" ? world_.find(number_or(value, 0)) : nullptr;
    if (post != nullptr) {
      body += body.size() == 1 ? "" : ",";
      append_status(body, *post, origin_);
    }
  }
  return answer_of(200, body += ']');
}

Answer MastodonServer::status(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto* const post = world_.find(number_or(std::string(id), 0));
  if (post == nullptr) {
    return not_found();
  }
  std::string body;
  append_status(body, *post, origin_);
  return answer_of(200, std::move(body));
}

Answer MastodonServer::photo(std::string_view file) {
  const auto number = number_or(std::string(file), UINT64_MAX);
  {
    const std::lock_guard lock(mutex_);
    ++photos_served_;
    if (number >= world_.photos()) {
      return not_found();
    }
  }
  const auto photo = shelf_.photo(number);
  Answer answer;
  answer.content_type = "image/jpeg";
  answer.body = std::shared_ptr<const std::string>(photo, &photo->bytes);
  return answer;
}

Answer MastodonServer::instance() const {
  return answer_of(200,
                   R"({"domain":")" + std::string(kHost) +
                       R"(","title":"Loopback","version":"4.5.3","api_versions":{"mastodon":7},)"
                       R"("configuration":{"urls":{"streaming":null},"timelines_access":)"
                       R"({"live_feeds":{"local":"public","remote":"public"},)"
                       R"("hashtag_feeds":{"local":"public","remote":"public"}},)"
                       R"("limited_federation":false}})");
}

Answer MastodonServer::nodeinfo_links() const {
  return answer_of(
      200, R"({"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":")" +
               origin_ + R"(/nodeinfo/2.0"}]})");
}

Answer MastodonServer::truth() {
  const std::lock_guard lock(mutex_);
  std::string body = R"({"posts":[)";
  for (const auto& [id, post] : world_.posts()) {
    body += body.back() == '[' ? "" : ",";
    body += "\n{\"uri\":\"" + post_uri(post) + "\",\"edited_at\":";
    body += post.edited_at ? "\"" + format_rfc3339(*post.edited_at) + "\"" : "null";
    body += ",\"photos\":[";
    for (const auto& attachment : post.attachments) {
      body += body.back() == '[' ? "" : ",";
      body += attachment.url.empty() ? "\"" + to_hex(shelf_.photo(attachment.photo)->sha256) + "\""
                                     : "null";
    }
    body += "]}";
  }
  return answer_of(200, body += "]}\n");
}

Answer MastodonServer::statistics() const {
  const std::lock_guard lock(mutex_);
  std::string body = R"({"requests":)" + std::to_string(requests_) + R"(,"polls":)" +
                     std::to_string(polls_) + R"(,"pages":)" + std::to_string(pages_) +
                     R"(,"photos":)" + std::to_string(photos_served_) + R"(,"connections":)" +
                     std::to_string(http_.connections()) + R"(,"faults":{)";
  for (const auto& [fault, count] : faults_.counts()) {
    body += body.back() == '{' ? "" : ",";
    body += "\"" + fault + "\":" + std::to_string(count);
  }
  return answer_of(200, body += "}}\n");
}

Answer MastodonServer::add_post(const Request& request) {
  Post post;
  post.text = request.parameter("text").value_or("");
  post.tag = options_.world.tag;
  for (const auto& [name, value] : request.parameters) {
    if (name == "image") {
      post.attachments.push_back({.photo = 0, .url = value});
    }
  }
  const std::lock_guard lock(mutex_);
  return answer_of(200,
                   R"({"uri":")" + post_uri(world_.add(std::move(post), wall_clock())) + "\"}\n");
}

Answer MastodonServer::happen_now(const Request& request) {
  const auto kind = event_kind_of(request.parameter("kind").value_or(""));
  if (!kind) {
    return answer_of(422, R"({"error":"kind is new, late, edit or delete"})");
  }
  Event event{.kind = *kind};
  event.count = number_or(request.parameter("count"), event.count);
  event.age = std::chrono::seconds(
      number_or(request.parameter("age"), static_cast<std::uint64_t>(event.age.count())));
  const std::lock_guard lock(mutex_);
  happen(event);
  return answer_of(200, "{}\n");
}

Answer MastodonServer::set_faults(const Request& request) {
  faults_.set_rate(std::strtod(request.parameter("rate").value_or("0").c_str(), nullptr));
  return answer_of(200, "{}\n");
}

void MastodonServer::happen(const Event& event) {
  const auto now = wall_clock();
  switch (event.kind) {
    case Event::Kind::New:
      world_.add_new(event.count, now);
      break;
    case Event::Kind::Late:
      world_.add_late(event.count, event.age, now);
      break;
    case Event::Kind::Edit:
      world_.edit(event.count, event.age, now);
      break;
    case Event::Kind::Delete:
      world_.remove(event.count, event.age, now);
      break;
  }
}

void MastodonServer::count_poll() {
  ++polls_;
  for (const auto& planned : options_.plan) {
    if (planned.poll == polls_) {
      happen(planned.event);
    }
  }
}

// Windows are aligned to the clock, as those of rack-attack (S:
// config/initializers/rack_attack.rb).
std::optional<Answer> MastodonServer::limit(
    std::vector<std::pair<std::string, std::string>>& headers) {
  const std::lock_guard lock(mutex_);
  ++requests_;
  if (!options_.requests_per_window) {
    return std::nullopt;
  }
  const auto granted = *options_.requests_per_window;
  const auto window = wall_clock().time_since_epoch() / options_.window;
  if (std::exchange(window_, static_cast<std::uint64_t>(window)) != window_) {
    spent_ = 0;
  }
  const bool refused = spent_ >= granted;
  spent_ += refused ? 0 : 1;
  headers.emplace_back("X-RateLimit-Limit", std::to_string(granted));
  headers.emplace_back("X-RateLimit-Remaining", std::to_string(granted - spent_));
  headers.emplace_back("X-RateLimit-Reset",
                       format_rfc3339(TimePoint((window + 1) * options_.window)));
  if (!refused) {
    return std::nullopt;
  }
  auto answer = answer_of(429, R"({"error":"Too many requests"})");
  answer.headers = headers;
  return answer;
}

}  // namespace sightingd::test::mastodon
