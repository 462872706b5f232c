#include "tests/system/http.h"

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

namespace sightingd::test {
namespace {

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Sink = std::function<bool(std::string_view)>;

std::size_t on_body(char* data, std::size_t, std::size_t size, void* sink) {
  return (*static_cast<const Sink*>(sink))({data, size}) ? size : 0;
}

Easy request(const std::string& url, const Sink& sink) {
  // Before any thread of a test could make the first handle.
  static const auto initialized = curl_global_init(CURL_GLOBAL_ALL);
  EXPECT_EQ(initialized, CURLE_OK);
  Easy easy(curl_easy_init(), curl_easy_cleanup);
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &sink);
  return easy;
}

}  // namespace

std::string http_get(const std::string& url) {
  std::string body;
  const Sink sink = [&body](std::string_view bytes) {
    body += bytes;
    return true;
  };
  const auto easy = request(url, sink);
  const auto code = curl_easy_perform(easy.get());
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK || status != 200) {
    throw std::runtime_error(url + ": " + curl_easy_strerror(code) + ", status " +
                             std::to_string(status));
  }
  return body;
}

std::string url_encoded(std::string_view text) {
  const std::unique_ptr<char, decltype(&curl_free)> encoded(
      curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())), curl_free);
  return encoded.get();
}

void read_unix_socket(const std::filesystem::path& socket, const std::string& target,
                      const std::function<bool(std::string_view)>& on_bytes) {
  const Sink sink = on_bytes;
  const auto easy = request("http://sightingd" + target, sink);
  curl_easy_setopt(easy.get(), CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  curl_easy_perform(easy.get());  // However it ends: the other side may be killed at any time.
}

}  // namespace sightingd::test
