#include "daemon/ingest/ingest.h"

#include "pipeline/stripped_size.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace sightingd {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

// One post of the scripted server.
struct ServerPost {
  std::uint64_t id = 0;
  std::string picture;    // Path of its picture, or all of its URL; empty: none.
  std::uint64_t uri = 0;  // The id that its URI names, when it is another one.
};

// A Mastodon server in memory: one tag, newest first, `max_id` and pages of forty.
class ScriptedServer final : public HttpClient {
 public:
  explicit ScriptedServer(const asio::any_io_executor& executor)
      : released_(executor, asio::steady_timer::time_point::max()) {}

  asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override {
    const std::string origin = request.url.substr(0, std::string("https://one.example").size());
    const std::string path = request.url.substr(origin.size());
    requests.push_back(path);
    while (held.contains(path)) {
      boost::system::error_code woken;
      co_await released_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    HttpResponse response = answer(origin, path);
    response.date = date;
    if (!retry_after.empty()) {
      response.headers.emplace_back("retry-after", retry_after);
    }
    co_return response;
  }

  void release() {
    held.clear();
    released_.cancel();
  }

  std::size_t timeline_requests() const {
    return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(), is_timeline));
  }

  std::vector<ServerPost> posts;  // Newest first.
  std::map<std::string, std::string> pictures;
  std::set<std::string> held;  // Paths that are answered after release() only.
  std::set<std::pair<std::string, std::uint64_t>> lacking;  // Posts that an origin does not show.
  std::set<std::uint64_t> processing;  // Posts whose pictures have no address yet.
  std::optional<TimePoint> date;
  std::string retry_after;
  long timeline_status = 200;
  bool tells_of_single_posts = true;
  std::vector<std::string> requests;

 private:
  static bool is_timeline(const std::string& path) {
    return path.starts_with("/api/v1/timelines/tag/");
  }

  HttpResponse answer(const std::string& origin, const std::string& path) const {
    if (is_timeline(path)) {
      return timeline_status == 200 ? json(timeline(origin, path)) : status(timeline_status);
    }
    if (path.starts_with("/api/v1/statuses")) {
      return tells_of_single_posts ? single(path) : json("");
    }
    if (const auto picture = pictures.find(path); picture != pictures.end()) {
      return {.status = 200, .body = picture->second};
    }
    return status(404);
  }

  static HttpResponse status(long code) {
    return {.status = code,
            .body = R"({"error":"no"})",
            .headers = {{"content-type", "application/json"}}};
  }
  static HttpResponse json(std::string body) {
    return {
        .status = 200, .body = std::move(body), .headers = {{"content-type", "application/json"}}};
  }

  static std::string picture_url(const std::string& picture) {
    return picture.starts_with("/") ? "https://one.example" + picture : picture;
  }

  std::string text_of(const ServerPost& post) const {
    const std::string id = std::to_string(post.id);
    std::string media;
    if (!post.picture.empty()) {
      const std::string url =
          processing.contains(post.id) ? "null" : "\"" + picture_url(post.picture) + "\"";
      media = R"({"id":"1","type":"image","url":)" + url +
              R"(,"remote_url":null,"description":"drawn"})";
    }
    const std::string uri = std::to_string(post.uri != 0 ? post.uri : post.id);
    return R"({"id":")" + id + R"(","uri":"https://one.example/p/)" + uri +
           R"(","url":"https://one.example/p/)" + uri +
           R"(","created_at":"2026-02-01T09:00:00.000Z","edited_at":null,"in_reply_to_id":null,)"
           R"("sensitive":false,"visibility":"public","language":"en","content":"<p>seen</p>",)"
           R"("reblog":null,"account":{"id":"7","username":"ann","acct":"ann",)"
           R"("uri":"https://one.example/u/ann","url":"https://one.example/@ann","note":""},)"
           R"("media_attachments":[)" +
           media + R"(],"tags":[{"name":"missing","url":"https://one.example/t/missing"}]})";
  }

  std::string timeline(const std::string& origin, const std::string& path) const {
    std::uint64_t below = ~std::uint64_t{0};
    if (const auto at = path.find("max_id="); at != std::string::npos) {
      below = std::stoull(path.substr(at + 7));
    }
    std::string list;
    int shown = 0;
    for (const ServerPost& post : posts) {
      if (post.id < below && shown < 40 && !lacking.contains({origin, post.id})) {
        list += (shown++ == 0 ? "" : ",") + text_of(post);
      }
    }
    return "[" + list + "]";
  }

  HttpResponse single(const std::string& path) const {
    for (const ServerPost& post : posts) {
      if (path.ends_with("/" + std::to_string(post.id))) {
        return json(text_of(post));
      }
    }
    return status(404);
  }

  asio::steady_timer released_;
};

// Takes every file for a picture, except those that say otherwise.
class TrustingExaminer final : public Examiner {
 public:
  std::string cannot_examine() const override { return failure; }

  std::string failure;
  int most_tiffs_at_once = 0;

  asio::awaitable<Result<Examination>> examine(std::string bytes) override {
    if (bytes.starts_with("broken")) {
      co_return Examination(RejectReason::Malformed);
    }
    if (begins_as_tiff(bytes)) {
      most_tiffs_at_once = std::max(most_tiffs_at_once, ++tiffs_);
      co_await asio::post(asio::use_awaitable);
      --tiffs_;
    }
    ExaminedImage image;
    image.photo.received_sha256 = sha256(bytes);
    image.photo.id = photo_id(image.photo.received_sha256);
    image.photo.stored_sha256 = image.photo.received_sha256;
    image.photo.bytes = bytes.size();
    image.stripped = std::move(bytes);
    co_return Examination(std::move(image));
  }

 private:
  int tiffs_ = 0;
};

class IngestTest : public ::testing::Test {
 protected:
  IngestTest() {
    SourceOptions source;
    source.name = "one";
    source.kind = "mastodon";
    source.url = "https://one.example";
    settings.sources.push_back(source);
    WatchOptions watch;
    watch.name = "missing";
    watch.source = "one";
    watch.subject = Hashtag{"missing"};
    watch.backfill.kind = Backfill::Kind::Everything;
    settings.watches.push_back(watch);
  }

  ~IngestTest() override {
    run(ingest->stop());
    ingest.reset();
    workers.join();
  }

  void make() {
    StoreOptions options;
    options.path = directory.path() / "store";
    store = Store::open(options).value();
    ingest = Ingest::make({loop.get_executor(), clock, *store, workers, examiner, server, journal,
                           [](const Error& error) { FAIL() << error.message; },
                           [](const std::exception_ptr&) { FAIL() << "a bug"; }, page_patience},
                          settings)
                 .value();
  }

  template <typename T>
  T run(asio::awaitable<T> work) {
    std::optional<T> outcome;
    asio::co_spawn(loop, std::move(work), [&](const std::exception_ptr& failure, T value) {
      ASSERT_FALSE(failure);
      outcome = std::move(value);
    });
    turn_until([&] { return outcome.has_value(); });
    return std::move(*outcome);
  }
  void run(asio::awaitable<void> work) {
    bool done = false;
    asio::co_spawn(loop, std::move(work), [&](const std::exception_ptr& failure) {
      EXPECT_FALSE(failure);
      done = true;
    });
    turn_until([&] { return done; });
  }
  template <typename Condition>
  void turn_until(Condition holds) {
    loop.restart();
    while (!holds() && loop.run_one_for(20s) != 0) {
    }
    ASSERT_TRUE(holds());
  }

  std::vector<std::string> once() { return run(ingest->run_once(0s)); }
  std::vector<FeedEvent> feed() { return store->feed({}, 1000).value(); }

  void publish(std::uint64_t id, const std::string& picture_bytes) {
    const std::string path = "/media/" + std::to_string(id) + ".jpg";
    server.posts.insert(server.posts.begin(), ServerPost{id, path});
    server.pictures[path] = picture_bytes;
  }

  test::TemporaryDirectory directory;
  test::ManualClock clock;
  Settings settings;
  std::chrono::milliseconds page_patience = 5min;
  asio::io_context loop{1};
  asio::thread_pool workers{2};
  Journal journal{LogLevel::Error};
  ScriptedServer server{loop.get_executor()};
  TrustingExaminer examiner;
  std::unique_ptr<Store> store;
  std::unique_ptr<Ingest> ingest;
};

TEST_F(IngestTest, BringsEveryPostOfEveryPageIntoTheFeed) {
  for (std::uint64_t id = 1001; id <= 1090; ++id) {
    publish(id, "picture " + std::to_string(id));
  }
  make();

  EXPECT_TRUE(once().empty());

  std::set<std::string> uris;
  for (const FeedEvent& event : feed()) {
    uris.insert(event.sighting->sighting.post.ref.uri);
    EXPECT_EQ(event.sighting->images.at(0).image.status, ImageStatus::Stored);
  }
  EXPECT_EQ(uris.size(), 90U);
}

TEST_F(IngestTest, WritesNothingOfARefusedPicture) {
  publish(1001, "picture of her");
  make();
  once();
  const PhotoId photo = photo_id(sha256("picture of her"));
  ASSERT_TRUE(store->commit(ErasePicture{.picture = {.photo = photo, .hashes = {}},
                                         .forms = {},
                                         .watches_without_media = {},
                                         .at = clock.now()}));
  publish(1002, "picture of her");

  EXPECT_TRUE(once().empty());

  EXPECT_EQ(std::ranges::count(server.requests, "/media/1002.jpg"), 1);
  EXPECT_EQ(store->statistics().sightings, 0U);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "store" / "photos"));
  EXPECT_EQ(ingest->counters().skipped.at({"one", SkipReason::Refused}), 2U) << "both show it";
}

TEST_F(IngestTest, AsksForNoPictureOfARefusedAuthor) {
  make();
  ASSERT_TRUE(
      store->commit(RefuseAuthor{.author_uri = "https://one.example/u/ann", .at = clock.now()}));
  publish(1001, "picture");

  EXPECT_TRUE(once().empty());

  EXPECT_EQ(std::ranges::count(server.requests, "/media/1001.jpg"), 0);
  EXPECT_EQ(store->statistics().sightings, 0U);
}

TEST_F(IngestTest, AsksOnceAndRepeatsNothingWhenNothingIsNew) {
  publish(1001, "picture");
  make();
  once();
  const auto before = feed();
  server.requests.clear();

  EXPECT_TRUE(once().empty());

  EXPECT_EQ(server.requests.size(), 1U);
  EXPECT_EQ(feed().size(), before.size());
  EXPECT_EQ(feed().back().cursor, before.back().cursor);
}

// The walk that was cut is young enough to end a poll, but it began before the program did.
TEST_F(IngestTest, ReadsTheNewestPostsOfAWalkThatARestartHasCut) {
  for (std::uint64_t id = 1001; id <= 1090; ++id) {
    publish(id, "picture " + std::to_string(id));
  }
  server.held.insert("/api/v1/timelines/tag/missing?limit=40&max_id=1051");
  make();
  ingest->start();
  turn_until([&] { return feed().size() == 40U; });
  run(ingest->stop());
  ingest.reset();
  store.reset();
  server.held.clear();
  publish(1091, "picture of the time between");

  make();
  EXPECT_TRUE(once().empty());

  EXPECT_EQ(feed().size(), 91U);
}

TEST_F(IngestTest, ReadsOnWhileThePicturesOfAPageAreOnTheirWay) {
  for (std::uint64_t id = 1001; id <= 1090; ++id) {
    server.posts.insert(server.posts.begin(), ServerPost{id, {}});
  }
  publish(1091, "slow picture");
  server.held.insert("/media/1091.jpg");
  make();
  std::optional<std::vector<std::string>> undone;
  asio::co_spawn(loop, ingest->run_once(0s),
                 [&](const std::exception_ptr&, std::vector<std::string> lines) {
                   undone = std::move(lines);
                 });

  turn_until([&] { return server.timeline_requests() >= 3; });
  EXPECT_FALSE(undone);
  EXPECT_TRUE(feed().empty()) << "a later page must not be durable before an earlier one";

  server.release();
  turn_until([&] { return undone.has_value(); });
  EXPECT_TRUE(undone->empty());
  EXPECT_EQ(feed().size(), 1U);
}

TEST_F(IngestTest, SaysThatAWatchIsStalledWhenItDoesNotGetOn) {
  make();
  ASSERT_NE(ingest->watch_statuses().at(0).state, "stalled");

  clock.advance(3 * settings.watches[0].max_poll_interval + 1min);

  EXPECT_EQ(ingest->watch_statuses().at(0).state, "stalled");
}

TEST_F(IngestTest, IsNotStalledWhileALongWayToTheHeadGetsOn) {
  for (std::uint64_t id = 1001; id <= 1090; ++id) {
    publish(id, "picture");
  }
  make();
  server.held.insert("/api/v1/timelines/tag/missing?limit=40");
  ingest->start();
  turn_until([&] { return server.timeline_requests() == 1; });
  clock.advance(3 * settings.watches[0].max_poll_interval + 1min);
  ASSERT_EQ(ingest->watch_statuses().at(0).state, "stalled");
  server.release();
  server.held.insert("/api/v1/timelines/tag/missing?limit=40&max_id=1051");

  turn_until([&] { return ingest->watch_statuses().at(0).state == "polling"; });

  EXPECT_EQ(feed().size(), 40U);
}

TEST_F(IngestTest, LeavesRoomForOtherWatchesWhilePicturesAreSlow) {
  for (std::uint64_t id = 1001; id <= 5000; ++id) {
    server.posts.insert(server.posts.begin(), ServerPost{id, "/media/slow.jpg"});
  }
  server.held.insert("/media/slow.jpg");
  settings.watches.resize(12, settings.watches[0]);
  for (std::size_t i = 1; i < settings.watches.size(); ++i) {
    settings.watches[i].name = "watch" + std::to_string(i);
    settings.watches[i].subject = Hashtag{settings.watches[i].name};
  }
  settings.watches.back().subject = Hashtag{"last"};
  make();

  ingest->start();

  turn_until([&] {
    return std::ranges::any_of(server.requests, [](const std::string& path) {
      return path.starts_with("/api/v1/timelines/tag/last?");
    });
  });
}

TEST_F(IngestTest, AsksOneHostForThreePicturesAtATimeAndForNoneOfAPageThatHasGoneOn) {
  page_patience = 1s;
  for (std::uint64_t id = 1001; id <= 1010; ++id) {
    publish(id, "a slow picture");
    server.held.insert("/media/" + std::to_string(id) + ".jpg");
  }
  make();

  ingest->start();
  turn_until([&] { return feed().size() == 10; });
  server.release();
  turn_until([&] { return ingest->counters().queue_depths.at("fetch") == 0; });

  EXPECT_EQ(
      std::ranges::count_if(server.requests,
                            [](const std::string& path) { return path.starts_with("/media/"); }),
      3);
}

// What comes of it may be larger than what came.
TEST_F(IngestTest, ExaminesSoManyTiffsAtATime) {
  for (std::uint64_t id = 1000; id < 1010; ++id) {
    const std::string host = "https://t0" + std::to_string(id % 10) + ".example";
    const std::string path = "/" + std::to_string(id) + ".tif";
    server.posts.insert(server.posts.begin(), ServerPost{id, host + path});
    server.pictures[path] = std::string("II*\0", 4) + std::to_string(id);
  }
  make();

  EXPECT_TRUE(once().empty());

  EXPECT_EQ(feed().size(), 10U);
  EXPECT_EQ(examiner.most_tiffs_at_once, 3);
}

TEST_F(IngestTest, KnowsItsSourceByAnotherName) {
  publish(1001, "picture");
  publish(1002, "picture of another");
  publish(1003, "picture of the last");
  server.pictures.erase("/media/1003.jpg");
  make();
  once();
  run(ingest->stop());
  settings.sources[0].name = "renamed";
  settings.watches[0].source = "renamed";
  ingest.reset();
  store.reset();
  server.pictures["/media/1003.jpg"] = "picture of the last";
  std::erase_if(server.posts, [](const ServerPost& post) { return post.id == 1002; });

  make();
  EXPECT_TRUE(once().empty());

  const auto visible = feed();
  ASSERT_EQ(visible.size(), 2U) << "the deleted one is hidden";
  EXPECT_EQ(visible.at(1).sighting->images.at(0).image.status, ImageStatus::Stored);
}

TEST_F(IngestTest, FollowsAPostThatItsServerHasUnderAnotherId) {
  for (std::uint64_t id = 1001; id <= 1050; ++id) {
    publish(id, "picture");
  }
  make();
  once();
  server.posts.pop_back();
  server.posts.insert(server.posts.begin(), {2001, "/media/1001.jpg", 1001});
  clock.advance(25h);

  EXPECT_TRUE(once().empty());

  const auto events = feed();
  ASSERT_EQ(events.size(), 50U) << "none is hidden";
  EXPECT_TRUE(std::ranges::any_of(
      events, [](const FeedEvent& event) { return event.sighting->sighting.post.id == "2001"; }));
}

TEST_F(IngestTest, GoesOnWithoutAPictureThatIsSlowAndTakesItLater) {
  page_patience = 2s;
  publish(1001, "a quick picture");
  publish(1002, "a slow picture");
  server.held.insert("/media/1002.jpg");
  make();
  std::optional<std::vector<std::string>> undone;
  asio::co_spawn(loop, ingest->run_once(0s),
                 [&](const std::exception_ptr&, std::vector<std::string> lines) {
                   undone = std::move(lines);
                 });

  turn_until([&] { return feed().size() == 2; });
  EXPECT_EQ(feed().at(0).sighting->images.at(0).image.status, ImageStatus::Pending);
  EXPECT_EQ(feed().at(1).sighting->images.at(0).image.status, ImageStatus::Stored);

  server.release();
  turn_until([&] { return undone.has_value(); });
  EXPECT_TRUE(undone->empty());
}

TEST_F(IngestTest, KeepsAPictureThatDoesNotComeAndTakesItWhenItDoes) {
  publish(1001, "picture");
  server.pictures.clear();
  make();

  EXPECT_EQ(once().size(), 1U);
  EXPECT_EQ(feed().at(0).sighting->images.at(0).image.status, ImageStatus::Pending);

  server.pictures["/media/1001.jpg"] = "picture";
  EXPECT_TRUE(once().empty());
  EXPECT_EQ(feed().at(0).sighting->images.at(0).image.status, ImageStatus::Stored);
  EXPECT_EQ(feed().at(0).kind, FeedEvent::Kind::SightingUpdated);
}

TEST_F(IngestTest, TakesAPictureThatWasStillBeingProcessedOnceItHasAnAddress) {
  publish(1001, "picture");
  server.processing.insert(1001);
  make();
  EXPECT_EQ(once().size(), 1U);
  EXPECT_EQ(feed().at(0).sighting->images.at(0).image.status, ImageStatus::Pending);

  server.processing.clear();

  EXPECT_TRUE(once().empty());
  EXPECT_EQ(feed().at(0).sighting->images.at(0).image.status, ImageStatus::Stored);
}

TEST_F(IngestTest, KeepsThePostOfAPictureThatCannotBeUsed) {
  publish(1001, "broken picture");
  make();

  EXPECT_TRUE(once().empty());

  const SightingImage image = feed().at(0).sighting->images.at(0).image;
  EXPECT_EQ(image.status, ImageStatus::Rejected);
  EXPECT_EQ(image.reject_reason, RejectReason::Malformed);
}

TEST_F(IngestTest, SaysWhichWatchWasRefusedAndWhy) {
  server.timeline_status = 401;
  make();

  const auto undone = once();

  ASSERT_EQ(undone.size(), 1U);
  EXPECT_NE(undone[0].find("missing"), std::string::npos);
  EXPECT_EQ(ingest->watch_statuses().at(0).state, "refused");
  EXPECT_EQ(ingest->watch_statuses().at(0).last_outcome, "unauthorized");
  EXPECT_FALSE(ingest->not_ready_reason().empty());
}

TEST_F(IngestTest, LeavesAPausedWatchAlone) {
  publish(1001, "picture");
  make();
  ASSERT_TRUE(run(ingest->set_paused("missing", true)));

  EXPECT_TRUE(once().empty());

  EXPECT_TRUE(server.requests.empty());
  EXPECT_EQ(ingest->watch_statuses().at(0).state, "paused");
}

TEST_F(IngestTest, KnowsNoWatchThatIsNotConfigured) {
  make();

  const auto paused = run(ingest->set_paused("other", true));

  ASSERT_FALSE(paused);
  EXPECT_EQ(paused.error().code, ErrorCode::Gone);
}

TEST_F(IngestTest, HidesADeletedPostAtTheFirstSignAndErasesItAtTheSecond) {
  publish(1001, "picture");
  publish(1002, "another");
  make();
  once();

  server.posts.erase(server.posts.begin() + 1);
  clock.advance(2h);
  once();
  ASSERT_EQ(feed().size(), 1U) << "hidden, with no event yet";

  clock.advance(11min);
  once();

  const auto events = feed();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].kind, FeedEvent::Kind::SightingErased);
  EXPECT_EQ(events[1].reason, EraseReason::UpstreamDeleted);
  EXPECT_EQ(events[1].id, sighting_id("https://one.example/p/1001"));
}

TEST_F(IngestTest, AsksAgainAboutAPostThatVanishedUntilItIsTold) {
  publish(1001, "picture");
  publish(1002, "another");
  make();
  once();
  server.posts.erase(server.posts.begin());
  server.tells_of_single_posts = false;
  clock.advance(2min);
  once();
  ASSERT_EQ(feed().size(), 2U);

  server.tells_of_single_posts = true;
  clock.advance(2min);
  once();

  EXPECT_EQ(feed().size(), 1U);
}

TEST_F(IngestTest, AsksAgainThoughTheAnswerFailedWhileItReadOn) {
  for (std::uint64_t id = 1001; id <= 1060; ++id) {
    publish(id, "picture");
  }
  make();
  once();
  server.posts.erase(server.posts.begin());
  server.tells_of_single_posts = false;
  const std::string second_page = "/api/v1/timelines/tag/missing?limit=40&max_id=1020";
  server.held.insert(second_page);
  server.requests.clear();
  clock.advance(2h);
  std::optional<std::vector<std::string>> undone;
  asio::co_spawn(loop, ingest->run_once(0s),
                 [&](const std::exception_ptr&, std::vector<std::string> lines) {
                   undone = std::move(lines);
                 });
  turn_until([&] {
    return std::ranges::count(server.requests, "/api/v1/statuses/1060") > 0 &&
           std::ranges::count(server.requests, second_page) > 0;
  });
  server.release();
  turn_until([&] { return undone.has_value(); });
  EXPECT_FALSE(undone->empty()) << "nobody was asked about the post that has vanished";
  ASSERT_EQ(feed().size(), 60U);

  server.tells_of_single_posts = true;
  clock.advance(2min);
  once();

  EXPECT_EQ(feed().size(), 59U);
}

TEST_F(IngestTest, DoesNotAskForEverAboutAPostThatHasVanished) {
  publish(1001, "picture");
  publish(1002, "another");
  make();
  once();
  server.posts.erase(server.posts.begin());
  server.tells_of_single_posts = false;
  server.requests.clear();
  clock.advance(2min);

  EXPECT_THAT(run(ingest->run_once(2min)),
              ElementsAre("watch missing: the source does not say which posts have gone"));

  EXPECT_EQ(std::ranges::count(server.requests, "/api/v1/statuses/1002"), 3);
}

TEST_F(IngestTest, AsksNoOtherSourceAboutAPostThatHasVanishedThere) {
  publish(1001, "picture");
  SourceOptions other = settings.sources[0];
  other.name = "two";
  other.url = "https://two.example";
  settings.sources.push_back(other);
  settings.watches.push_back(settings.watches[0]);
  settings.watches[1].name = "elsewhere";
  settings.watches[1].source = "two";
  server.lacking = {{"https://two.example", 1001}, {"https://two.example", 1002}};
  publish(1002, "another");
  make();
  once();
  server.lacking.clear();
  clock.advance(2h);
  once();
  ASSERT_EQ(feed().at(0).sighting->sighting.watches.size(), 2U);

  server.lacking.emplace("https://two.example", 1001);
  server.requests.clear();
  clock.advance(2h);
  once();

  EXPECT_EQ(feed().size(), 2U) << "hidden, though the source that brought it shows it";
  EXPECT_TRUE(std::ranges::none_of(server.requests, [](const std::string& path) {
    return path.starts_with("/api/v1/statuses");
  }));
}

TEST_F(IngestTest, DoesNotTakeWaitingForItsTurnForAFailure) {
  settings.sources[0].request_limit = RequestLimit{1, 1h};
  publish(1001, "picture");
  make();

  EXPECT_EQ(once().size(), 1U);

  const WatchStatus status = ingest->watch_statuses().at(0);
  EXPECT_EQ(status.state, "rate_limited");
  EXPECT_EQ(status.last_outcome, "own_limit");
  EXPECT_EQ(status.errors, 0U);
  EXPECT_TRUE(status.last_error.empty());
}

TEST_F(IngestTest, WaitsNoLongerForItsTurnThanARunMay) {
  settings.sources[0].request_limit = RequestLimit{2, 1min};
  publish(1001, "picture");
  make();

  EXPECT_EQ(run(ingest->run_once(1s)).size(), 1U);

  EXPECT_EQ(ingest->watch_statuses().at(0).last_outcome, "own_limit");
}

TEST_F(IngestTest, EndsAWatchWhoseSourceIsDownHoweverOftenItPolls) {
  settings.watches[0].poll_interval = 1s;
  settings.watches[0].max_poll_interval = 1s;
  server.timeline_status = 503;
  make();

  EXPECT_THAT(run(ingest->run_once(1200ms)), ElementsAre(::testing::HasSubstr("watch missing: ")));
}

TEST_F(IngestTest, SendsNoMoreThanTheLimitThoughAReloadChangesTheSource) {
  settings.sources[0].request_limit = RequestLimit{1, 1h};
  publish(1001, "picture");
  make();
  once();
  const std::size_t sent = server.requests.size();
  Settings changed = settings;
  changed.sources[0].token = "another";

  ASSERT_TRUE(run(ingest->apply(changed)));
  once();

  EXPECT_EQ(server.requests.size(), sent);
}

TEST_F(IngestTest, ReadsTwoWatchesOfOneLimitedSourceSideBySide) {
  settings.sources[0].request_limit = RequestLimit{40, 2s};
  settings.watches.push_back(settings.watches[0]);
  settings.watches[1].name = "second";
  settings.watches[1].subject = Hashtag{"second"};
  for (std::uint64_t id = 1001; id <= 2000; ++id) {
    server.posts.insert(server.posts.begin(), ServerPost{id, {}});
  }
  make();

  EXPECT_TRUE(run(ingest->run_once(1min)).empty());

  const auto statuses = ingest->watch_statuses();
  EXPECT_EQ(statuses.at(0).errors, 0U);
  EXPECT_EQ(statuses.at(1).errors, 0U);
  std::vector<bool> of_second;
  for (const std::string& path : server.requests) {
    if (path.starts_with("/api/v1/timelines/tag/")) {
      of_second.push_back(path.starts_with("/api/v1/timelines/tag/second?"));
    }
  }
  const auto early = std::count(of_second.begin(), of_second.begin() + 20, true);
  EXPECT_GE(early, 8);
  EXPECT_LE(early, 12);
}

TEST_F(IngestTest, ObeysAfterARestartTheTimeThatItsSourceNamed) {
  publish(1001, "picture");
  server.timeline_status = 429;
  server.retry_after = "3600";
  make();
  EXPECT_EQ(once().size(), 1U);
  run(ingest->stop());
  ingest.reset();
  store.reset();
  server.timeline_status = 200;
  server.requests.clear();

  make();

  EXPECT_EQ(once().size(), 1U);
  EXPECT_TRUE(server.requests.empty());
  EXPECT_EQ(ingest->watch_statuses().at(0).last_outcome, "rate_limited");
}

TEST_F(IngestTest, IsNotReadyWhileItsClockIsFarFromThatOfItsSource) {
  publish(1001, "picture");
  server.date = clock.now() - 2h;
  make();
  once();
  EXPECT_NE(ingest->not_ready_reason().find("clock"), std::string::npos);

  EXPECT_EQ(ingest->clock_doubt(), ingest->not_ready_reason());

  server.date = clock.now();
  once();

  EXPECT_EQ(ingest->not_ready_reason(), "");
  EXPECT_EQ(ingest->clock_doubt(), "");
}

TEST_F(IngestTest, DoubtsTheClockUntilASourceHasToldTheTime) {
  publish(1001, "picture");
  server.date = clock.now();
  make();
  EXPECT_NE(ingest->clock_doubt().find("no source has told the time"), std::string::npos);

  once();
  EXPECT_EQ(ingest->clock_doubt(), "");

  clock.set(clock.now() + 365 * 24h);
  EXPECT_NE(ingest->clock_doubt().find("the clock was set"), std::string::npos);
}

TEST_F(IngestTest, AsksForNoPictureWhileNoneCanBeExamined) {
  publish(1001, "picture");
  examiner.failure = "its program has gone";
  make();

  EXPECT_EQ(once().size(), 1U);

  EXPECT_EQ(std::ranges::count(server.requests, "/media/1001.jpg"), 0);
  EXPECT_EQ(ingest->not_ready_reason(), "no picture can be examined: its program has gone");
  examiner.failure.clear();
  EXPECT_EQ(once().size(), 0U);
  EXPECT_EQ(feed().at(0).sighting->images.at(0).image.status, ImageStatus::Stored);
  EXPECT_EQ(ingest->not_ready_reason(), "");
}

TEST_F(IngestTest, LetsTheSlowPicturesOfOneHostKeepNoOthersWaiting) {
  SourceOptions second = settings.sources[0];
  second.name = "two";
  second.url = "https://two.example";
  settings.sources.push_back(second);
  settings.watches.push_back(settings.watches[0]);
  settings.watches[1].name = "also missing";
  settings.watches[1].source = "two";
  for (std::uint64_t id = 1001; id <= 1040; ++id) {
    publish(id, "picture " + std::to_string(id));
    server.lacking.insert({second.url, id});
  }
  const auto pictures = std::exchange(server.pictures, {});
  make();
  once();
  publish(1041, "picture of the second");
  server.posts.front().picture = "https://two.example/media/1041.jpg";
  server.lacking.insert({settings.sources[0].url, 1041});
  server.pictures.erase("/media/1041.jpg");
  once();
  const auto is_stored = [&](std::uint64_t id) {
    const auto events = feed();
    return std::ranges::any_of(events, [&](const FeedEvent& event) {
      return event.sighting->sighting.post.ref.uri.ends_with(std::to_string(id)) &&
             event.sighting->images.at(0).image.status == ImageStatus::Stored;
    });
  };

  server.pictures = pictures;
  server.pictures["/media/1041.jpg"] = "picture of the second";
  for (const auto& [path, bytes] : pictures) {
    server.held.insert(path);
  }
  bool done = false;
  asio::co_spawn(loop, ingest->run_once(0s),
                 [&](const std::exception_ptr&, const std::vector<std::string>&) { done = true; });
  turn_until([&] { return is_stored(1041); });

  EXPECT_FALSE(is_stored(1001));
  server.release();
  turn_until([&] { return done; });
  EXPECT_TRUE(is_stored(1001));
}

TEST_F(IngestTest, LetsARetryEndWithASourceThatAReloadHasTakenAway) {
  publish(1001, "picture");
  server.pictures.clear();
  make();
  once();
  server.pictures["/media/1001.jpg"] = "picture";
  server.held.insert("/media/1001.jpg");
  server.requests.clear();
  std::optional<std::vector<std::string>> undone;
  asio::co_spawn(loop, ingest->run_once(0s),
                 [&](const std::exception_ptr&, std::vector<std::string> lines) {
                   undone = std::move(lines);
                 });
  turn_until([&] { return std::ranges::count(server.requests, "/media/1001.jpg") > 0; });
  Settings changed = settings;
  changed.sources[0].name = "renamed";
  changed.watches[0].source = "renamed";
  ASSERT_TRUE(run(ingest->apply(changed)));

  server.release();
  turn_until([&] { return undone.has_value(); });

  EXPECT_EQ(feed().at(0).sighting->images.at(0).image.status, ImageStatus::Stored);
}

TEST_F(IngestTest, ChangesNothingWhenItIsBeingStopped) {
  publish(1001, "picture");
  make();
  server.held.insert("/api/v1/timelines/tag/missing?limit=40");
  ingest->start();
  turn_until([&] { return server.timeline_requests() == 1; });
  Settings changed = settings;
  changed.watches[0].name = "renamed";
  std::optional<Result<void>> applied;
  asio::co_spawn(loop, ingest->apply(changed),
                 [&](const std::exception_ptr&, Result<void> outcome) { applied = outcome; });

  run(ingest->stop());

  ASSERT_TRUE(applied.has_value()) << "the stop did not wait for the reload";
  EXPECT_FALSE(run(ingest->apply(settings)));
  EXPECT_EQ(server.timeline_requests(), 1U);
}

TEST_F(IngestTest, KeepsReadingUnchangedWatchesThroughAReload) {
  publish(1001, "picture");
  make();
  once();
  Settings changed = settings;
  changed.watches.push_back(settings.watches[0]);
  changed.watches[1].name = "second";
  changed.watches[1].subject = Hashtag{"second"};

  ASSERT_TRUE(run(ingest->apply(changed)));

  const auto statuses = ingest->watch_statuses();
  ASSERT_EQ(statuses.size(), 2U);
  EXPECT_EQ(statuses[0].name, "missing");
  EXPECT_EQ(statuses[0].sightings, 1U) << "the first watch was started anew";
  EXPECT_EQ(statuses[1].name, "second");
}

}  // namespace
}  // namespace sightingd
