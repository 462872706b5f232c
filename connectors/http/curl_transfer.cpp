#include "connectors/http/curl_transfer.h"

#include "connectors/http/header_text.h"
#include "connectors/http/http_date.h"
#include "connectors/http/rate_limit_headers.h"

#include <sys/socket.h>

#include <algorithm>
#include <new>
#include <utility>

namespace sightingd {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kConnectTimeout = std::chrono::seconds(10);
// A transfer below this rate for this long stands still.
constexpr long kLowSpeedBytes = 100;
constexpr std::chrono::seconds kLowSpeedTime{20};
constexpr std::size_t kMostHeaders = 200;
constexpr std::size_t kMostHeaderBytes = 64U << 10U;

Error malformed_url() { return {ErrorCode::Malformed, "not an http or https URL", "url"}; }

Error refused_redirect(std::string message) {
  return {ErrorCode::Malformed, std::move(message), "redirects"};
}

Error refused_address() {
  return {ErrorCode::Forbidden, "the address guard refused to connect", "address"};
}

Error unavailable(std::string message, std::string_view reason) {
  return {ErrorCode::Unavailable, std::move(message), reason};
}

bool is_secret_header(std::string_view line) {
  const auto name = lower_ascii(line.substr(0, line.find(':')));
  return name == "authorization" || name == "cookie";
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

CurlTransfer::CurlTransfer(HttpRequest request, CurlSettings& settings)
    : request_(std::move(request)),
      settings_(settings),
      deadline_(steady_clock::now() + request_.timeout),
      easy_(curl_easy_init()),
      outcome_(unavailable("the request has not ended", "cancelled")) {
  if (!easy_) {
    throw std::bad_alloc();
  }
}

std::optional<Error> CurlTransfer::aim() {
  const bool clean = is_one_line(request_.method) && is_one_line(request_.bearer_token) &&
                     std::all_of(request_.headers.begin(), request_.headers.end(), is_one_line);
  if (!clean) {
    return Error{ErrorCode::Malformed, "a request header holds control characters", "url"};
  }
  home_ = HttpUrl::parse(request_.url);
  if (!home_) {
    return malformed_url();
  }
  set_connection_options();
  set_request_options();
  return aim_at(*home_);
}

void CurlTransfer::set_connection_options() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // Otherwise libcurl waits for its resolver thread before it lets go of a transfer.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectTimeout.count()));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kLowSpeedBytes);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(kLowSpeedTime.count()));
  // An empty text is not "none given": it keeps libcurl from asking the environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, settings_.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  if (!settings_.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, settings_.ca_file.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &on_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
}

void CurlTransfer::set_request_options() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_USERAGENT, settings_.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // All that libcurl can decode.
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  if (request_.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                   static_cast<curl_off_t>(request_.max_body_bytes));
  if (request_.method != "GET") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
  }
}

std::optional<Error> CurlTransfer::aim_at(HttpUrl url) {
  const auto left = std::chrono::ceil<milliseconds>(deadline_ - steady_clock::now());
  if (left <= milliseconds(0)) {
    return unavailable("no answer in time", "timeout");
  }
  here_ = std::move(url);
  refused_ = false;
  connected_ = false;
  response_ = {};
  header_bytes_ = 0;
  if (auto refused = check_through_proxy()) {
    return refused;
  }
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, here_->text().c_str());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  // Over TLS a second request had better wait whether the first connection can carry it too.
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, here_->is_encrypted() ? 1L : 0L);
  set_headers();
  return std::nullopt;
}

// The proxy resolves names and connects; what can be seen from here is the URL.
std::optional<Error> CurlTransfer::check_through_proxy() {
  if (settings_.proxy.empty()) {
    return std::nullopt;
  }
  const auto address = here_->literal_address();
  const bool listed = address && settings_.guard.lists(*address);
  const bool allowed = !address || settings_.guard.allows(*address);
  if (!allowed || (shows_token_in_clear() && !listed)) {
    ++settings_.refused_addresses;
    return refused_address();
  }
  return std::nullopt;
}

void CurlTransfer::set_headers() {
  const bool at_home = is_at_home();
  CurlList list;
  const auto add = [&list](const std::string& line) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) {
      throw std::bad_alloc();
    }
    static_cast<void>(list.release());
    list.reset(longer);
  };
  add("Expect:");  // Never wait for "100 Continue".
  if (at_home && !request_.bearer_token.empty()) {
    add("Authorization: Bearer " + request_.bearer_token);
  }
  for (const auto& line : request_.headers) {
    if (at_home || !is_secret_header(line)) {
      add(line);
    }
  }
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, list.get());
  headers_ = std::move(list);
}

bool CurlTransfer::is_at_home() const { return here_->has_same_origin(*home_); }

bool CurlTransfer::shows_token_in_clear() const {
  return is_at_home() && !here_->is_encrypted() && !request_.bearer_token.empty();
}

std::size_t CurlTransfer::on_header(char* line, std::size_t, std::size_t size,
                                    void* user) noexcept {
  return static_cast<CurlTransfer*>(user)->take_header({line, size}) ? size : 0;
}

bool CurlTransfer::take_header(std::string_view line) {
  auto& headers = response_.headers;
  if (line.starts_with("HTTP/")) {  // Also after a 1xx answer.
    headers.clear();
    header_bytes_ = 0;
    return true;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) {
    return true;
  }
  header_bytes_ += line.size();
  if (headers.size() >= kMostHeaders || header_bytes_ > kMostHeaderBytes) {
    headers_too_large_ = true;
    return false;
  }
  headers.emplace_back(lower_ascii(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
  return true;
}

std::size_t CurlTransfer::on_body(char* bytes, std::size_t, std::size_t size, void* user) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(user);
  auto& body = transfer.response_.body;
  if (size > transfer.request_.max_body_bytes - body.size()) {
    transfer.body_too_large_ = true;
    return 0;
  }
  body.append(bytes, size);
  return size;
}

curl_socket_t CurlTransfer::on_socket(void* user, curlsocktype, curl_sockaddr* address) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(user);
  const bool to_proxy = !transfer.settings_.proxy.empty();
  if (!to_proxy && !transfer.settings_.guard.allows(&address->addr)) {
    transfer.refused_ = true;
    ++transfer.settings_.refused_addresses;
    return CURL_SOCKET_BAD;
  }
  transfer.connected_ = true;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Also called when a connection is used again that another request opened without a token.
int CurlTransfer::on_connected(void* user, char* address, char*, int, int) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(user);
  if (!transfer.settings_.proxy.empty() || !transfer.shows_token_in_clear()) {
    return CURL_PREREQFUNC_OK;
  }
  const auto ip = parse_ip_address(address);
  if (ip && transfer.settings_.guard.lists(*ip)) {
    return CURL_PREREQFUNC_OK;
  }
  transfer.refused_ = true;
  transfer.connected_ = false;
  ++transfer.settings_.refused_addresses;
  return CURL_PREREQFUNC_ABORT;
}

bool CurlTransfer::ended(CURLcode code) {
  if (code != CURLE_OK) {
    outcome_ = failure_of(code);
    return false;
  }
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
  const bool repeatable = request_.method == "GET" || request_.method == "HEAD";
  if (!repeatable || !is_redirect(response_.status)) {
    succeed();
    return false;
  }
  const char* target = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &target);
  if (request_.max_redirects == 0) {
    response_.redirect_target = target == nullptr ? "" : target;
    succeed();
    return false;
  }
  if (auto failure = follow(target)) {
    outcome_ = std::move(*failure);
    return false;
  }
  return true;
}

std::optional<Error> CurlTransfer::follow(const char* target) {
  if (target == nullptr) {
    return refused_redirect("a redirect without a usable target");
  }
  if (++redirects_ > request_.max_redirects) {
    return refused_redirect("too many redirects");
  }
  const auto next = HttpUrl::parse(target);
  if (!next) {
    return refused_redirect("a redirect to something that is not http or https");
  }
  if (here_->is_encrypted() && !next->is_encrypted()) {
    return refused_redirect("a redirect from https to http");
  }
  return aim_at(*next);
}

void CurlTransfer::succeed() {
  response_.final_url = here_->text();
  response_.date = parse_http_date(response_.header("date"));
  response_.rate_limit = read_rate_limit(response_.headers, response_.date);
  outcome_ = std::move(response_);
}

Error CurlTransfer::failure_of(CURLcode code) const {
  if (refused_ && !connected_) {
    return refused_address();
  }
  if (headers_too_large_) {
    return {ErrorCode::TooLarge, "response headers exceed their limit", "too_large"};
  }
  if (body_too_large_ || code == CURLE_FILESIZE_EXCEEDED) {
    return {ErrorCode::TooLarge, "response body exceeds its limit", "too_large"};
  }
  const std::string message = curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return malformed_url();
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unavailable(message, "dns");
    case CURLE_OPERATION_TIMEDOUT:
      return unavailable(message, "timeout");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return unavailable(message, "tls");
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return unavailable(message, "truncated");
    case CURLE_UNSUPPORTED_PROTOCOL:  // An answer that is not HTTP looks like HTTP/0.9.
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return unavailable(message, "garbled");
    default:
      return unavailable(message, "unreachable");
  }
}

void CurlTransfer::cancel() { outcome_ = unavailable("the request was cancelled", "cancelled"); }

Result<HttpResponse> CurlTransfer::take_outcome() { return std::move(outcome_); }

}  // namespace sightingd
