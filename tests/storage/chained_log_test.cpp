#include "storage/log/chained_log.h"

#include "tests/support/temporary_directory.h"

#include <sys/resource.h>

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

const SecretKey kKey = *SecretKey::of(std::string(SecretKey::kSize, 'k'));

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void overwrite(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

/// Once with a key and once without.
class ChainedLogTest : public ::testing::TestWithParam<bool> {
 protected:
  ChainedLogOptions options() const {
    return {.path = directory_.path() / "log",
            .key = GetParam() ? std::optional(kKey) : std::nullopt};
  }

  ChainedLog create() const { return ChainedLog::create(options(), start()).value(); }
  static ChainStart start() { return {.owner = "owner", .after = {.number = 0, .hash = {7}}}; }

  /// A log of these entries, closed again.
  ChainHead write(const std::vector<std::string>& payloads) const {
    return create().append(payloads).value();
  }

  /// Where in the file each entry begins, and where the last one ends.
  static std::vector<std::size_t> places(const std::string& content,
                                         const std::vector<std::string>& payloads) {
    std::size_t place = content.size();
    std::vector<std::size_t> places{place};
    for (auto payload = payloads.rbegin(); payload != payloads.rend(); ++payload) {
      place -= chain::kFrameOverhead + payload->size();
      places.insert(places.begin(), place);
    }
    return places;
  }

  Result<ChainReading> read_all(const std::optional<ChainHead>& expected,
                                const ChainReader::Visitor& visitor = {}) const {
    auto reader = ChainReader::open(options(), expected);
    return reader ? reader->to_the_end(visitor) : reader.error();
  }

  std::vector<std::string> payloads(const std::optional<ChainHead>& expected = std::nullopt) const {
    std::vector<std::string> read;
    const auto reading = read_all(
        expected, [&](const ChainHead&, std::string_view payload) { read.emplace_back(payload); });
    return reading ? read : std::vector<std::string>{std::string(reading.error().reason)};
  }

  const test::TemporaryDirectory directory_;
};

INSTANTIATE_TEST_SUITE_P(Keys, ChainedLogTest, ::testing::Bool(), [](const auto& with_key) {
  return with_key.param ? std::string("WithKey") : std::string("WithoutKey");
});

using Payloads = std::vector<std::string>;
const Payloads kBroken{"broken-chain"};

TEST_P(ChainedLogTest, GivesBackWhatWasAppendedInOrder) {
  ChainedLog log = create();
  ASSERT_TRUE(log.append(Payloads{"first", ""}));

  const auto head = log.append(Payloads{std::string(chain::kMostPayloadBytes, 'x')});

  ASSERT_TRUE(head);
  EXPECT_EQ(head->number, 3U);
  EXPECT_EQ(payloads(*head), (Payloads{"first", "", std::string(chain::kMostPayloadBytes, 'x')}));
}

TEST_P(ChainedLogTest, GoesOnWhereItEndedWhenItIsOpenedAgain) {
  const ChainHead head = write({"first"});

  auto log = ChainedLog::open(options(), head);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->head(), head);
  EXPECT_EQ(log->start(), start());
  EXPECT_EQ(log->opened().torn_bytes, 0U);
  ASSERT_TRUE(log->append(Payloads{"second"}));

  EXPECT_EQ(payloads(log->head()), (Payloads{"first", "second"}));
  EXPECT_EQ(payloads(head), (Payloads{"first", "second"})) << "it may go on behind that";
}

TEST_P(ChainedLogTest, TellsItsOwnersBytesBeforeItsKeyIsKnown) {
  EXPECT_FALSE(ChainedLog::owner_of(options().path).value());

  write({"first"});

  EXPECT_EQ(ChainedLog::owner_of(options().path).value(), "owner");
}

TEST_P(ChainedLogTest, FindsEveryFlippedBit) {
  const Payloads written{"first", "second", "third"};
  const ChainHead head = write(written);
  const std::string content = content_of(options().path);

  for (std::size_t i = 0; i < content.size(); ++i) {
    std::string flipped = content;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    overwrite(options().path, flipped);
    const auto reading = read_all(head);
    ASSERT_FALSE(reading) << "byte " << i;
    EXPECT_EQ(reading.error().code, ErrorCode::Storage);
  }
}

TEST_P(ChainedLogTest, FindsACutTailByTheHeadThatIsKeptApart) {
  const Payloads written{"first", "second", "third"};
  const ChainHead head = write(written);
  const std::string content = content_of(options().path);

  for (std::size_t size = 0; size < content.size(); ++size) {
    overwrite(options().path, content.substr(0, size));
    EXPECT_EQ(payloads(head), kBroken) << size;
  }
}

TEST_P(ChainedLogTest, FindsEntriesThatAreLeftOutSwappedOrRepeated) {
  const Payloads written{"one", "two", "three", "four"};
  const ChainHead head = write(written);
  const std::string content = content_of(options().path);
  const auto place = places(content, written);
  const auto entry = [&](std::size_t i) {
    return content.substr(place[i], place[i + 1] - place[i]);
  };
  const std::string beginning = content.substr(0, place[0]);

  const Payloads orders{"123", "012", "023", "1023", "0213", "0132", "00123", "01233", "01123"};
  for (const std::string& order : orders) {
    std::string altered = beginning;
    for (const char which : order) {
      altered += entry(static_cast<std::size_t>(which - '0'));
    }
    overwrite(options().path, altered);
    EXPECT_EQ(payloads(head), kBroken) << order;
  }
}

TEST_P(ChainedLogTest, SaysWhereItIsBroken) {
  const Payloads written{"one", "two", "three"};
  const ChainHead head = write(written);
  std::string content = content_of(options().path);
  const std::size_t second = places(content, written)[1];
  content[second + 5] = 'x';
  overwrite(options().path, content);

  const auto reading = read_all(head);

  ASSERT_FALSE(reading);
  EXPECT_NE(reading.error().message.find("at entry 2 (byte " + std::to_string(second) + ")"),
            std::string::npos)
      << reading.error().message;
}

TEST_P(ChainedLogTest, IsNotTheSameAsAnotherOneWithTheSameEntries) {
  const ChainHead head = write({"one"});

  ASSERT_TRUE(ChainedLog::create(options(), {.owner = "owner", .after = {.hash = {8}}})
                  ->append(Payloads{"one"}));

  EXPECT_EQ(payloads(head), kBroken);
}

TEST_P(ChainedLogTest, CutsATailThatWasNeverAcknowledged) {
  const Payloads acknowledged{"first", "second"};
  const ChainHead head = write(acknowledged);
  const std::string before = content_of(options().path);
  ASSERT_TRUE(ChainedLog::open(options())->append(Payloads{"third"}));
  const std::string after = content_of(options().path);

  for (std::size_t size = before.size() + 1; size < after.size(); ++size) {
    overwrite(options().path, after.substr(0, size));
    const auto log = ChainedLog::open(options(), head);
    ASSERT_TRUE(log) << size;
    EXPECT_EQ(log->head(), head);
    EXPECT_EQ(log->opened().torn_bytes, size - before.size());
    EXPECT_EQ(content_of(options().path), before);
  }
}

TEST_P(ChainedLogTest, CutsATailThatWasNeverMoreThanZeros) {
  const ChainHead head = write({"first"});
  const std::string before = content_of(options().path);

  for (const std::size_t zeros : {1, 100, 70'000, 300'000}) {
    overwrite(options().path, before + std::string(zeros, '\0'));
    const auto log = ChainedLog::open(options(), head);
    ASSERT_TRUE(log) << zeros;
    EXPECT_EQ(log->opened().torn_bytes, zeros);
    EXPECT_EQ(content_of(options().path), before);
  }
}

TEST_P(ChainedLogTest, LeavesABrokenLogAsItIs) {
  const ChainHead head = write({"first", "second"});
  std::string content = content_of(options().path);
  content.pop_back();
  overwrite(options().path, content);

  const auto log = ChainedLog::open(options(), head);

  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().reason, "broken-chain");
  EXPECT_EQ(content_of(options().path), content);
}

TEST_P(ChainedLogTest, DoesNotTakeWhatFollowsZerosForATornTail) {
  const ChainHead head = write({"first"});
  const std::string content = content_of(options().path);

  overwrite(options().path, content + std::string(200'000, '\0') + "x");

  EXPECT_EQ(payloads(head), kBroken);
}

TEST_P(ChainedLogTest, IsMissingWhenThereIsNoFile) { EXPECT_EQ(payloads(), Payloads{"missing"}); }

TEST_P(ChainedLogTest, OfANewerFormatIsNotCalledBroken) {
  write({"first"});
  std::string content = content_of(options().path);
  content[8] = 2;
  overwrite(options().path, content);

  EXPECT_EQ(payloads(), Payloads{"newer-format"});
}

TEST_P(ChainedLogTest, StartsAnewBehindAnEntry) {
  ChainedLog log = create();
  ASSERT_TRUE(log.append(Payloads{"one", "two", "three"}));
  const ChainHead head = log.head();

  ASSERT_TRUE(log.restart("a longer owner", 2));

  EXPECT_EQ(log.start().owner, "a longer owner");
  EXPECT_EQ(log.start().after.number, 2U);
  EXPECT_EQ(payloads(head), Payloads{"three"});
  ASSERT_TRUE(log.append(Payloads{"four"}));
  EXPECT_EQ(log.head().number, 4U);
  EXPECT_EQ(payloads(log.head()), (Payloads{"three", "four"}));
  EXPECT_EQ(ChainedLog::open(options())->start(), log.start());
}

TEST_P(ChainedLogTest, StartsAnewWithAllOrNoneOfItsEntries) {
  ChainedLog log = create();
  ASSERT_TRUE(log.append(Payloads{"one", "two"}));

  ASSERT_TRUE(log.restart("other", 0));
  EXPECT_EQ(payloads(log.head()), (Payloads{"one", "two"}));
  ASSERT_TRUE(log.restart("other", 2));
  EXPECT_EQ(payloads(log.head()), Payloads());

  EXPECT_FALSE(log.restart("other", 3)) << "behind its head";
  EXPECT_FALSE(log.restart("other", 1)) << "before its start";
  ASSERT_TRUE(log.append(Payloads{"three"}));
  EXPECT_EQ(payloads(log.head()), Payloads{"three"});
}

TEST_P(ChainedLogTest, StartsAnewWithManyEntries) {
  ChainedLog log = create();
  Payloads all;
  for (std::size_t i = 0; i < 300; ++i) {
    all.push_back(std::to_string(i) + std::string(i * 7, 'p'));
  }
  ASSERT_TRUE(log.append(all));

  ASSERT_TRUE(log.restart("owner", 100));

  EXPECT_EQ(payloads(log.head()), Payloads(all.begin() + 100, all.end()));
}

TEST_P(ChainedLogTest, TakesNoMoreThanItsLimits) {
  ChainedLogOptions small = options();
  small.most_bytes = 400;
  ChainedLog log = ChainedLog::create(small, start()).value();
  ASSERT_TRUE(log.append(Payloads{"first"}));

  const auto too_much = log.append(Payloads{std::string(300, 'x')});
  const auto too_long = log.append(Payloads{std::string(chain::kMostPayloadBytes + 1, 'x')});

  ASSERT_FALSE(too_much);
  EXPECT_EQ(too_much.error().code, ErrorCode::TooLarge);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ErrorCode::TooLarge);
  EXPECT_EQ(payloads(log.head()), Payloads{"first"});
}

TEST_P(ChainedLogTest, LosesNothingWhenTheDiskTakesOnlyAPart) {
  // A limit on the size of files stands for a full disk: a part is written, then no more.
  ChainedLog log = create();
  ASSERT_TRUE(log.append(Payloads{"first"}));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{.rlim_cur = log.bytes() + 50, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);

  const auto failed = log.append(Payloads{std::string(200, 'x')});

  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, ignored);
  EXPECT_FALSE(failed);
  ASSERT_TRUE(log.append(Payloads{"second"}));
  EXPECT_EQ(payloads(log.head()), (Payloads{"first", "second"}));
}

TEST(ChainedLogKeyTest, NobodyWithoutTheKeyCanGoOnWithTheChain) {
  const test::TemporaryDirectory directory;
  const ChainedLogOptions keyed{.path = directory.path() / "log", .key = kKey};
  ASSERT_TRUE(ChainedLog::create(keyed, {})->append(Payloads{"first"}));
  const ChainedLogOptions other{.path = keyed.path, .key = SecretKey::random()};
  const ChainedLogOptions none{.path = keyed.path};

  EXPECT_EQ(ChainedLog::open(other).error().reason, "broken-chain");
  EXPECT_EQ(ChainedLog::open(none).error().reason, "broken-chain");
  EXPECT_TRUE(ChainedLog::open(keyed));
}

}  // namespace
}  // namespace sightingd
