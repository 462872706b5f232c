#include "connectors/http/replay_http_client.h"

#include "tests/connectors/http/event_loop.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <fstream>

namespace sightingd {
namespace {

using namespace std::chrono_literals;

class ReplayHttpClientTest : public ::testing::Test {
 protected:
  void write(const std::filesystem::path& name, const std::string& content) {
    std::filesystem::create_directories((directory.path() / name).parent_path());
    std::ofstream(directory.path() / name) << content;
  }

  void record(const std::string& exchanges) {
    write("exchanges.json", R"({"format":1,"exchanges":[)" + exchanges + "]}");
    client = ReplayHttpClient::open(directory.path(), "https://source.example", clock).value();
  }

  Result<HttpResponse> get(std::string url) { return send({.url = std::move(url)}); }
  Result<HttpResponse> send(HttpRequest request) { return loop.send(*client, std::move(request)); }

  test::TemporaryDirectory directory;
  test::ManualClock clock;
  test::EventLoop loop;
  std::unique_ptr<ReplayHttpClient> client;
};

TEST_F(ReplayHttpClientTest, AnswersInTurnAndThenWithTheLast) {
  record(R"({"target":"/a","answers":[{"body":"first"},{"status":500,"body":"last"}]})");

  EXPECT_EQ(get("https://source.example/a").value().body, "first");
  EXPECT_EQ(get("https://source.example/a").value().body, "last");
  EXPECT_EQ(get("https://source.example/a").value().status, 500);
}

TEST_F(ReplayHttpClientTest, TellsTheSourceFromOtherHosts) {
  record(R"({"target":"/1.jpg","answers":[{"body":"own"}]},
            {"target":"https://files.example/1.jpg","answers":[{"body":"foreign"}]})");

  EXPECT_EQ(get("https://source.example/1.jpg").value().body, "own");
  EXPECT_EQ(get("https://files.example/1.jpg").value().body, "foreign");
  EXPECT_EQ(get("https://source.example.org/1.jpg").value().status, 404);
}

TEST_F(ReplayHttpClientTest, DoesNotKnowWhatWasNotRecorded) {
  record("");

  const auto response = get("https://source.example/a");

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "");
}

TEST_F(ReplayHttpClientTest, GivesFiles) {
  write("media/1.bin", std::string("\0\xff\n", 3));
  record(R"({"target":"/1","answers":[{"body_file":"media/1.bin"}]})");

  EXPECT_EQ(get("https://source.example/1").value().body, std::string("\0\xff\n", 3));
}

TEST_F(ReplayHttpClientTest, ReadsNothingOutsideItsDirectory) {
  const test::TemporaryDirectory outside;
  std::ofstream(outside.path() / "secret") << "secret";
  std::filesystem::create_symlink(outside.path() / "secret", directory.path() / "link");
  std::filesystem::create_directory(directory.path() / "folder");
  const std::string name = outside.path().filename().string();
  record(R"({"target":"/1","answers":[{"body_file":"../)" + name + R"(/secret"}]},
            {"target":"/2","answers":[{"body_file":")" +
         outside.path().string() + R"(/secret"}]},
            {"target":"/3","answers":[{"body_file":"link"}]},
            {"target":"/4","answers":[{"body_file":"missing"}]},
            {"target":"/5","answers":[{"body_file":"folder"}]})");

  for (const char* target : {"/1", "/2", "/3", "/4", "/5"}) {
    const auto response = get("https://source.example" + std::string(target));
    ASSERT_FALSE(response) << target;
    EXPECT_EQ(response.error().code, ErrorCode::Malformed) << target;
  }
}

TEST_F(ReplayHttpClientTest, KeepsTheBodyLimit) {
  write("big", std::string(11, 'x'));
  record(R"({"target":"/1","answers":[{"body_file":"big"}]},
            {"target":"/2","answers":[{"body":"xxxxxxxxxxx"}]})");

  for (const char* target : {"/1", "/2"}) {
    const auto response =
        send({.url = "https://source.example" + std::string(target), .max_body_bytes = 10});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::TooLarge);
  }
}

TEST_F(ReplayHttpClientTest, FailsAsRecorded) {
  record(R"({"target":"/a","answers":[{"failure":"truncated"},{"body":"whole"}]})");

  const auto response = get("https://source.example/a");

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(response.error().reason, "truncated");
  EXPECT_EQ(get("https://source.example/a").value().body, "whole");
}

TEST_F(ReplayHttpClientTest, MeasuresTheRecordedTimesAndShowsThePresent) {
  record(R"({"target":"/a","answers":[{"headers":{
      "Date":"Tue, 24 Nov 2026 00:22:45 GMT",
      "X-RateLimit-Remaining":"7",
      "X-RateLimit-Reset":"2026-11-24T00:23:14.000Z"}}]})");

  const auto response = get("https://source.example/a").value();

  EXPECT_EQ(response.rate_limit.remaining, 7);
  EXPECT_EQ(response.rate_limit.wait, 29s);
  EXPECT_EQ(response.date, clock.now());
}

TEST_F(ReplayHttpClientTest, SaysWhyItCannotOpen) {
  const auto missing = ReplayHttpClient::open(directory.path() / "none", "https://a", clock);
  const auto empty = ReplayHttpClient::open(directory.path(), "https://a", clock);

  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::Malformed);
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, ErrorCode::Malformed);
}

}  // namespace
}  // namespace sightingd
