#include "daemon/ingest/image_intake.h"

#include "connectors/http/http_url.h"
#include "daemon/workers/on_worker.h"
#include "pipeline/stripped_size.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

// Most photos on micro-blogs are smaller than this; a larger one is asked for again with room
// for the largest that is allowed. So many small ones may be on their way at once, and memory
// still has a ceiling.
constexpr std::uint64_t kUsualBytes = 2ULL << 20U;

constexpr std::chrono::seconds kFetchTimeout{60};

// Counts one thing for as long as it lives.
class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
};

HttpRequest image_request(std::string url, std::uint64_t max_bytes) {
  HttpRequest request;
  request.url = std::move(url);
  request.headers = {"Accept: image/*"};
  request.timeout = kFetchTimeout;
  request.max_body_bytes = max_bytes;
  return request;
}

TakenImage not_taken(bool is_servers_failure = true) {
  return {.outcome = FetchFailed{}, .staged = nullptr, .is_servers_failure = is_servers_failure};
}

bool is_too_large(const Result<HttpResponse>& response) {
  return response.has_error() && response.error().code == ErrorCode::TooLarge;
}

}  // namespace

ImageIntake::ImageIntake(asio::any_io_executor executor, Limits limits, Examiner& examiner,
                         Store& store, asio::thread_pool& workers, StageDurations& durations)
    : limits_(limits),
      hosts_(executor, kAtOncePerHost),
      allowance_(executor, limits.in_flight),
      growth_(std::move(executor), kTiffsAtOnce * kTiffSlack),
      examiner_(examiner),
      store_(store),
      workers_(workers),
      durations_(durations) {}

asio::awaitable<Result<TakenImage>> ImageIntake::take(HttpClient& http, std::string url) {
  if (!cannot_examine().empty()) {
    co_return not_taken(false);
  }
  if (url.empty()) {
    co_return not_taken();
  }
  Allowance::Share share;
  auto response = co_await fetch(http, std::move(url), share);
  if (is_too_large(response)) {
    co_return TakenImage{ImageRejected{RejectReason::TooLarge}, nullptr};
  }
  if (!response || response->status != 200 || response->body.empty()) {
    co_return not_taken(response || response.error().code != ErrorCode::RateLimited);
  }
  co_return co_await examine(std::move(response->body));
}

asio::awaitable<Result<HttpResponse>> ImageIntake::fetch(HttpClient& http, std::string url,
                                                         Allowance::Share& share) {
  std::string origin = origin_of(url);
  const HostPlaces::Place place = co_await hosts_.take(std::move(origin));
  const std::uint64_t usual = std::min(kUsualBytes, limits_.max_bytes);
  share = co_await allowance_.take(usual);
  const Counted counted(fetching_);
  const auto begun = std::chrono::steady_clock::now();
  HttpRequest first = image_request(url, usual);
  auto response = co_await http.send(std::move(first));
  durations_.record(Stage::Fetch, std::chrono::steady_clock::now() - begun);
  if (!is_too_large(response) || usual == limits_.max_bytes) {
    co_return response;
  }
  share.release();
  share = co_await allowance_.take(limits_.max_bytes);
  HttpRequest second = image_request(std::move(url), limits_.max_bytes);
  co_return co_await http.send(std::move(second));
}

asio::awaitable<Result<TakenImage>> ImageIntake::examine(std::string bytes) {
  const Counted counted(examining_);
  Allowance::Share growth;
  if (begins_as_tiff(bytes)) {
    growth = co_await growth_.take(kTiffSlack);
  }
  const auto begun = std::chrono::steady_clock::now();
  auto examination = co_await examiner_.examine(std::move(bytes));
  durations_.record(Stage::Examine, std::chrono::steady_clock::now() - begun);
  if (!examination) {
    co_return not_taken(false);
  }
  if (std::holds_alternative<NotAnImage>(*examination)) {
    co_return not_taken();
  }
  if (const auto* reason = std::get_if<RejectReason>(&*examination)) {
    co_return TakenImage{ImageRejected{*reason}, nullptr};
  }
  auto& image = std::get<ExaminedImage>(*examination);
  // Before anything of it is written.
  if (store_.refuses(image.photo.id, image.forms)) {
    co_return TakenImage{ImageRefused{}, nullptr};
  }
  auto staged = co_await on_worker(
      workers_, [this, &image] { return store_.stage(image.photo.id, image.stripped); });
  if (!staged && staged.error().reason == "no-space") {
    co_return not_taken(false);
  }
  if (!staged) {
    co_return staged.error();
  }
  co_return TakenImage{PhotoFacts{std::move(image.photo), std::move(image.forms)},
                       std::move(*staged)};
}

}  // namespace sightingd
