#include "examiner/pool.h"

#include "tests/examiner/orders.h"
#include "tests/examiner/pool_fixture.h"
#include "tests/support/temporary_directory.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace sightingd {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace test;

const std::filesystem::path kMisbehaving = MISBEHAVING_EXAMINER;
const std::filesystem::path kUnconfined = UNCONFINED_EXAMINER;

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator descriptors("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(descriptors), end(descriptors)));
}

bool is_rejected(const Result<Examination>& result, RejectReason reason) {
  return result && *result == Examination(reason);
}

bool is_examined(const Result<Examination>& result, std::string_view bytes) {
  const auto* image = result ? std::get_if<ExaminedImage>(&*result) : nullptr;
  return image != nullptr && image->stripped == bytes;
}

class ExaminerPoolTest : public PoolFixture {
 protected:
  Result<void> start(const std::filesystem::path& program = kMisbehaving) {
    return PoolFixture::start(program);
  }
};

TEST_F(ExaminerPoolTest, ExaminesAPicture) {
  ASSERT_TRUE(start());

  const auto result = answer_to("a picture");

  EXPECT_TRUE(is_examined(result, "a picture"));
  EXPECT_EQ(restarts(), 0U);
}

TEST_F(ExaminerPoolTest, TakesDigestsAndIdFromTheBytesNotFromTheExaminer) {
  ASSERT_TRUE(start());

  const auto result = answer_to("a picture");

  const Photo& photo = std::get<ExaminedImage>(result.value()).photo;
  EXPECT_EQ(photo.received_sha256, sha256("a picture"));
  EXPECT_EQ(photo.stored_sha256, sha256("a picture"));
  EXPECT_EQ(photo.id, photo_id(sha256("a picture")));
}

TEST_F(ExaminerPoolTest, TakesTheDigestOfWhatIsLeftOfAPicture) {
  ASSERT_TRUE(start());

  for (const auto& [order, left] :
       {std::pair(kShorten, "strip the last byt"), std::pair(kChange, "change the last byt!"),
        std::pair(kGrow, "add a byte!")}) {
    const auto result = answer_to(order);

    const auto& image = std::get<ExaminedImage>(result.value());
    EXPECT_EQ(image.stripped, left);
    EXPECT_EQ(image.photo.received_sha256, sha256(order));
    EXPECT_EQ(image.photo.stored_sha256, sha256(left));
  }
}

TEST_F(ExaminerPoolTest, ExaminesALargePictureAndTheNextOne) {
  ASSERT_TRUE(start());
  const std::string bytes(8U << 20U, 'p');

  EXPECT_TRUE(is_examined(answer_to(bytes), bytes));
  EXPECT_TRUE(is_examined(answer_to("a picture"), "a picture"));
}

TEST_F(ExaminerPoolTest, RejectsAFileLargerThanTheLimitUnseen) {
  options.max_bytes = 8;
  ASSERT_TRUE(start());

  EXPECT_TRUE(is_rejected(answer_to("nine byte"), RejectReason::TooLarge));
}

TEST_F(ExaminerPoolTest, ReportsTheLayersOfTheSandbox) {
  ASSERT_TRUE(start());

  const std::vector<std::string> layers = pool->statistics().layers;

  for (const char* required : {"no-new-privileges", "landlock", "seccomp", "resource-limits"}) {
    EXPECT_EQ(std::count(layers.begin(), layers.end(), required), 1) << required;
  }
}

TEST_F(ExaminerPoolTest, LeavesTheProcessNoDescriptorButItsSocket) {
  const int inheritable = ::open("/dev/null", O_RDONLY);  // Deliberately without O_CLOEXEC.
  ASSERT_TRUE(start());

  const auto result = answer_to(kLookAround);

  EXPECT_TRUE(result && *result == Examination(NotAnImage{}));
  ::close(inheritable);
}

TEST_F(ExaminerPoolTest, LetsTheProcessOpenNoFile) {
  ASSERT_TRUE(start());

  EXPECT_TRUE(is_rejected(answer_to(kOpenFile), RejectReason::Malformed));
  EXPECT_TRUE(is_rejected(answer_to(kStatFile), RejectReason::Malformed));
}

struct Misbehaviour {
  std::string_view order;
  std::string_view counted_as;
  RejectReason reason;
};

class MisbehaviourTest : public ExaminerPoolTest,
                         public testing::WithParamInterface<Misbehaviour> {};

TEST_P(MisbehaviourTest, CostsItsPictureOnlyAndIsCounted) {
  // Only the one that hangs is to be caught by the clock, on the slowest machine too.
  allowance.wall = GetParam().counted_as == "hang" ? 3s : 10min;
  allowance.cpu = GetParam().counted_as == "cpu" ? 1s : 60s;
  options.memory = 256U << 20U;
  ASSERT_TRUE(start());

  Answer bad = ask(GetParam().order);
  Answer next = ask("the next picture");
  run_until([&] { return is_there(bad) && is_there(next); });

  const auto rejected = bad.get();
  ASSERT_TRUE(std::holds_alternative<RejectReason>(rejected.value()));
  EXPECT_EQ(to_text(std::get<RejectReason>(*rejected)), to_text(GetParam().reason));
  EXPECT_TRUE(is_examined(next.get(), "the next picture"));
  EXPECT_EQ(pool->statistics().restarts[std::string(GetParam().counted_as)], 1U);
  EXPECT_EQ(restarts(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Of, MisbehaviourTest,
    testing::Values(Misbehaviour{kCrash, "crash", RejectReason::Crashed},
                    Misbehaviour{kBadAccess, "crash", RejectReason::Crashed},
                    Misbehaviour{kExit, "crash", RejectReason::Crashed},
                    Misbehaviour{kSleep, "hang", RejectReason::Timeout},
                    Misbehaviour{kCompute, "cpu", RejectReason::Timeout},
                    Misbehaviour{kTakeMemory, "memory", RejectReason::Bomb},
                    Misbehaviour{kOpenSocket, "seccomp", RejectReason::Crashed},
                    Misbehaviour{kPunch, "seccomp", RejectReason::Crashed},
                    Misbehaviour{kPunchSlyly, "seccomp", RejectReason::Crashed},
                    Misbehaviour{kPhantom, "protocol", RejectReason::Crashed},
                    Misbehaviour{kGarbage, "protocol", RejectReason::Crashed},
                    Misbehaviour{kLie, "protocol", RejectReason::Crashed},
                    Misbehaviour{kMore, "protocol", RejectReason::Crashed},
                    Misbehaviour{kHalf, "hang", RejectReason::Timeout}),
    [](const auto& test) {
      std::string name(test.param.order);
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

TEST_F(ExaminerPoolTest, AllocatesNothingOnTheWordOfAnExaminer) {
  ASSERT_TRUE(start());
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);

  EXPECT_TRUE(is_rejected(answer_to(kLie), RejectReason::Crashed));

  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64L << 10U);  // KiB
}

TEST_F(ExaminerPoolTest, KeepsOneWarmSpare) {
  options.processes = 2;
  ASSERT_TRUE(start());

  run_until([] { return children().size() == 3; });

  EXPECT_EQ(pool->statistics().busy, 0U);
}

TEST_F(ExaminerPoolTest, ExaminesNoMoreAtOnceThanItHasProcessesAndASpare) {
  ASSERT_TRUE(start());
  Answer first = ask(kSleep);
  Answer second = ask(kSleep);
  Answer third = ask("a picture");

  run_until([&] { return pool->statistics().busy == 2 && pool->statistics().waiting == 1; });

  EXPECT_FALSE(is_there(third));
}

TEST_F(ExaminerPoolTest, ExaminesTheNextPictureInTheSpareWhileTheFirstIsExamined) {
  ASSERT_TRUE(start());
  Answer first = ask(kSleep);
  run_until([&] { return pool->statistics().busy == 1; });

  EXPECT_TRUE(is_examined(answer_to("a picture"), "a picture"));
  EXPECT_FALSE(is_there(first));
}

TEST_F(ExaminerPoolTest, ExaminesTheNextPictureOnceAnotherIsGivenUp) {
  ASSERT_TRUE(start());
  Answer slow = ask(kSleep);
  run_until([&] { return pool->statistics().busy == 1; });
  asio::cancellation_signal signal;
  Answer other = asio::co_spawn(context, pool->examine(std::string(kSleep)),
                                asio::bind_cancellation_slot(signal.slot(), asio::use_future));
  run_until([&] { return pool->statistics().busy == 2; });
  Answer next = ask("the next picture");
  run_until([&] { return pool->statistics().waiting == 1; });

  signal.emit(asio::cancellation_type::terminal);
  run_until([&] { return is_there(next); });

  EXPECT_TRUE(is_examined(next.get(), "the next picture"));
}

// The third is given the process of the second while that is still being digested.
TEST_F(ExaminerPoolTest, LimitsTheTimeOfAPictureThatFollowsAnother) {
  allowance.wall = 300ms;
  allowance.wall_per_mebibyte = 0ms;
  ASSERT_TRUE(start());
  run_until([] { return children().size() == 2; });
  Answer first = ask(kSleep);
  Answer second = ask(std::string(1U << 20U, 'x'));
  Answer third = ask(kSleep);

  run_until([&] { return is_there(first) && is_there(second) && is_there(third); });

  EXPECT_TRUE(is_rejected(first.get(), RejectReason::Timeout));
  EXPECT_TRUE(second.get());
  EXPECT_TRUE(is_rejected(third.get(), RejectReason::Timeout));
}

TEST_F(ExaminerPoolTest, ServesManyPicturesInTheirOrder) {
  ASSERT_TRUE(start());
  Answer slow = ask(kSleep);  // Which leaves one process for all others.
  run_until([&] { return pool->statistics().busy == 1; });
  std::vector<Answer> answers;
  for (int i = 0; i < 200; ++i) {
    answers.push_back(ask("picture " + std::to_string(i)));
  }

  for (std::size_t i = 0; i < answers.size(); ++i) {
    run_until([&] { return is_there(answers[i]); });

    // The next one may have been answered in the same turn, no later one.
    EXPECT_FALSE(i + 2 < answers.size() && is_there(answers[i + 2]));
    EXPECT_TRUE(is_examined(answers[i].get(), "picture " + std::to_string(i)));
  }
}

TEST_F(ExaminerPoolTest, ServesPicturesInParallelWhileSomeCrash) {
  options.processes = 4;
  ASSERT_TRUE(start());
  std::vector<Answer> good;
  std::vector<Answer> bad;
  for (int i = 0; i < 200; ++i) {
    good.push_back(ask("picture " + std::to_string(i)));
    if (i % 40 == 0) {
      bad.push_back(ask(kCrash));
    }
  }

  run_until([&] {
    return std::all_of(good.begin(), good.end(), is_there) &&
           std::all_of(bad.begin(), bad.end(), is_there);
  });

  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_TRUE(is_examined(good[i].get(), "picture " + std::to_string(i)));
  }
  for (Answer& answer : bad) {
    EXPECT_TRUE(is_rejected(answer.get(), RejectReason::Crashed));
  }
  EXPECT_EQ(pool->statistics().restarts["crash"], bad.size());
}

TEST_F(ExaminerPoolTest, ExaminesLargePicturesOneAtATime) {
  options.processes = 2;
  ASSERT_TRUE(start());
  Answer one = ask(kLargeAndSlow);
  Answer other = ask(kLargeAndSlow);

  run_until([&] { return pool->statistics().busy == 1 && pool->statistics().waiting == 1; });

  EXPECT_TRUE(is_examined(answer_to("a small picture"), "a small picture"));
  EXPECT_FALSE(is_there(one) || is_there(other));
}

TEST_F(ExaminerPoolTest, LetsNoSmallPictureWaitForALargeOne) {
  options.processes = 1;
  ASSERT_TRUE(start());
  Answer large = ask(kLargeAndSlow);
  run_until([&] { return pool->statistics().busy == 1; });

  EXPECT_TRUE(is_examined(answer_to("a small picture"), "a small picture"));
  EXPECT_TRUE(is_examined(answer_to("another one"), "another one"));
  EXPECT_FALSE(is_there(large));
}

TEST_F(ExaminerPoolTest, ExaminesTheNextLargePictureWhenTheFirstIsOver) {
  options.processes = 2;
  ASSERT_TRUE(start());
  Answer first = ask(kLarge);
  Answer second = ask(kLarge);

  run_until([&] { return is_there(first) && is_there(second); });

  EXPECT_TRUE(is_examined(first.get(), kLarge));
  EXPECT_TRUE(is_examined(second.get(), kLarge));
}

TEST_F(ExaminerPoolTest, RejectsWhatIsLargerThanTheConfigurationAllows) {
  options.max_pixels = 10'000'000;
  ASSERT_TRUE(start());

  EXPECT_TRUE(is_rejected(answer_to(kLarge), RejectReason::TooManyPixels));
}

TEST_F(ExaminerPoolTest, ExaminesAgainWhatWasKilledFromOutside) {
  ASSERT_TRUE(start());
  Answer picture = ask(kSleep);
  run_until([&] { return pool->statistics().busy == 1; });

  kill_children();
  run_until([&] { return is_there(picture) || pool->statistics().busy == 1; });

  EXPECT_FALSE(is_there(picture));
  EXPECT_GE(pool->statistics().restarts["crash"], 1U);
}

TEST_F(ExaminerPoolTest, RejectsWhatIsKilledAgainAndAgain) {
  ASSERT_TRUE(start());
  Answer picture = ask(kSleep);
  run_until([&] { return pool->statistics().busy == 1; });

  while (!is_there(picture)) {
    kill_children();
    run_until([&] { return is_there(picture) || pool->statistics().busy == 1; });
  }

  EXPECT_TRUE(is_rejected(picture.get(), RejectReason::Crashed));
  EXPECT_TRUE(is_examined(answer_to("the next picture"), "the next picture"));
}

TEST_F(ExaminerPoolTest, ReplacesTheProcessOfACancelledPictureUncounted) {
  ASSERT_TRUE(start());
  asio::cancellation_signal signal;
  Answer picture = asio::co_spawn(context, pool->examine(std::string(kSleep)),
                                  asio::bind_cancellation_slot(signal.slot(), asio::use_future));
  run_until([&] { return pool->statistics().busy == 1; });

  signal.emit(asio::cancellation_type::terminal);
  run_until([&] { return is_there(picture); });

  EXPECT_THROW(picture.get(), boost::system::system_error);
  EXPECT_TRUE(is_examined(answer_to("the next picture"), "the next picture"));
  EXPECT_EQ(restarts(), 0U);
}

TEST_F(ExaminerPoolTest, ForgetsACancelledPictureInTheQueue) {
  ASSERT_TRUE(start());
  Answer first = ask(kSleep);
  Answer second = ask(kSleep);
  run_until([&] { return pool->statistics().busy == 2; });
  asio::cancellation_signal signal;
  Answer picture = asio::co_spawn(context, pool->examine("a picture"),
                                  asio::bind_cancellation_slot(signal.slot(), asio::use_future));
  run_until([&] { return pool->statistics().waiting == 1; });

  signal.emit(asio::cancellation_type::terminal);
  run_until([&] { return is_there(picture); });

  EXPECT_THROW(picture.get(), boost::system::system_error);
  EXPECT_EQ(pool->statistics().waiting, 0U);
}

TEST_F(ExaminerPoolTest, StopRejectsNothingAndLeavesNoProcess) {
  ASSERT_TRUE(start());
  Answer at_work = ask(kSleep);
  Answer beside_it = ask(kSleep);
  run_until([&] { return pool->statistics().busy == 2; });
  Answer waiting = ask("a picture");
  run_until([&] { return pool->statistics().waiting == 1; });

  run(pool->stop());
  run_until([&] { return is_there(at_work) && is_there(beside_it) && is_there(waiting); });

  EXPECT_EQ(at_work.get().error().code, ErrorCode::Unavailable);
  EXPECT_EQ(beside_it.get().error().code, ErrorCode::Unavailable);
  EXPECT_EQ(waiting.get().error().code, ErrorCode::Unavailable);
  EXPECT_EQ(answer_to("a late picture").error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(children().empty());
  EXPECT_EQ(restarts(), 0U);
}

TEST_F(ExaminerPoolTest, LeaksNoDescriptor) {
  allowance.wall = 1s;
  ASSERT_TRUE(start());
  run(pool->stop());
  const std::size_t before = open_descriptors();

  ASSERT_TRUE(start());
  for (const std::string_view order : {kCrash, kGarbage, kSleep, kExit}) {
    static_cast<void>(answer_to(order));
  }
  run(pool->stop());
  pool.reset();

  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(ExaminerPoolTest, LeavesNobodyWaitingWhenItIsDestroyed) {
  ASSERT_TRUE(start());
  Answer first = ask(kSleep);
  Answer second = ask(kSleep);
  run_until([&] { return pool->statistics().busy == 2; });
  Answer third = ask("a picture");
  run_until([&] { return pool->statistics().waiting == 1; });

  pool.reset();
  run_until([&] { return is_there(first) && is_there(second) && is_there(third); });

  EXPECT_FALSE(first.get() || second.get() || third.get());
}

TEST_F(ExaminerPoolTest, StopsEvenBeforeItHasStarted) {
  pool = std::make_unique<ExaminerPool>(context.get_executor(), options, kMisbehaving);
  auto started = asio::co_spawn(context, pool->start(), asio::use_future);
  context.restart();
  context.run_one();  // Processes are started, and nothing that they say is heard.

  run(pool->stop());
  run_until([&] { return started.wait_for(0s) == std::future_status::ready; });

  EXPECT_FALSE(started.get());
  EXPECT_TRUE(children().empty());
}

TEST_F(ExaminerPoolTest, RefusesToStartWithoutARequiredLayer) {
  const auto started = start(kUnconfined);

  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::Forbidden);
  EXPECT_EQ(started.error().reason, "sandbox");
  EXPECT_NE(started.error().message.find("landlock, seccomp"), std::string::npos);
  EXPECT_TRUE(children().empty());
}

TEST_F(ExaminerPoolTest, StartsWithTheLayersThereAreWhenThatIsWanted) {
  options.sandbox_required = false;

  ASSERT_TRUE(start(kUnconfined));

  EXPECT_EQ(pool->statistics().layers,
            (std::vector<std::string>{"no-new-privileges", "resource-limits"}));
}

TEST_F(ExaminerPoolTest, SaysWhenTheProgramCannotBeStarted) {
  const auto started = start("/nonexistent/sighting-examiner");

  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::Unavailable);
  EXPECT_NE(started.error().message.find("/nonexistent/sighting-examiner"), std::string::npos);
}

TEST_F(ExaminerPoolTest, SaysWhyItCannotExamineUntilItsProgramIsBack) {
  const test::TemporaryDirectory directory;
  const auto program = directory.path() / "sighting-examiner";
  std::filesystem::copy_file(kMisbehaving, program);
  ASSERT_TRUE(start(program));
  EXPECT_EQ(pool->cannot_examine(), "");

  std::filesystem::remove(program);
  kill_children();
  // The spare may have been killed while it started, which is what is said first.
  run_until([&] { return pool->cannot_examine().find(program.string()) != std::string::npos; });
  EXPECT_FALSE(answer_to("a picture"));

  std::filesystem::copy_file(kMisbehaving, program);
  run_until([&] { return pool->cannot_examine().empty(); });
  EXPECT_TRUE(answer_to("a picture"));
}

TEST_F(ExaminerPoolTest, SaysWhenTheProgramIsNoExaminer) {
  const auto started = start("/bin/true");

  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::Unavailable);
}

TEST_F(ExaminerPoolTest, FindsNoProgramWhereThereIsNone) {
  // This test lies neither beside the program nor is the program installed.
  const auto program = find_examiner_program();

  EXPECT_TRUE(!program || program->parent_path() == "/usr/libexec/sightingd");
}

}  // namespace
}  // namespace sightingd
