// What the control API notes in the audit log, and what it tells of it.
#include "tests/daemon/control/control_fixture.h"

#include <gmock/gmock.h>

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

namespace sightingd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class AuditRoutesTest : public ControlFixture {
 protected:
  std::vector<AuditEvent> audited() const {
    std::vector<AuditEvent> events;
    AuditReader reader = store->audit().read().value();
    while (auto entry = reader.next().value()) {
      events.push_back(std::move(entry->event));
    }
    return events;
  }

  SightingId sighting() const { return store->feed({}, 1)->front().id; }
  PhotoId photo_id() const {
    return *store->sighting(sighting()).value().value().sighting.images.front().photo;
  }
};

TEST_F(AuditRoutesTest, NoteWhoReadWhatThroughWhichRoute) {
  commit({with(post("1"), photo("a"))});

  ASSERT_EQ(get("/v1/sightings/" + std::string(sighting().text())).status, 200);
  ASSERT_EQ(get("/v1/photos/" + std::string(photo_id().text())).status, 200);

  const std::vector<AuditEvent> events = audited();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].kind, AuditKind::SightingRead);
  EXPECT_EQ(events[0].route, "GET /v1/sightings/*");
  EXPECT_EQ(events[0].subject, store->audit_subject(sighting()));
  EXPECT_EQ(events[0].count, 1U);
  EXPECT_EQ(events[0].time, clock.now());
  ASSERT_TRUE(events[0].peer);
  EXPECT_EQ(events[0].peer->uid, geteuid());
  EXPECT_EQ(events[0].peer->pid, static_cast<std::uint32_t>(getpid()));
  EXPECT_EQ(events[1].kind, AuditKind::PhotoRead);
  EXPECT_EQ(events[1].subject, store->audit_subject(photo_id()));
}

TEST_F(AuditRoutesTest, NoteWhoAskedForWhatIsNotThere) {
  const std::string id = "sg_" + std::string(26, 'a');

  ASSERT_EQ(get("/v1/sightings/" + id).status, 404);

  ASSERT_THAT(audited(), SizeIs(1));
  EXPECT_EQ(audited().front().subject, store->audit_subject(*SightingId::parse(id)));
  EXPECT_EQ(audited().front().count, 0U);
}

TEST_F(AuditRoutesTest, NoteNothingOfWhatTellsNothing) {
  get("/v1/sightings/nonsense");
  get("/v1/no-such-route");
  get("/v1/watches");
  get("/v1/coverage");
  get("/v1/feed");
  post_to("/v1/watches/unknown/pause");
  post_to("/v1/erase", R"({"post":"https://example.org/unknown","reason":"words"})");

  EXPECT_THAT(audited(), IsEmpty());
}

TEST_F(AuditRoutesTest, NoteAReadingOfTheFeedOnce) {
  std::vector<PostFacts> posts;
  for (int i = 0; i < 3; ++i) {
    posts.push_back(post(std::to_string(i)));
  }
  commit(posts);
  const std::vector<FeedEvent> feed = store->feed({}, 10).value();

  ASSERT_EQ(get("/v1/feed").status, 200);

  const std::vector<AuditEvent> events = audited();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events.front().kind, AuditKind::FeedRead);
  EXPECT_EQ(events.front().first_cursor, feed.front().cursor);
  EXPECT_EQ(events.front().last_cursor, feed.back().cursor);
  EXPECT_EQ(events.front().count, 3U);
  EXPECT_EQ(events.front().peer->uid, geteuid());
}

TEST_F(AuditRoutesTest, NoteSearchesAndListsOfWhatWasSkipped) {
  commit({with(post("1"), photo("a", 40))});

  ASSERT_EQ(post_to("/v1/similar", "a").status, 200);
  ASSERT_EQ(get("/v1/skipped").status, 200);

  const std::vector<AuditEvent> events = audited();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].kind, AuditKind::Search);
  EXPECT_EQ(events[0].count, 1U);
  EXPECT_EQ(events[1].kind, AuditKind::SkippedRead);
}

TEST_F(AuditRoutesTest, NoteWhatOperatorsChange) {
  commit({post("1")});
  const SightingId id = sighting();

  ASSERT_EQ(post_to("/v1/watches/watch/pause").status, 200);
  ASSERT_EQ(post_to("/v1/erase", R"({"post":")" + std::string(id.text()) +
                                     R"(","reason":"asked by the author"})")
                .status,
            200);
  ASSERT_EQ(post_to("/v1/key", std::string(SecretKey::kSize, 'n')).status, 200);

  const std::vector<AuditEvent> events = audited();
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(events[0].kind, AuditKind::ConfigurationChange);
  EXPECT_THAT(events[0].details, ElementsAre("watch \"watch\" paused"));
  EXPECT_EQ(events[1].kind, AuditKind::Erasure);
  EXPECT_EQ(events[1].subject, store->audit_subject(id));
  EXPECT_EQ(events[1].reason, "asked by the author");
  EXPECT_EQ(events[2].kind, AuditKind::KeyRotation);
}

TEST_F(AuditRoutesTest, TellTheEntriesAsLines) {
  commit({post("1"), post("2")});
  const std::string id(sighting().text());
  get("/v1/sightings/" + id);
  get("/v1/skipped");

  const RawReply all = get("/v1/audit");
  const RawReply about = get("/v1/audit?id=" + id);
  const RawReply last = get("/v1/audit?last=1");
  const RawReply after = get("/v1/audit?after=3");

  EXPECT_EQ(all.status, 200);
  EXPECT_TRUE(all.whole);
  EXPECT_EQ(std::ranges::count(all.body, '\n'), 2) << "and not the reading itself";
  EXPECT_THAT(all.body, HasSubstr(R"("number":1,"time":"2026-02-01T12:00:00.000Z",)"
                                  R"("kind":"sighting_read","uid":)"));
  EXPECT_THAT(all.body, Not(HasSubstr(id)));
  EXPECT_EQ(std::ranges::count(about.body, '\n'), 1);
  EXPECT_THAT(last.body, HasSubstr(R"("number":4,)"));
  EXPECT_EQ(std::ranges::count(last.body, '\n'), 1);
  EXPECT_THAT(after.body, HasSubstr(R"("number":4,)"));
  EXPECT_THAT(after.body, HasSubstr(R"("number":5,)"));
  EXPECT_EQ(get("/v1/audit?id=https://example.org/1").status, 400);
  EXPECT_EQ(audited().back().kind, AuditKind::AuditRead);
}

TEST_F(AuditRoutesTest, TellWhetherTheLogIsWholeAndWhereItIsNot) {
  get("/v1/skipped");
  get("/v1/skipped");
  const RawReply whole = get("/v1/audit/verdict");
  const auto file = directory.path() / "store" / "audit" / "audit.log";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);

  const RawReply broken = get("/v1/audit/verdict");

  EXPECT_THAT(whole.body,
              HasSubstr(R"("whole":true,"broken":null,"entries":2,"head":{"number":2,)"));
  EXPECT_THAT(whole.body,
              HasSubstr("\"public_key\":\"" + store->signing_key().public_key().hex() + "\""));
  EXPECT_EQ(broken.status, 200);
  EXPECT_THAT(broken.body, HasSubstr(R"("whole":false,"broken":"the log audit.log is broken at )"
                                     R"(entry 3 )"));
}

TEST_F(AuditRoutesTest, RemoveAReasonAndNoteThat) {
  commit({post("1")});
  post_to("/v1/erase",
          R"({"post":")" + std::string(sighting().text()) + R"(","reason":"a private matter"})");

  EXPECT_EQ(post_to("/v1/audit/1/remove-reason").status, 200);
  EXPECT_EQ(post_to("/v1/audit/1/remove-reason").status, 404);
  EXPECT_EQ(post_to("/v1/audit/one/remove-reason").status, 400);

  const RawReply all = get("/v1/audit");
  EXPECT_THAT(all.body, Not(HasSubstr("private matter")));
  EXPECT_THAT(all.body, HasSubstr(R"("reason":null,"reason_removed":true)"));
  EXPECT_EQ(audited()[1].kind, AuditKind::ReasonRemoval);
  EXPECT_EQ(audited()[1].peer->uid, geteuid());
  EXPECT_THAT(get("/v1/audit/verdict").body, HasSubstr(R"("whole":true)"));
}

TEST_F(AuditRoutesTest, GiveNothingOutThatCannotBeNoted) {
  commit({with(post("1"), photo("a"))});
  // No reason can be kept where a file is in the way of its folder.
  std::ofstream(directory.path() / "store" / "audit" / "reasons").put('x');

  const RawReply reply = post_to(
      "/v1/erase", R"({"post":")" + std::string(sighting().text()) + R"(","reason":"words"})");

  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, Not(HasSubstr("erased")));
}

TEST_F(AuditRoutesTest, CountForThePublicWithoutSmallNumbers) {
  for (int i = 0; i < 6; ++i) {
    get("/v1/skipped");
  }
  get("/v1/sightings/sg_" + std::string(26, 'a'));
  clock.advance(std::chrono::days(40));

  const RawReply report = get("/v1/report?from=2026-01&to=2026-03-10");

  EXPECT_EQ(report.status, 200);
  EXPECT_THAT(report.body, HasSubstr(R"({"months":["2026-01","2026-02"],"left_out":["2026-03"])"));
  EXPECT_THAT(report.body, HasSubstr(R"({"kind":"skipped_read","counts":[0,6],"total":6,)"
                                     R"("total_is_at_least":false})"));
  EXPECT_THAT(report.body, HasSubstr(R"({"kind":"sighting_read","counts":[0,null],"total":0,)"
                                     R"("total_is_at_least":true})"));
  EXPECT_EQ(get("/v1/report?from=2026-03&to=2026-02").status, 400);
  EXPECT_EQ(get("/v1/report?from=2026-02").status, 400);
  EXPECT_EQ(get("/v1/report?from=1900-02&to=2026-02").status, 400);
}

}  // namespace
}  // namespace sightingd::test
