#include "daemon/control/listening_socket.h"

#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <seccomp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace sightingd {
namespace {

class ListeningSocketTest : public testing::Test {
 protected:
  ::mode_t mode() const {
    struct stat file {};
    stat(path.c_str(), &file);
    return file.st_mode & 0777U;
  }

  test::TemporaryDirectory directory;
  std::filesystem::path path = directory.path() / "run" / "control.sock";
};

TEST_F(ListeningSocketTest, IsPrivateWithoutAGroup) {
  const ListeningSocket socket = listen_at(path, std::nullopt).value();

  EXPECT_FALSE(socket.is_group_open);
  EXPECT_EQ(mode(), 0600U);
  close(socket.descriptor);
}

TEST_F(ListeningSocketTest, IsOpenToTheGroupThatItIsGivenTo) {
  const ListeningSocket socket = listen_at(path, getegid()).value();

  EXPECT_TRUE(socket.is_group_open);
  EXPECT_EQ(mode(), 0660U);
  close(socket.descriptor);
}

// As under the unit's filter on system calls.
TEST_F(ListeningSocketTest, IsOpenToItsOwnGroupWhereNobodyMayChangeOwners) {
  const pid_t child = fork();
  if (child == 0) {
    const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    for (const char* name : {"chown", "lchown", "fchown", "fchownat"}) {
      seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), seccomp_syscall_resolve_name(name), 0);
    }
    const bool is_filtered = seccomp_load(filter) == 0;
    const auto socket = listen_at(path, getegid());
    _exit(is_filtered && socket && socket->is_group_open ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);

  EXPECT_EQ(status, 0);
  EXPECT_EQ(mode(), 0660U);
}

TEST_F(ListeningSocketTest, ReplacesASocketThatNobodyAnswersOn) {
  close(listen_at(path, std::nullopt).value().descriptor);

  const auto again = listen_at(path, std::nullopt);

  ASSERT_TRUE(again);
  close(again->descriptor);
}

TEST_F(ListeningSocketTest, LeavesASocketThatSomebodyAnswersOn) {
  const ListeningSocket first = listen_at(path, std::nullopt).value();

  const auto second = listen_at(path, std::nullopt);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, "taken");
  close(first.descriptor);
}

TEST_F(ListeningSocketTest, LeavesAFileThatIsNoSocket) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << "precious";

  const auto socket = listen_at(path, std::nullopt);

  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().reason, "taken");
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST_F(ListeningSocketTest, RefusesAPathThatIsTooLong) {
  EXPECT_FALSE(listen_at(directory.path() / std::string(120, 'a'), std::nullopt));
}

}  // namespace
}  // namespace sightingd
