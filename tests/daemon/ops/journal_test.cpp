#include "daemon/ops/journal.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace sightingd {
namespace {

class JournalTest : public ::testing::Test {
 protected:
  ~JournalTest() override { unsetenv("JOURNAL_STREAM"); }

  static std::string written(LogLevel level, void (*write)(Journal&)) {
    ::testing::internal::CaptureStderr();
    Journal journal(level);
    write(journal);
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(JournalTest, WritesOneLineOfFieldsWithItsPriorityUnderSystemd) {
  setenv("JOURNAL_STREAM", "8:1", 1);

  const std::string line = written(LogLevel::Info, [](Journal& journal) {
    journal.warning("watch-failed", {{"watch", "rescue"}, {"message", "two words"}});
  });

  EXPECT_EQ(line, "<4>watch-failed watch=rescue message=\"two words\"\n");
}

TEST_F(JournalTest, KeepsALineALineWhateverTheValueHolds) {
  setenv("JOURNAL_STREAM", "8:1", 1);

  const std::string line = written(LogLevel::Info, [](Journal& journal) {
    journal.info("event", {{"message", "a\n<0>\"b\" {} %d \\"}, {"empty", ""}});
  });

  EXPECT_EQ(line, "<6>event message=\"a <0>\\\"b\\\" {} %d \\\\\" empty=\"\"\n");
}

TEST_F(JournalTest, LeavesOutWhatIsBelowItsLevel) {
  setenv("JOURNAL_STREAM", "8:1", 1);

  const std::string lines = written(LogLevel::Warning, [](Journal& journal) {
    journal.info("quiet");
    journal.error("loud");
    journal.set_level(LogLevel::Debug);
    journal.debug("now-too");
  });

  EXPECT_EQ(lines, "<3>loud\n<7>now-too\n");
}

}  // namespace
}  // namespace sightingd
