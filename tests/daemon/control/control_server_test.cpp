#include "daemon/control/control_server.h"

#include "daemon/api/erase_request.h"
#include "tests/daemon/control/control_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <sys/socket.h>

namespace sightingd {
namespace {

using test::id_of;
using test::photo;
using test::post;
using test::RawHttp;
using test::RawReply;
using test::with;
using testing::HasSubstr;
using testing::Not;

using ControlServerTest = test::ControlFixture;

std::string text_of(const SightingId& id) { return std::string(id.text()); }

TEST_F(ControlServerTest, ShowsOneSighting) {
  commit({post("a"), post("b")});

  const RawReply reply = get("/v1/sightings/" + text_of(id_of("b")));

  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("\"text\":\"text of b\""));
}

TEST_F(ControlServerTest, KnowsAnIdThatIsNotStoredFromWhatIsNoId) {
  EXPECT_EQ(get("/v1/sightings/" + text_of(id_of("a"))).status, 404);
  EXPECT_EQ(get("/v1/sightings/a").status, 400);
  EXPECT_EQ(get("/v1/photos/" + std::string(photo("x").id.text())).status, 404);
  EXPECT_EQ(get("/v1/photos/" + text_of(id_of("a"))).status, 400);
}

TEST_F(ControlServerTest, GivesThePictureWithItsKind) {
  commit({with(post("a"), photo("street"))});

  const RawReply reply = get("/v1/photos/" + std::string(photo("street").id.text()));

  EXPECT_EQ(reply.body, "stripped");
  EXPECT_THAT(reply.head, HasSubstr("Content-Type: image/jpeg\r\n"));
}

TEST_F(ControlServerTest, FindsTheSamePictureByHash) {
  commit({with(post("near"), photo("near", 10)), with(post("far"), photo("far", 100))});

  const RawReply reply =
      get("/v1/similar?pdq=" + to_hex(photo("asked", 0).pdq.hash) + "&radius=31");

  EXPECT_THAT(reply.body, HasSubstr(std::string(photo("near").id.text())));
  EXPECT_THAT(reply.body, HasSubstr("\"distance\":10"));
  EXPECT_THAT(reply.body, Not(HasSubstr(std::string(photo("far").id.text()))));
}

TEST_F(ControlServerTest, FindsTheSamePictureByItsBytes) {
  commit({with(post("a"), photo("street", 3))});

  const RawReply reply = post_to("/v1/similar", "other");

  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("\"distance\":3"));
}

TEST_F(ControlServerTest, FindsWhatAMirroredPictureWas) {
  commit({with(post("a"), photo("street", 3))});
  ExaminedImage mirrored;
  mirrored.photo = photo("mirrored", 128);
  mirrored.forms = {{.hash = photo("street").pdq.hash, .turn = Turn::Mirrored}};
  examiner.answer = mirrored;

  const RawReply reply = post_to("/v1/similar", "mirrored");

  EXPECT_THAT(reply.body, HasSubstr("\"distance\":3,\"via\":\"mirrored\""));
}

TEST_F(ControlServerTest, FindsAPlainPictureByItsBytesAlone) {
  Photo plain = photo("plain");
  plain.pdq.quality = 10;
  ExaminedImage image;
  image.photo = plain;
  examiner.answer = image;

  EXPECT_EQ(post_to("/v1/similar", "plain").status, 422);
  commit({with(post("a"), plain)});
  EXPECT_THAT(post_to("/v1/similar", "plain").body, HasSubstr("\"distance\":0"));
}

TEST_F(ControlServerTest, SaysWhyAPictureCannotBeUsed) {
  examiner.answer = RejectReason::Malformed;

  const RawReply reply = post_to("/v1/similar", "x");

  EXPECT_EQ(reply.status, 422);
  EXPECT_THAT(reply.body, HasSubstr("malformed"));
}

TEST_F(ControlServerTest, RefusesARadiusThatIsTooWide) {
  EXPECT_EQ(get("/v1/similar?pdq=" + std::string(64, '0') + "&radius=91").status, 400);
  EXPECT_EQ(get("/v1/similar?pdq=00").status, 400);
}

TEST_F(ControlServerTest, TellsCoverageOfAWatch) {
  EXPECT_THAT(get("/v1/coverage?watch=watch").body, HasSubstr("\"watch\":\"watch\""));
  EXPECT_THAT(get("/v1/coverage").body, HasSubstr("\"watch\":\"watch\""));
  EXPECT_EQ(get("/v1/coverage?watch=other").status, 404);
}

TEST_F(ControlServerTest, TellsWhatWasSkipped) {
  EXPECT_EQ(get("/v1/skipped?reason=no_media").body, "{\"skipped\":[]}\n");
  EXPECT_EQ(get("/v1/skipped?reason=other").status, 400);
}

TEST_F(ControlServerTest, TellsInPartsWhatWasSkippedByManyWatches) {
  for (const char* const watch : {"a", "b", "c"}) {
    PageFacts facts = test::page({});
    facts.watch.text = watch;
    for (int i = 0; i < 200; ++i) {
      facts.skipped.push_back({.uri = test::uri(std::to_string(i) + std::string(1000, 'x')),
                               .reason = SkipReason::Malformed});
    }
    ASSERT_TRUE(store->commit(std::move(facts), {}));
  }

  EXPECT_FALSE(store->skipped(std::nullopt, clock.now()).value().next.empty());
  rapidjson::Document document;
  const std::string body = get("/v1/skipped").body;
  document.Parse(body.data(), body.size());

  ASSERT_FALSE(document.HasParseError());
  ASSERT_EQ(document["skipped"].Size(), 3U);
  EXPECT_EQ(document["skipped"][2]["uris"].Size(), 200U);
}

TEST_F(ControlServerTest, PausesAWatchDurably) {
  const WatchKey key = *operations->watch_key("watch");

  EXPECT_EQ(post_to("/v1/watches/watch/pause").status, 200);
  EXPECT_TRUE(store->is_paused(key).value());
  EXPECT_THAT(get("/v1/watches").body, HasSubstr("\"paused\":true"));
  EXPECT_EQ(post_to("/v1/watches/watch/resume").status, 200);
  EXPECT_FALSE(store->is_paused(key).value());
  EXPECT_EQ(post_to("/v1/watches/other/pause").status, 404);
}

TEST_F(ControlServerTest, ErasesAPostByItsUri) {
  commit({post("a")});

  const RawReply reply =
      post_to("/v1/erase", erase_request_json({.subject = test::uri("a"), .reason = "asked"}));

  EXPECT_THAT(reply.body, HasSubstr("{\"sightings\":1,\"photos\":0,"));
  EXPECT_FALSE(store->sighting(id_of("a")).value());
}

TEST_F(ControlServerTest, ErasesAPostByTheAddressWherePeopleReadIt) {
  PostFacts facts = post("a");
  facts.post.url = "https://example.org/@ana/1";
  commit({post("b"), facts});

  post_to("/v1/erase",
          erase_request_json({.subject = "https://example.org/@ana/1", .reason = "asked"}));

  EXPECT_FALSE(store->sighting(id_of("a")).value());
  EXPECT_TRUE(store->sighting(id_of("b")).value());
}

TEST_F(ControlServerTest, SaysThatThereIsNothingToErase) {
  EXPECT_EQ(post_to("/v1/erase", erase_request_json({.subject = test::uri("a"), .reason = "asked"}))
                .status,
            404);
  EXPECT_EQ(post_to("/v1/erase", "{}").status, 400);
}

TEST_F(ControlServerTest, SaysThatNoDaemonRuns) {
  for (const RawReply& reply :
       {get("/v1/status"), get("/v1/metrics"), post_to("/v1/reload?dry_run=1")}) {
    EXPECT_EQ(reply.status, 503);
    EXPECT_THAT(reply.body, HasSubstr("\"code\":\"no_daemon\""));
  }
}

TEST_F(ControlServerTest, TellsAWrongPathFromAWrongMethod) {
  EXPECT_EQ(get("/v2/status").status, 404);
  EXPECT_EQ(get("/v1/status/x").status, 404);
  EXPECT_EQ(get("/v1/erase").status, 405);
  EXPECT_THAT(get("/v1/erase").head, HasSubstr("Allow: POST\r\n"));
}

TEST_F(ControlServerTest, TellsAWrongPathOrMethodBeforeABodyThatIsTooLarge) {
  const std::string body(100'000, 'a');

  EXPECT_EQ(post_to("/v2/erase", body).status, 404);
  EXPECT_EQ(post_to("/v1/status", body).status, 405);
  EXPECT_EQ(post_to("/v1/erase", body).status, 413);
}

TEST_F(ControlServerTest, RefusesAParameterThatItDoesNotKnow) {
  EXPECT_EQ(get("/v1/feed?form=1").status, 400);
}

TEST_F(ControlServerTest, StreamsTheWholeFeedInOrder) {
  std::vector<PostFacts> posts;
  for (int i = 0; i < 200; ++i) {
    posts.push_back(post("p" + std::to_string(i)));
  }
  commit(std::move(posts));

  const RawReply reply = get("/v1/feed");

  EXPECT_TRUE(reply.whole);
  EXPECT_EQ(std::ranges::count(reply.body, '\n'), 200);
  EXPECT_LT(reply.body.find("text of p0\""), reply.body.find("text of p199\""));
}

TEST_F(ControlServerTest, GoesOnAfterACursor) {
  commit({post("a"), post("b"), post("c")});
  const FeedCursor first = store->feed("", 1).value()[0].cursor;

  const RawReply reply = get("/v1/feed?after=" + first + "&limit=1");

  EXPECT_THAT(reply.body, HasSubstr("text of b"));
  EXPECT_EQ(std::ranges::count(reply.body, '\n'), 1);
}

TEST_F(ControlServerTest, RefusesWhatIsNoCursor) { EXPECT_EQ(get("/v1/feed?after=x").status, 400); }

TEST_F(ControlServerTest, SaysThatACursorIsTooOld) {
  const RawReply reply = get("/v1/feed?after=00000000000000000001");

  EXPECT_EQ(reply.status, 410);
  EXPECT_THAT(reply.body, HasSubstr("\"code\":\"cursor_too_old\""));
}

TEST_F(ControlServerTest, FollowsTheFeed) {
  commit({post("a")});
  RawHttp http = client();
  http.write("GET /v1/feed?follow=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  http.head();
  EXPECT_THAT(http.chunk().value(), HasSubstr("text of a"));

  commit({post("b")});

  EXPECT_THAT(http.chunk().value(), HasSubstr("text of b"));
}

TEST_F(ControlServerTest, EndsTheFeedOfAFollowerWhenItStops) {
  RawHttp http = client();
  http.write("GET /v1/feed?follow=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  http.head();

  loop.await(server->stop());

  EXPECT_EQ(http.chunk(), "");
  EXPECT_TRUE(http.is_closed());
}

TEST_F(ControlServerTest, LetsCommitsPassAReaderThatIsStuck) {
  RawHttp stuck = client();
  stuck.write("GET /v1/feed?follow=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  PostFacts large = post("large");
  large.post.text = std::string(60'000, 'a');
  for (int i = 0; i < 50; ++i) {
    large.post.ref.uri = test::uri(std::to_string(i));
    commit({large});
  }

  EXPECT_EQ(std::ranges::count(get("/v1/feed").body, '\n'), 50);
}

TEST_F(ControlServerTest, RefusesASocketThatIsInUse) {
  const auto second = ControlServer::listen(loop.loop, settings.control, parts());

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, "taken");
}

TEST_F(ControlServerTest, RemovesItsSocketWhenItStops) {
  loop.await(server->stop());

  EXPECT_FALSE(std::filesystem::exists(settings.control.socket));
}

TEST_F(ControlServerTest, ServesOneConnectedDescriptor) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  std::unique_ptr<ControlServer> adopted;
  loop.run([&] {
    adopted = ControlServer::adopt(loop.loop, ends[1], settings.control, parts()).value();
  });

  EXPECT_EQ(RawHttp(ends[0]).ask("GET", "/v1/watches").status, 200);

  loop.await(adopted->finished());
}

TEST_F(ControlServerTest, WarnsOnceWhenAGroupIsMissing) {
  ControlOptions options = settings.control;
  options.socket = directory.path() / "other.sock";
  options.operators = {"no-such-group-1", "no-such-group-2"};
  std::unique_ptr<ControlServer> other;

  loop.run([&] { other = ControlServer::listen(loop.loop, options, parts()).value(); });

  ASSERT_EQ(other->warnings().size(), 1U);
  EXPECT_THAT(other->warnings()[0],
              HasSubstr("no-such-group-1, no-such-group-2; the control socket has mode 0600"));
  loop.await(other->stop());
}

}  // namespace
}  // namespace sightingd
