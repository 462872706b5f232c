#pragma once

#include "connectors/connector.h"
#include "connectors/http/http_client.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sightingd {

/// A post of the fake server.
struct FakePost {
  std::uint64_t id = 0;  ///< As Mastodon makes it: milliseconds of its arrival, then 16 bits.
  TimePoint posted_at = {};
  std::string edited_at = {};
  std::string visibility = "public";
  std::string extra = {};  ///< More members of its JSON, each followed by a comma.
};

/// A Mastodon server in memory, behind the client that a connector is given: one hashtag and the
/// account "rescue" with the same posts, newest id first, below `max_id` and above `since_id`,
/// never more than `page_limit`; lookup, statuses one by one and in batches; the instance.
class FakeMastodon final : public HttpClient {
 public:
  FakeMastodon() = default;

  /// A post that arrives at `arrived` and says it was written at `posted_at`.
  FakePost& add(TimePoint arrived, TimePoint posted_at);
  /// A post that is written and arrives at `now`.
  FakePost& add(TimePoint now) { return add(now, now); }
  FakePost& at(std::uint64_t id) { return posts_.at(id); }
  void erase(std::uint64_t id) { posts_.erase(id); }
  std::vector<FakePost> posts() const;
  static std::string uri_of(std::uint64_t id);

  boost::asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override;

  std::size_t page_limit = 40;
  bool ignores_max_id = false;
  std::string instance_body = R"({"domain":"social.example.org","version":"4.2.0"})";
  long instance_status = 200;
  std::string account_id = "109000000000000001";
  /// Answers requests for a hashtag in its stead when it answers at all.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> gate = {};
  /// Given to the next requests, first of all.
  std::deque<Result<HttpResponse>> scripted = {};
  std::vector<HttpRequest> requests = {};

 private:
  HttpResponse answer(const HttpRequest& request) const;
  HttpResponse timeline(const std::string& url) const;
  HttpResponse statuses(const std::string& url) const;
  HttpResponse status(std::uint64_t id) const;

  std::map<std::uint64_t, FakePost, std::greater<>> posts_;
  std::uint64_t sequence_ = 0;
};

/// Adds posts that were written and arrived a minute apart, the last of them at `newest`.
void fill(FakeMastodon& server, int count, TimePoint newest);

HttpResponse http_answer(long status, std::string body);

/// Runs one call of a connector to its end.
Result<Page> read_next(Connector& connector, ReadRequest request);
Result<std::vector<Presence>> ask_presence(Connector& connector, std::vector<PostToCheck> posts);

}  // namespace sightingd
