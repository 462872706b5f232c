#include "connectors/http/replay_http_client.h"

#include "connectors/http/http_date.h"
#include "connectors/http/rate_limit_headers.h"

#include <algorithm>
#include <fstream>
#include <utility>

namespace sightingd {
namespace {

constexpr std::uintmax_t kLargestIndex = 64U << 20U;

// Nothing when the file cannot be read whole or is larger than `limit`.
Result<std::string> read_file(const std::filesystem::path& path, std::uintmax_t limit) {
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  if (failure) {
    return Error{ErrorCode::Malformed, "cannot read a recorded file: " + failure.message(),
                 "replay"};
  }
  if (size > limit) {
    return Error{ErrorCode::TooLarge, "a recorded file exceeds its limit", "too_large"};
  }
  std::string content(static_cast<std::size_t>(size), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(content.data(), static_cast<std::streamsize>(size))) {
    return Error{ErrorCode::Malformed, "cannot read a recorded file", "replay"};
  }
  return content;
}

// True when `path`, with all links followed, lies in `directory`, which is canonical.
bool lies_in(const std::filesystem::path& directory, const std::filesystem::path& path) {
  std::error_code failure;
  const auto real = std::filesystem::canonical(path, failure);
  return !failure &&
         std::mismatch(directory.begin(), directory.end(), real.begin(), real.end()).first ==
             directory.end();
}

}  // namespace

Result<std::unique_ptr<ReplayHttpClient>> ReplayHttpClient::open(
    const std::filesystem::path& directory, std::string origin, const Clock& clock) {
  std::error_code failure;
  auto real_directory = std::filesystem::canonical(directory, failure);
  if (failure) {
    return Error{ErrorCode::Malformed, "cannot open the replay directory: " + failure.message(),
                 "replay"};
  }
  const auto text = read_file(real_directory / "exchanges.json", kLargestIndex);
  if (!text) {
    return Error{ErrorCode::Malformed, "exchanges.json: " + text.error().message, "replay"};
  }
  auto index = ReplayIndex::parse(*text);
  if (!index) {
    return index.error();
  }
  return std::unique_ptr<ReplayHttpClient>(
      new ReplayHttpClient(std::move(real_directory), std::move(*index), std::move(origin), clock));
}

ReplayHttpClient::ReplayHttpClient(std::filesystem::path directory, ReplayIndex index,
                                   std::string origin, const Clock& clock)
    : directory_(std::move(directory)),
      index_(std::move(index)),
      origin_(std::move(origin)),
      clock_(clock) {}

boost::asio::awaitable<Result<HttpResponse>> ReplayHttpClient::send(HttpRequest request) {
  co_return answer(request);
}

Result<HttpResponse> ReplayHttpClient::answer(const HttpRequest& request) {
  std::string_view target = request.url;
  if (target.starts_with(origin_) && target.substr(origin_.size()).starts_with('/')) {
    target.remove_prefix(origin_.size());
  }
  HttpResponse response;
  response.final_url = request.url;
  response.date = clock_.now();
  const ReplayExchange* exchange =
      index_.find(request.method, canonical_replay_target(target), request.bearer_token);
  if (exchange == nullptr) {
    response.status = 404;
    return response;
  }
  std::size_t& turn = turns_[exchange];
  const ReplayAnswer& answer = exchange->answers[turn];
  turn = std::min(turn + 1, exchange->answers.size() - 1);
  if (!answer.failure.empty()) {
    return Error{ErrorCode::Unavailable, "recorded failure", answer.failure};
  }
  auto body = body_of(answer, request.max_body_bytes);
  if (!body) {
    return body.error();
  }
  response.status = answer.status;
  response.headers = answer.headers;
  response.body = std::move(*body);
  response.rate_limit = read_rate_limit(response.headers, parse_http_date(response.header("date")));
  return response;
}

Result<std::string> ReplayHttpClient::body_of(const ReplayAnswer& answer, std::size_t limit) const {
  if (answer.body_file.empty()) {
    if (answer.body.size() > limit) {
      return Error{ErrorCode::TooLarge, "response body exceeds its limit", "too_large"};
    }
    return answer.body;
  }
  const auto path = directory_ / answer.body_file;
  if (!lies_in(directory_, path)) {
    return Error{ErrorCode::Malformed, "a recorded body is not a file in the replay directory",
                 "replay"};
  }
  return read_file(path, limit);
}

}  // namespace sightingd
