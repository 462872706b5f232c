#include "tests/system/process.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

namespace sightingd::test {
namespace {

constexpr std::chrono::milliseconds kBetweenQuestions{10};

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void redirect(int descriptor, const char* path) {
  const int file = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || ::dup2(file, descriptor) < 0) {
    ::_exit(127);
  }
}

}  // namespace

std::filesystem::path program(const std::string& name) {
  return std::filesystem::path(SIGHTINGD_PROGRAMS) / name;
}

std::filesystem::path test_program(const std::string& name) {
  return std::filesystem::path(SIGHTINGD_TEST_PROGRAMS) / name;
}

bool eventually(std::chrono::milliseconds patience, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) {
      return condition();
    }
    std::this_thread::sleep_for(kBetweenQuestions);
  }
  return true;
}

Process::Process(std::vector<std::string> arguments, std::function<void()> before_exec) {
  std::vector<char*> argv;
  for (auto& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  const auto out_path = (directory_.path() / "out").string();
  const auto err_path = (directory_.path() / "err").string();
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
      ::_exit(127);
    }
    redirect(STDOUT_FILENO, out_path.c_str());
    redirect(STDERR_FILENO, err_path.c_str());
    if (before_exec) {
      before_exec();
    }
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pid_ < 0 || pidfd_ < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot start " + arguments[0]);
  }
}

Process::~Process() {
  signal(SIGKILL);
  wait(std::chrono::seconds(60));
  ::close(pidfd_);
}

void Process::signal(int number) const {
  if (!status_) {
    ::kill(pid_, number);
  }
}

std::optional<int> Process::wait(std::chrono::milliseconds patience) {
  if (status_) {
    return status_;
  }
  pollfd ended{.fd = pidfd_, .events = POLLIN, .revents = 0};
  if (::poll(&ended, 1, static_cast<int>(patience.count())) <= 0) {
    return std::nullopt;
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return status_;
}

std::string Process::out() const { return content(directory_.path() / "out"); }

std::string Process::err() const { return content(directory_.path() / "err"); }

Finished run(std::vector<std::string> arguments, std::chrono::milliseconds patience) {
  Process process(arguments);
  const auto status = process.wait(patience);
  if (!status) {
    ADD_FAILURE() << arguments[0] << " did not end in time; it said:\n" << process.err();
  }
  return {status.value_or(-1), process.out(), process.err()};
}

}  // namespace sightingd::test
