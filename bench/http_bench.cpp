// http_bench [REQUESTS]
//
// What one keep-alive request costs the client's thread: through the whole stack that connectors
// are given, and by the barest use of libcurl, against the same loopback server in one run.
#include "connectors/http/budgeted_http_client.h"
#include "connectors/http/curl_handle.h"
#include "connectors/http/curl_http_client.h"
#include "tests/support/loopback_server.h"
#include "tests/support/manual_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <time.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

namespace sightingd::bench {
namespace {

namespace asio = boost::asio;

double thread_cpu_seconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

std::size_t drop(char*, std::size_t, std::size_t size, void*) noexcept { return size; }

void fetch_barely(const std::string& url, int requests) {
  const CurlEasy easy(curl_easy_init());
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &drop);
  for (int i = 0; i < requests; ++i) {
    if (curl_easy_perform(easy.get()) != CURLE_OK) {
      std::abort();
    }
  }
}

asio::awaitable<void> fetch_all(HttpClient& client, std::string url, int requests) {
  for (int i = 0; i < requests; ++i) {
    HttpRequest request{.url = url};
    const auto response = co_await client.send(std::move(request));
    if (!response || response->status != 200) {
      std::abort();
    }
  }
}

void fetch_through_the_stack(const std::string& url, int requests) {
  asio::io_context io(1);
  const auto curl =
      CurlHttpClient::make(io.get_executor(), {.allow_addresses = {"127.0.0.1"}}, "0").value();
  const test::ManualClock clock;
  BudgetedHttpClient client(io.get_executor(), *curl, clock, std::mt19937(1), {});
  asio::co_spawn(io, fetch_all(client, url, requests), [](std::exception_ptr failure) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  });
  io.run();
}

void measure(const char* name, void (*fetch)(const std::string&, int), const std::string& url,
             int requests) {
  fetch(url, 100);  // Warm: libraries are loaded, memory is mapped.
  const double begin = thread_cpu_seconds();
  fetch(url, requests);
  const double each = (thread_cpu_seconds() - begin) / requests;
  std::printf("%-32s %8.1f us of CPU a request\n", name, each * 1e6);
}

int run(std::string_view argument) {
  int requests = 5000;
  if (!argument.empty()) {
    std::from_chars(argument.data(), argument.data() + argument.size(), requests);
  }
  test::LoopbackServer server;
  test::LoopbackAnswer answer;
  answer.body = std::string(2000, 'x');
  answer.headers = {"Date: Tue, 24 Nov 2026 00:22:45 GMT", "X-RateLimit-Limit: 300"};
  server.answer("/", answer);
  measure("libcurl alone (reference)", &fetch_barely, server.url("/"), requests);
  measure("budget, guard, libcurl in Asio", &fetch_through_the_stack, server.url("/"), requests);
  return 0;
}

}  // namespace
}  // namespace sightingd::bench

int main(int count, char** arguments) {
  return sightingd::bench::run(count > 1 ? arguments[1] : "");
}
