#include "connectors/mastodon/mastodon_connector.h"

#include "connectors/mastodon/mastodon_error.h"
#include "connectors/mastodon/mastodon_id.h"
#include "connectors/mastodon/mastodon_walk.h"
#include "connectors/text/ascii.h"
#include "connectors/text/json_document.h"
#include "connectors/text/web_url.h"
#include "pipeline/digest.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace sightingd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// The most that Mastodon gives (docs, methods/timelines#tag); what comes may be less or more.
constexpr std::string_view kPageQuery = "?limit=40";

// The same in words for which no cache has an answer.
constexpr std::string_view kFreshPageQuery = "?limit=39";

// Doubts that are remembered: one for each watch that the configuration may hold.
constexpr std::size_t kMostDoubts = 1000;

// 40 posts of the 10,000 characters that Hollo allows, each written as \uXXXX, and what is around.
constexpr std::size_t kMaxAnswerBytes = std::size_t{4} << 20;

// Mastodon refuses more (app/controllers/api/v1/statuses_controller.rb, DEFAULT_STATUSES_LIMIT).
constexpr std::size_t kBatch = 20;

// Requests of one presence(): at the default limit five minutes.
constexpr int kMostQuestions = 100;

// One that does not answer, or refuses, twice in a row is left alone: once may lie in the post.
constexpr int kMostInVain = 2;
constexpr std::size_t kMostRefused = 1'000;  // As many are remembered.

// How old what the server said of itself may be: for its domain and for a tag that was always
// empty; when a tag that had posts is empty at once, or an answer was refused; and for whether it
// shows all posts of a hashtag or its local ones only.
constexpr hours kInstanceAge{1};
constexpr minutes kDoubtedInstanceAge{5};
constexpr hours kAccessAge{6};

// An empty account may have got another id; it is looked up again this often.
constexpr hours kLookupInterval{1};

// Caches keep a public answer for 45 s (mastodon, concerns/api/caching_concern.rb), and longer only
// while the server is down.
constexpr hours kMaxAge{24};

seconds age_of(const HttpResponse& response) {
  const std::string_view text = response.header("age");
  std::int32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < 0) {
    return seconds(0);
  }
  return std::min<seconds>(seconds(count), kMaxAge);
}

// `X-Robots-Tag: noimageai`, as GoToSocial sends it; the header may come several times.
bool refuses_image_readers(const HttpResponse& response) {
  return std::ranges::any_of(response.headers, [](const auto& header) {
    return header.first == "x-robots-tag" && contains_ignoring_case(header.second, "noimageai");
  });
}

bool is_refusal(const HttpResponse& response) {
  return response.status == 401 || response.status == 403 || response.status == 422;
}

// The server has no such endpoint, or does not open it to us: it says nothing of itself.
bool is_silence(const HttpResponse& response) {
  return response.status >= 400 && response.status < 500 && response.status != 408 &&
         response.status != 429;
}

bool is_recent(TimePoint since, TimePoint now, seconds max_age) {
  return since <= now && now - since <= max_age;
}

// What `accounts/lookup` is to be asked: a server knows its own accounts by their bare names.
std::string lookup_name(const std::string& handle, const std::string& domain,
                        std::string_view authority) {
  const auto at = handle.find('@');
  const std::string_view host = std::string_view(handle).substr(at + 1);
  const auto is_host = [host](std::string_view own) {
    return std::ranges::equal(own, host, {}, ascii_lower);
  };
  return is_host(domain) || is_host(authority) ? handle.substr(0, at) : handle;
}

bool is_user(std::string_view username, const std::string& handle) {
  return std::ranges::equal(username, handle.substr(0, handle.find('@')), {}, ascii_lower,
                            ascii_lower);
}

// A refusal that is not the API's own: its refusals are JSON objects
// (docs.joinmastodon.org/entities/Error), those of a proxy are not.
std::optional<Error> find_foreign_word(std::string body) {
  const auto said = JsonDocument::parse(std::move(body));
  if (!said) {
    return said.error();
  }
  if (!said->root().IsObject()) {
    return Error{ErrorCode::Malformed, "a refusal that is not of the API", "wrong_shape"};
  }
  return std::nullopt;
}

std::string hashtag_digest(const Subject& subject) {
  const auto* hashtag = std::get_if<Hashtag>(&subject);
  return hashtag == nullptr ? "" : std::string(as_text(sha256(hashtag->spelling())));
}

// Progress that cannot be read, or is lost, or in the timeline of another spelling: a watch would
// stand for ever, or miss what lies below a head that is not its own. What is read twice does no
// harm; posts that arrive late are looked for as deep as a re-read does.
bool forget_what_does_not_serve(ReadRequest& request) {
  if (request.progress.value.empty() && !request.stored) {
    return false;  // Nothing was read yet.
  }
  const auto progress = decode_mastodon_progress(request.progress.value);
  if (progress && progress->hashtag == hashtag_digest(request.subject)) {
    return false;
  }
  request.progress = {};
  if (request.backfill_from && request.stored) {
    const TimePoint from = std::max(request.stored->begin, request.stored->end - kDeepestReread);
    request.backfill_from = std::min(*request.backfill_from, from);
  }
  return true;
}

// How far the questions of one presence() have got.
struct Questioning {
  int asked = 0;
  int in_vain = 0;  // Times in a row that the source did not answer, or refused.
  bool is_to_wait = false;
  bool has_learnt = false;
  std::optional<Error> failure;  // The last one.

  bool goes_on() const { return asked < kMostQuestions && in_vain < kMostInVain && !is_to_wait; }

  template <typename T>
  void note(const Result<T>& answer) {
    ++asked;
    if (answer) {
      in_vain = 0;
      has_learnt = true;
      return;
    }
    failure = answer.error();
    in_vain += failure->code != ErrorCode::Malformed ? 1 : 0;
    is_to_wait = failure->code == ErrorCode::RateLimited;
  }

  // A refused batch says nothing of each post by itself; a server that is down stays down.
  void turn_to_each() {
    if (failure && failure->code != ErrorCode::Unavailable) {
      in_vain = 0;
    }
  }
};

// A post that cannot be read is there all the same; one that is not public any more is not.
bool exists_for_all(const MastodonItem& item) {
  const auto* skipped = std::get_if<SkippedPost>(&item.outcome);
  return skipped == nullptr || skipped->reason != SkipReason::NotPublic;
}

}  // namespace

MastodonConnector::MastodonConnector(SourceOptions options, HttpClient& http)
    : options_(std::move(options)), http_(http) {}

boost::asio::awaitable<Result<Page>> MastodonConnector::next(ReadRequest request) {
  const bool begins_anew = forget_what_does_not_serve(request);
  auto page = co_await next_step(std::move(request));
  if (page) {
    page->began_anew = begins_anew;
  }
  co_return page;
}

auto MastodonConnector::next_step(ReadRequest request) -> Task<Page> {
  auto progress = co_await resume_or_begin(request);
  if (!progress) {
    co_return progress.error();
  }
  const auto* account = std::get_if<Account>(&request.subject);
  if (account != nullptr && progress->account_id.empty()) {
    auto identified = co_await identify(*account, std::move(*progress));
    if (!identified) {
      co_return identified.error();
    }
    Page page;
    page.next.value = encode_mastodon_progress(*identified);
    co_return page;
  }
  co_return co_await read_page(std::move(request), std::move(*progress));
}

auto MastodonConnector::resume_or_begin(ReadRequest request) -> Task<MastodonProgress> {
  if (!request.progress.value.empty()) {
    co_return decode_mastodon_progress(request.progress.value);
  }
  auto known = co_await instance(request.now, kInstanceAge);
  if (!known) {
    co_return known.error();
  }
  MastodonProgress progress;
  progress.domain =
      known->domain.empty() ? std::string(authority_of_url(options_.url)) : known->domain;
  progress.hashtag = hashtag_digest(request.subject);
  progress.origin = request.backfill_from;
  co_return progress;
}

auto MastodonConnector::identify(Account account, MastodonProgress progress)
    -> Task<MastodonProgress> {
  const std::string name =
      lookup_name(account.handle, progress.domain, authority_of_url(options_.url));
  std::string path = "/api/v1/accounts/lookup?acct=" + percent_encode(name);
  auto response = co_await get(std::move(path));
  if (!response) {
    co_return response.error();
  }
  if (response->status == 404) {
    co_return Error{ErrorCode::Gone,
                    "the server does not know this account; watch it at its home server",
                    "unknown_account"};
  }
  if (auto error = find_error(*response)) {
    co_return *error;
  }
  auto found = parse_account(std::move(response->body));
  if (!found) {
    co_return found.error();
  }
  if (!is_user(found->username, account.handle)) {
    co_return Error{ErrorCode::Malformed, "the server answers with another account", "wrong_shape"};
  }
  progress.account_id = std::move(found->id);
  co_return progress;
}

auto MastodonConnector::read_page(ReadRequest request, MastodonProgress progress) -> Task<Page> {
  std::string max_id = next_max_id(progress, request.now);
  const bool may_give_up = request.give_up && !max_id.empty();
  auto page = co_await read_below(request, progress, std::move(max_id));
  if (page || !may_give_up || !may_lie_in_the_page(page.error())) {
    co_return page;
  }
  // Only where the same server answers now, and this page still does not come, is it the page.
  auto newest = co_await read_below(request, abandon(std::move(progress)), std::string());
  if (newest) {
    newest->gave_up = true;
  }
  co_return newest;
}

auto MastodonConnector::read_below(ReadRequest request, MastodonProgress progress,
                                   std::string max_id) -> Task<Page> {
  const bool is_hashtag = std::holds_alternative<Hashtag>(request.subject);
  if (is_hashtag) {
    co_await keep_known(request.now);
  }
  auto response = co_await get_timeline(request.subject, progress.account_id, max_id, request.now,
                                        Caches::MayAnswer);
  if (!response) {
    co_return response.error();
  }
  if (auto error = find_error(*response)) {
    const auto* account = std::get_if<Account>(&request.subject);
    if (account != nullptr && error->code == ErrorCode::Gone) {
      auto moved = co_await move_to_new_id(*account, progress);
      if (!moved) {
        co_return moved.error();
      }
      if (*moved) {
        co_return std::move(**moved);
      }
    }
    co_return *error;
  }
  const seconds age = age_of(*response);
  std::string digest;
  if (max_id.empty()) {
    digest = as_text(sha256(response->body));
  }
  const bool unchanged = !request.look_again && !digest.empty() && digest == progress.newest_page;
  const MastodonReading how = reading(request.subject, progress.domain, *response);
  auto items = unchanged ? parse_places(std::move(response->body))
                         : parse_statuses(std::move(response->body), how);
  if (!items) {
    co_return items.error();
  }
  if (items->empty() && !max_id.empty()) {
    if (auto doubt = doubt_end(request.progress, progress)) {
      co_return *doubt;
    }
    auto below = co_await look_below(request, progress, max_id, how);
    if (!below) {
      co_return below.error();
    }
    items = std::move(*below);
  }
  if (items->empty()) {
    auto explained = co_await explain_emptiness(request, progress);
    if (!explained) {
      co_return explained.error();
    }
    if (*explained) {
      co_return std::move(**explained);
    }
  }
  MastodonAnswer answer{.max_id = max_id,
                        .items = std::move(*items),
                        .now = request.now,
                        .age = age,
                        .digest = std::move(digest),
                        .partial = std::string(is_hashtag ? remark() : ""),
                        .unchanged = unchanged};
  co_return advance(std::move(progress), std::move(answer));
}

// A page that begins anew when the server has given the account another id, as after a new
// installation; nothing when the id is still right.
auto MastodonConnector::move_to_new_id(Account account, MastodonProgress progress)
    -> Task<std::optional<Page>> {
  auto identified = co_await identify(std::move(account), progress);
  if (!identified) {
    co_return identified.error();
  }
  if (identified->account_id == progress.account_id) {
    co_return std::nullopt;
  }
  MastodonProgress anew;
  anew.domain = progress.domain;
  anew.origin = progress.origin;
  anew.account_id = identified->account_id;
  Page page;
  page.next.value = encode_mastodon_progress(anew);
  co_return page;
}

// A walk that ends above its head says that everything from there down to the head has gone, and
// the head moves: it is believed in the second poll that sees it.
std::optional<Error> MastodonConnector::doubt_end(const Progress& at,
                                                  const MastodonProgress& progress) {
  if (!progress.walk || progress.head.empty() || doubts_.erase(at.value) > 0) {
    return std::nullopt;
  }
  if (doubts_.size() >= kMostDoubts) {
    doubts_.clear();
  }
  doubts_.insert(at.value);
  return Error{ErrorCode::Unavailable, "the server shows nothing where it had posts", "empty_page"};
}

// An empty page ends a walk for good, so it is believed only when it comes twice: a cache or a
// server in trouble answers `[]` too.
auto MastodonConnector::look_below(ReadRequest request, MastodonProgress progress,
                                   std::string max_id, MastodonReading how)
    -> Task<std::vector<MastodonItem>> {
  auto response = co_await get_timeline(request.subject, progress.account_id, max_id, request.now,
                                        Caches::MustAsk);
  if (!response) {
    co_return response.error();
  }
  if (auto error = find_error(*response)) {
    co_return *error;
  }
  co_return parse_statuses(std::move(response->body), how);
}

// An empty timeline may be a closed one, or of an account that is no longer known by this id.
// Nothing when it is just empty.
auto MastodonConnector::explain_emptiness(ReadRequest request, MastodonProgress progress)
    -> Task<std::optional<Page>> {
  const bool was_empty = progress.head.empty() && !progress.walk;
  if (const auto* account = std::get_if<Account>(&request.subject)) {
    if (was_empty || progress.walk ||
        is_recent(progress.day_reread_at, request.now, kLookupInterval)) {
      co_return std::nullopt;
    }
    co_return co_await move_to_new_id(*account, std::move(progress));
  }
  // A walk that ends moves the head: only what the server says now will do.
  const seconds max_age = progress.walk ? seconds(0)
                          : was_empty   ? seconds(kInstanceAge)
                                        : kDoubtedInstanceAge;
  auto known = co_await instance(request.now, max_age);
  if (!known) {
    co_return known.error();
  }
  if (!is_readable(known->local_hashtags) && !is_readable(known->remote_hashtags)) {
    co_return Error{ErrorCode::Forbidden, "the server has closed its hashtags to us",
                    "closed_feed"};
  }
  co_return std::nullopt;
}

auto MastodonConnector::get_timeline(Subject subject, std::string account_id, std::string max_id,
                                     TimePoint now, Caches caches) -> Task<HttpResponse> {
  std::string query(caches == Caches::MustAsk ? kFreshPageQuery : kPageQuery);
  if (!max_id.empty()) {
    query += "&max_id=" + percent_encode(max_id);
  }
  if (const auto* hashtag = std::get_if<Hashtag>(&subject)) {
    co_return co_await get_hashtag(*hashtag, std::move(query), now, caches);
  }
  std::string path = "/api/v1/accounts/" + percent_encode(account_id) + "/statuses" + query;
  co_return co_await get(std::move(path), caches);
}

// Where only posts from elsewhere are closed to strangers, a request for all is refused as a whole
// (mastodon, timelines/topic_controller.rb): then the local ones are asked for.
auto MastodonConnector::get_hashtag(Hashtag hashtag, std::string query, TimePoint now,
                                    Caches caches) -> Task<HttpResponse> {
  const std::string path =
      "/api/v1/timelines/tag/" + percent_encode(hashtag.spelling()) + std::move(query);
  const std::string local_path = path + "&local=true";
  if (reads_local_posts_only()) {
    co_return co_await get(local_path, caches);
  }
  auto response = co_await get(path, caches);
  if (!response || !is_refusal(*response) || !is_anonymous()) {
    co_return response;
  }
  auto known = co_await instance(now, kDoubtedInstanceAge);
  if (!known || !reads_local_posts_only()) {
    co_return response;
  }
  co_return co_await get(local_path, caches);
}

auto MastodonConnector::get(std::string path, Caches caches) -> Task<HttpResponse> {
  HttpRequest request;
  request.url = options_.url + path;
  request.headers = {"Accept: application/json"};
  if (caches == Caches::MustAsk) {
    request.headers.emplace_back("Cache-Control: no-cache");  // RFC 9111 section 5.2.1.4
  }
  request.bearer_token = options_.token;
  request.max_body_bytes = kMaxAnswerBytes;
  co_return co_await http_.send(std::move(request));
}

auto MastodonConnector::instance(TimePoint now, seconds max_age) -> Task<MastodonInstance> {
  if (known_instance_ && is_recent(known_instance_->read_at, now, max_age)) {
    co_return known_instance_->instance;
  }
  auto read = co_await read_instance();
  if (read) {
    known_instance_ = KnownInstance{*read, now};
  }
  co_return read;
}

// What a server shows of its hashtags may change while all requests are answered. On failure what
// was known stands, and nobody asks again for some minutes.
boost::asio::awaitable<void> MastodonConnector::keep_known(TimePoint now) {
  if (instance_failed_at_ && now - *instance_failed_at_ < kDoubtedInstanceAge) {
    co_return;
  }
  const auto read = co_await instance(now, kAccessAge);
  instance_failed_at_ = read ? std::nullopt : std::optional(now);
}

auto MastodonConnector::read_instance() -> Task<MastodonInstance> {
  for (const std::string_view version : {"v2", "v1"}) {
    std::string path = "/api/" + std::string(version) + "/instance";
    auto response = co_await get(std::move(path));
    if (!response) {
      co_return response.error();
    }
    if (is_silence(*response)) {
      continue;
    }
    if (auto error = find_error(*response)) {
      co_return *error;
    }
    co_return parse_instance(std::move(response->body));
  }
  co_return MastodonInstance{};
}

boost::asio::awaitable<Result<std::vector<Presence>>> MastodonConnector::presence(
    std::vector<PostToCheck> posts) {
  std::vector<Presence> answers(posts.size(), Presence::Unknown);
  if (posts.empty()) {
    co_return answers;
  }
  if (!known_instance_) {
    // Without a clock at hand it counts as long read for everybody else.
    auto read = co_await instance(TimePoint{}, seconds(0));
    if (!read) {
      co_return read.error();
    }
  }
  Questioning questioning;
  if (known_instance_->instance.has_batches && posts.size() > 1) {
    for (std::size_t begin = 0; begin < posts.size() && questioning.goes_on(); begin += kBatch) {
      const std::size_t end = std::min(begin + kBatch, posts.size());
      std::vector<PostToCheck> some(posts.begin() + static_cast<std::ptrdiff_t>(begin),
                                    posts.begin() + static_cast<std::ptrdiff_t>(end));
      auto shown = co_await shown_of(std::move(some));
      questioning.note(shown);
      for (std::size_t i = begin; shown && i < end; ++i) {
        answers[i] = shown->contains(posts[i].id) ? Presence::Here : Presence::Unknown;
      }
    }
  }
  questioning.turn_to_each();
  // A batch may leave out what is there, too: gone is only what is said to be by itself. Who was
  // refused the last time comes last, or two such posts would keep all others from being asked
  // about.
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < posts.size(); ++i) {
    if (answers[i] == Presence::Unknown) {
      unknown.push_back(i);
    }
  }
  std::stable_partition(unknown.begin(), unknown.end(),
                        [&](std::size_t i) { return !refused_.contains(posts[i].id); });
  for (std::size_t turn = 0; turn < unknown.size() && questioning.goes_on(); ++turn) {
    const std::size_t i = unknown[turn];
    auto alone = co_await presence_of(posts[i].id);
    questioning.note(alone);
    answers[i] = alone ? *alone : Presence::Unknown;
    note_refusal(posts[i].id, !alone);
  }
  if (questioning.failure && !questioning.has_learnt) {
    co_return *questioning.failure;
  }
  co_return answers;
}

void MastodonConnector::note_refusal(const std::string& id, bool is_refused) {
  if (!is_refused) {
    refused_.erase(id);
    return;
  }
  if (refused_.size() == kMostRefused) {
    refused_.clear();
  }
  refused_.insert(id);
}

// Those of at most kBatch posts that the server shows.
auto MastodonConnector::shown_of(std::vector<PostToCheck> posts) -> Task<std::set<std::string>> {
  std::string path = "/api/v1/statuses";
  for (const PostToCheck& post : posts) {
    path += (path.find('?') == std::string::npos ? "?id%5B%5D=" : "&id%5B%5D=") +
            percent_encode(post.id);
  }
  auto response = co_await get(std::move(path));
  if (!response) {
    co_return response.error();
  }
  if (auto error = find_error(*response)) {
    co_return *error;
  }
  auto items = parse_statuses(std::move(response->body), MastodonReading{.accept_unlisted = true});
  if (!items) {
    co_return items.error();
  }
  std::set<std::string> shown;
  for (const MastodonItem& item : *items) {
    if (exists_for_all(item)) {
      shown.insert(item.id);
    }
  }
  co_return shown;
}

// That a post is gone leads to its erasure, so only the API itself is believed.
auto MastodonConnector::presence_of(std::string id) -> Task<Presence> {
  std::string path = "/api/v1/statuses/" + percent_encode(id);
  auto response = co_await get(std::move(path));
  if (!response) {
    co_return response.error();
  }
  if (auto error = find_error(*response)) {
    if (error->code != ErrorCode::Gone) {
      co_return *error;
    }
    if (auto foreign = find_foreign_word(std::move(response->body))) {
      co_return *foreign;
    }
    co_return Presence::Gone;
  }
  auto item = parse_status(std::move(response->body), MastodonReading{.accept_unlisted = true});
  if (!item) {
    co_return item.error();
  }
  if (item->id != id) {
    co_return Error{ErrorCode::Malformed, "the server answers with another post", "wrong_shape"};
  }
  co_return exists_for_all(*item) ? Presence::Here : Presence::Gone;
}

std::string_view MastodonConnector::remark() const {
  return sees_local_posts_only() ? "local_only" : "";
}

bool MastodonConnector::sees_local_posts_only() const {
  return known_instance_ && is_readable(known_instance_->instance.local_hashtags) &&
         !is_readable(known_instance_->instance.remote_hashtags);
}

// Who has a token gets them without asking.
bool MastodonConnector::reads_local_posts_only() const {
  return is_anonymous() && sees_local_posts_only();
}

bool MastodonConnector::is_readable(MastodonInstance::Access access) const {
  switch (access) {
    case MastodonInstance::Access::Unknown:
    case MastodonInstance::Access::Public:
      return true;
    case MastodonInstance::Access::Authenticated:
      return !is_anonymous();
    case MastodonInstance::Access::Disabled:
      return false;
  }
  return false;
}

bool MastodonConnector::honours(std::string_view flag) const {
  return std::ranges::find(options_.honour, flag) != options_.honour.end();
}

MastodonReading MastodonConnector::reading(const Subject& subject, const std::string& domain,
                                           const HttpResponse& response) const {
  MastodonReading how;
  how.host = domain;
  how.accept_unlisted = std::holds_alternative<Account>(subject);
  how.media_from_origin = options_.media_from_origin;
  how.honour_noindex = honours("noindex");
  how.honour_nobot = honours("nobot");
  how.honour_not_indexable = honours("not-indexable");
  how.all_opted_out = honours("noimageai") && refuses_image_readers(response);
  return how;
}

}  // namespace sightingd
