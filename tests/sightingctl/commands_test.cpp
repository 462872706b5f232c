#include "sightingctl/commands.h"

#include "tests/daemon/control/control_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace sightingd {
namespace {

using test::id_of;
using test::photo;
using test::post;
using test::with;
using testing::HasSubstr;

/// The commands against a real control socket and a real store.
class CommandsTest : public test::ControlFixture {
 protected:
  Tool tool(bool json = false) {
    return {"", settings.control.socket, "", json, false, in, out, err};
  }

  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(CommandsTest, PrintsTheFeedALineAnEvent) {
  commit({post("a"), post("b")});

  EXPECT_EQ(run_feed(tool(), {}).value(), ExitCode::Done);

  EXPECT_EQ(std::ranges::count(out.str(), '\n'), 2);
}

TEST_F(CommandsTest, TakesTheCursorFromStandardInput) {
  commit({post("a"), post("b")});
  in.str(store->feed("", 1).value()[0].cursor + "\n");

  ASSERT_TRUE(run_feed(tool(), {.after = "-"}));

  EXPECT_THAT(out.str(), HasSubstr("text of b"));
  EXPECT_EQ(std::ranges::count(out.str(), '\n'), 1);
}

TEST_F(CommandsTest, FollowsTheFeedUpToALimit) {
  commit({post("a"), post("b")});

  EXPECT_EQ(run_feed(tool(), {.limit = 2, .follow = true}).value(), ExitCode::Done);

  EXPECT_EQ(std::ranges::count(out.str(), '\n'), 2);
}

TEST_F(CommandsTest, RefusesWhatIsNoCursor) {
  EXPECT_EQ(run_feed(tool(), {.after = "x"}).error().code, ExitCode::Usage);
}

TEST_F(CommandsTest, SaysThatACursorIsTooOld) {
  EXPECT_EQ(run_feed(tool(), {.after = "00000000000000000001"}).error().code,
            ExitCode::CursorTooOld);
}

TEST_F(CommandsTest, ShowsASighting) {
  commit({post("a")});

  EXPECT_EQ(run_show(tool(), std::string(id_of("a").text())).value(), ExitCode::Done);

  EXPECT_THAT(out.str(), HasSubstr("text of a"));
}

TEST_F(CommandsTest, SaysNoToASightingThatIsNotThere) {
  EXPECT_EQ(run_show(tool(), std::string(id_of("a").text())).error().code, ExitCode::No);
}

TEST_F(CommandsTest, WritesAPhotoToAFile) {
  commit({with(post("a"), photo("street"))});
  const auto file = directory.path() / "photo.jpg";

  ASSERT_TRUE(run_photo(tool(), std::string(photo("street").id.text()), file));

  std::ifstream written(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(written), {}), "stripped");
}

TEST_F(CommandsTest, WritesAPhotoToStandardOutput) {
  commit({with(post("a"), photo("street"))});

  ASSERT_TRUE(run_photo(tool(), std::string(photo("street").id.text()), "-"));

  EXPECT_EQ(out.str(), "stripped");
}

TEST_F(CommandsTest, FindsAPictureThatComesOnStandardInput) {
  commit({with(post("a"), photo("street", 3))});
  in.str("other");

  EXPECT_EQ(run_find(tool(), {.file = "-"}).value(), ExitCode::Done);

  EXPECT_THAT(out.str(), HasSubstr(std::string(photo("street").id.text())));
}

TEST_F(CommandsTest, SaysNoWhenNoPictureIsTheSame) {
  EXPECT_EQ(run_find(tool(), {.pdq = std::string(64, '0')}).value(), ExitCode::No);
}

TEST_F(CommandsTest, PausesAWatchAndLists) {
  ASSERT_TRUE(run_watch_pause(tool(), "watch", true));
  ASSERT_TRUE(run_watch_list(tool()));

  EXPECT_THAT(out.str(), testing::ContainsRegex("watch +source +#tag .* paused"));
  EXPECT_EQ(run_watch_pause(tool(), "other", true).error().code, ExitCode::No);
}

TEST_F(CommandsTest, ErasesAPostThatComesOnStandardInput) {
  commit({post("a")});
  in.str(test::uri("a") + "\nasked by the author\n");

  EXPECT_EQ(run_erase(tool(), {.post = "-", .reason = "-"}).value(), ExitCode::Done);

  EXPECT_FALSE(store->sighting(id_of("a")).value());
}

TEST_F(CommandsTest, ChecksTheReceiptThatItPrinted) {
  commit({post("a")});
  ASSERT_TRUE(run_erase(tool(), {.post = test::uri("a"), .reason = "asked"}));
  const std::string receipt = out.str();
  out.str("");
  ASSERT_TRUE(run_receipt_key(tool()));
  const std::string key = out.str().substr(0, 64);

  const auto verdict = [&](const std::string& content, const std::string& public_key) {
    in.clear();
    in.str(content);
    return run_receipt_verify(tool(), "-", public_key).value();
  };

  EXPECT_EQ(verdict(receipt, ""), ExitCode::Done);
  EXPECT_EQ(verdict(receipt, key), ExitCode::Done);
  EXPECT_EQ(verdict(receipt, std::string(64, 'a')), ExitCode::No);
  std::string changed = receipt;
  changed.replace(changed.find("asked"), 5, "asket");
  EXPECT_EQ(verdict(changed, key), ExitCode::No);
  in.clear();
  in.str("{}");
  EXPECT_EQ(run_receipt_verify(tool(), "-", "").error().code, ExitCode::Usage);
}

TEST_F(CommandsTest, ListsRefusalsAndHoldsAndEndsThem) {
  commit({post("a"), post("b")});
  ASSERT_TRUE(run_erase(tool(), {.post = test::uri("a"), .reason = "asked"}));
  const std::string held(id_of("b").text());
  ASSERT_TRUE(run_hold(tool(), held, "2027-01-31", "police"));
  out.str("");

  ASSERT_TRUE(run_refusals_list(tool()));
  ASSERT_TRUE(run_hold_list(tool()));

  EXPECT_THAT(out.str(), testing::ContainsRegex("1 +2026-02-01T12:00:00.000Z +post"));
  EXPECT_THAT(out.str(), testing::ContainsRegex(held + " +2027-01-31T00:00:00.000Z"));
  EXPECT_EQ(run_refusals_remove(tool(), "1").value(), ExitCode::Done);
  EXPECT_EQ(run_refusals_remove(tool(), "1").error().code, ExitCode::No);
  EXPECT_EQ(run_hold(tool(), held, "", "over").value(), ExitCode::Done);
}

TEST_F(CommandsTest, PrintsJsonInsteadOfATable) {
  ASSERT_TRUE(run_coverage(tool(true), "watch"));
  ASSERT_TRUE(run_skipped(tool(true), ""));

  EXPECT_THAT(out.str(), HasSubstr("\"watch\":\"watch\""));
  EXPECT_THAT(out.str(), HasSubstr("{\"skipped\":[]}\n"));
}

TEST_F(CommandsTest, PrintsTables) {
  ASSERT_TRUE(run_coverage(tool(), ""));
  ASSERT_TRUE(run_skipped(tool(), "no_media"));

  EXPECT_THAT(out.str(), HasSubstr("WATCH"));
  EXPECT_THAT(out.str(), HasSubstr("not yet"));
}

TEST_F(CommandsTest, KnowsADaemonThatCannotAnswerFromNone) {
  in.str("picture");
  examiner.failure = Error{ErrorCode::Unavailable, "No examiner can be started."};

  const auto found = run_find(tool(), {.file = "-"});

  EXPECT_EQ(found.error().code, ExitCode::Bug);
  EXPECT_EQ(found.error().sentence, "No examiner can be started.");
}

TEST_F(CommandsTest, SaysThatTheDaemonItselfDoesNotRun) {
  EXPECT_EQ(run_status(tool()).error().code, ExitCode::NoDaemon);
  EXPECT_EQ(run_metrics(tool()).error().code, ExitCode::NoDaemon);
  EXPECT_EQ(run_reload(tool(), true).error().code, ExitCode::NoDaemon);
}

}  // namespace
}  // namespace sightingd
