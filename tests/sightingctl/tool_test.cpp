#include "sightingctl/tool.h"

#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace sightingd {
namespace {

class ToolTest : public testing::Test {
 protected:
  Tool tool() { return {"", directory.path() / "control.sock", "", false, false, in, out, err}; }

  test::TemporaryDirectory directory;
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(ToolTest, TakesATextAsItIs) { EXPECT_EQ(text_argument(tool(), "sg_1").value(), "sg_1"); }

TEST_F(ToolTest, TakesOneLineOfStandardInputForEachDash) {
  in.str("first\r\nsecond\n");

  EXPECT_EQ(text_argument(tool(), "-").value(), "first");
  EXPECT_EQ(text_argument(tool(), "-").value(), "second");
  EXPECT_EQ(text_argument(tool(), "-").error().code, ExitCode::Usage);
}

TEST_F(ToolTest, ReadsAFileOrStandardInputWhole) {
  std::ofstream(directory.path() / "file") << "bytes\n\n";
  in.str("other");

  EXPECT_EQ(file_argument(tool(), directory.path() / "file").value(), "bytes\n\n");
  EXPECT_EQ(file_argument(tool(), "-").value(), "other");
}

TEST_F(ToolTest, LeavesItToTheDaemonHowLargeAPictureMayBe) {
  in.str(std::string(21 << 20, 'a'));

  EXPECT_EQ(file_argument(tool(), "-").value().size(), 21U << 20U);
}

TEST_F(ToolTest, SaysThatAFileCannotBeRead) {
  EXPECT_EQ(file_argument(tool(), directory.path() / "none").error().code, ExitCode::Usage);
  EXPECT_EQ(file_argument(tool(), directory.path()).error().code, ExitCode::Usage);
}

TEST_F(ToolTest, SaysThatNoDaemonAnswers) {
  const auto client = connect(tool(), Needs::Daemon);

  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ExitCode::NoDaemon);
}

TEST_F(ToolTest, FindsTheSocketWhateverElseIsWrong) {
  const auto config = directory.path() / "sightingd.toml";
  std::ofstream(config) << "[control]\nsocket = \"" << directory.path().string()
                        << "/named.sock\"\n[log]\nlevel = \"loud\"\n";
  Tool named = {config, "", "", false, false, in, out, err};

  const auto client = connect(named, Needs::Daemon);

  EXPECT_EQ(client.error().code, ExitCode::NoDaemon);
  EXPECT_NE(client.error().sentence.find("/named.sock"), std::string::npos);
}

TEST_F(ToolTest, TakesNoOtherSocketForOneThatIsWrong) {
  const auto config = directory.path() / "sightingd.toml";
  std::ofstream(config) << "[control]\nsocket = 3\n";
  Tool named = {config, "", "", false, false, in, out, err};

  EXPECT_EQ(connect(named, Needs::Daemon).error().code, ExitCode::Usage);
}

TEST_F(ToolTest, RefusesAConfigurationThatCannotBeUsed) {
  Tool named = {directory.path() / "none.toml", "", "", false, false, in, out, err};

  EXPECT_EQ(connect(named, Needs::Daemon).error().code, ExitCode::Usage);
}

}  // namespace
}  // namespace sightingd
