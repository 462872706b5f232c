#pragma once

#include "connectors/http/address_guard.h"
#include "connectors/http/curl_handle.h"
#include "connectors/http/http_client.h"
#include "connectors/http/http_url.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace sightingd {

/// What every transfer of one client shares.
struct CurlSettings {
  AddressGuard guard;
  std::string user_agent;
  std::string proxy;    ///< Empty: none.
  std::string ca_file;  ///< Empty: the system's.
  std::uint64_t refused_addresses = 0;
};

/// One request and the redirects it leads to, as a libcurl easy handle that somebody else drives.
///
/// libcurl is not left to follow redirects by itself: each hop is checked here, and what is
/// secret is kept from other hosts. Lives at one address, because libcurl holds it.
class CurlTransfer {
 public:
  /// `settings` must outlive the transfer.
  CurlTransfer(HttpRequest request, CurlSettings& settings);

  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  CURL* handle() const { return easy_.get(); }

  /// Prepares the first hop. On failure the handle must not be driven.
  std::optional<Error> aim();

  /// Called when the handle ended with `code`. True when it is prepared for another hop and must
  /// be driven again; else the outcome stands.
  bool ended(CURLcode code);

  /// Gives the request up.
  void cancel();

  /// What became of the request; to be taken once.
  Result<HttpResponse> take_outcome();

 private:
  static std::size_t on_header(char* line, std::size_t, std::size_t size, void* user) noexcept;
  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* user) noexcept;
  static curl_socket_t on_socket(void* user, curlsocktype, curl_sockaddr* address) noexcept;
  static int on_connected(void* user, char* address, char*, int, int) noexcept;

  std::optional<Error> aim_at(HttpUrl url);
  std::optional<Error> check_through_proxy();
  std::optional<Error> follow(const char* target);
  void set_connection_options();
  void set_request_options();
  void set_headers();
  bool take_header(std::string_view line);
  bool is_at_home() const;
  bool shows_token_in_clear() const;
  Error failure_of(CURLcode code) const;
  void succeed();

  HttpRequest request_;
  CurlSettings& settings_;
  const std::chrono::steady_clock::time_point deadline_;
  CurlEasy easy_;
  CurlList headers_;
  std::optional<HttpUrl> home_;  // Where the request was meant to go ...
  std::optional<HttpUrl> here_;  // ... and where redirects have led it.
  int redirects_ = 0;
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  bool headers_too_large_ = false;
  bool body_too_large_ = false;
  bool refused_ = false;    // By the guard, in this hop.
  bool connected_ = false;  // Some address was let through, in this hop.
  Result<HttpResponse> outcome_;
};

}  // namespace sightingd
