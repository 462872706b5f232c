#include "storage/audit/audit_log.h"

#include "tests/storage/killed_writer.h"
#include "tests/storage/store_fixture.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <set>
#include <thread>

namespace sightingd {
namespace {

namespace fs = std::filesystem;
using namespace sightingd::test;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void overwrite(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

AuditEvent read_of(std::uint64_t count) {
  AuditEvent event{.kind = AuditKind::PhotoRead, .time = kNoon};
  event.peer = AuditPeer{.uid = 1000, .pid = 4711};
  event.route = "GET /v1/photos/*";
  event.count = count;
  return event;
}

AuditEvent erasure(const std::string& reason) {
  AuditEvent event = read_of(1);
  event.kind = AuditKind::Erasure;
  event.reason = reason;
  return event;
}

class AuditLogTest : public StoreTest {
 protected:
  fs::path folder() const { return directory.path() / "audit"; }
  fs::path file() const { return folder() / "audit.log"; }

  AuditLog& audit() const { return store->audit(); }

  void note(std::uint64_t first, std::uint64_t last) const {
    for (std::uint64_t count = first; count <= last; ++count) {
      ASSERT_TRUE(audit().note(read_of(count)));
    }
  }

  std::vector<AuditEntry> entries() const {
    std::vector<AuditEntry> read;
    AuditReader reader = audit().read().value();
    while (auto entry = reader.next().value()) {
      read.push_back(std::move(*entry));
    }
    return read;
  }

  AuditVerdict verdict() const { return audit().verify().value(); }
  std::string broken() const { return verdict().broken.value_or("whole"); }

  void settle() const {
    while (store->statistics().is_being_sealed) {
      std::promise<void> answered;
      store->ping([&] { answered.set_value(); });
      answered.get_future().wait();
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Sealing, AuditLogTest, ::testing::Values(Sealing::Clear, Sealing::Sealed),
                         [](const auto& sealing) {
                           return sealing.param == Sealing::Clear ? "Clear" : "Sealed";
                         });

TEST_P(AuditLogTest, GivesBackWhatWasNoted) {
  AuditEvent feed{.kind = AuditKind::FeedRead, .time = kNoon};
  feed.peer = AuditPeer{.uid = 0xFFFFFFFF, .pid = 1};
  feed.route = "GET /v1/feed";
  feed.count = 64;
  feed.first_cursor = "00010000000000000001";
  feed.last_cursor = "00010000000000000040";
  AuditEvent photo = read_of(1);
  photo.subject = store->audit_subject(PhotoId::parse("ph_" + std::string(26, 'a')).value());
  AuditEvent reload{.kind = AuditKind::ConfigurationChange, .time = kNoon};
  reload.details = {"watch[1].poll_interval", "log.level"};
  const std::vector<AuditEvent> noted{feed, photo, reload, erasure("she asked for it")};
  for (const AuditEvent& event : noted) {
    ASSERT_TRUE(audit().note(event));
  }

  reopen();

  const std::vector<AuditEntry> read = entries();
  ASSERT_THAT(read, SizeIs(4));
  for (std::size_t i = 0; i < noted.size(); ++i) {
    EXPECT_EQ(read[i].event, noted[i]) << i;
    EXPECT_EQ(read[i].head.number, i + 1);
  }
  EXPECT_EQ(read.back().head, audit().head());
  EXPECT_TRUE(read.back().had_reason);
  EXPECT_EQ(broken(), "whole");
  EXPECT_EQ(verdict().entries, 4U);
  EXPECT_EQ(verdict().head, audit().head());
}

TEST_P(AuditLogTest, TakesEntriesFromManyThreads) {
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < 8; ++i) {
    threads.emplace_back([this, i] { note(100 * i, 100 * i + 49); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }

  std::set<std::uint64_t> counts;
  for (const AuditEntry& entry : entries()) {
    counts.insert(entry.event.count);
  }
  EXPECT_THAT(counts, SizeIs(400));
  EXPECT_EQ(verdict().entries, 400U);
  EXPECT_EQ(broken(), "whole");
}

TEST_P(AuditLogTest, LeavesOutOfAnEntryWhatIsTooMuch) {
  AuditEvent event = erasure(std::string(kMostAuditReasonBytes - 1, 'r') + "\u00e9");
  event.details.assign(2 * kMostAuditDetails, std::string(2 * kMostAuditDetailBytes, 'd'));
  ASSERT_TRUE(audit().note(event));

  const AuditEntry entry = entries().front();

  EXPECT_THAT(entry.event.details, SizeIs(kMostAuditDetails));
  EXPECT_THAT(entry.event.details.front(), SizeIs(kMostAuditDetailBytes));
  EXPECT_EQ(entry.event.reason, std::string(kMostAuditReasonBytes - 1, 'r')) << "no half letters";
}

TEST_P(AuditLogTest, CountsDenialsThatComeFasterThanTheyAreWritten) {
  AuditEvent denial = read_of(1);
  denial.kind = AuditKind::AccessDenied;
  for (int i = 0; i < 10'000; ++i) {
    audit().note_denial(denial);
  }
  ASSERT_TRUE(audit().note(read_of(1)));

  std::uint64_t denied = 0;
  const std::vector<AuditEntry> read = entries();
  for (const AuditEntry& entry : read) {
    denied += entry.event.kind == AuditKind::AccessDenied ? entry.event.count : 0;
  }
  EXPECT_EQ(denied, 10'000U);
  EXPECT_LT(read.size(), 10'000U);
}

TEST_P(AuditLogTest, ShowsNothingOfItselfOnTheDisk) {
  AuditEvent event = erasure("the reason that was given");
  event.details = {"name-of-a-watch"};
  ASSERT_TRUE(audit().note(event));
  store.reset();

  for (const auto& entry : fs::recursive_directory_iterator(directory.path())) {
    const std::string content = entry.is_regular_file() ? content_of(entry.path()) : "";
    for (const char* secret : {"the reason", "name-of-a-watch", "/v1/photos"}) {
      EXPECT_EQ(content.find(secret), std::string::npos) << entry.path() << ": " << secret;
    }
  }
}

TEST_P(AuditLogTest, StaysTheSameWhenTheStoreIsGivenAKeyOrAnother) {
  note(1, 3);
  ASSERT_TRUE(audit().note(erasure("kept")));
  if (is_sealed()) {
    ASSERT_TRUE(store->change_key(store_key('n')));
  } else {
    store.reset();
    store = Store::open({directory.path()}, store_key('n')).value();
  }
  settle();
  note(5, 6);
  store.reset();

  store = Store::open({directory.path()}, store_key('n')).value();

  EXPECT_EQ(broken(), "whole");
  EXPECT_EQ(verdict().entries, 6U);
  EXPECT_EQ(entries()[3].event.reason, "kept");
}

// ---- reasons

TEST_P(AuditLogTest, StaysWholeWhenAReasonIsRemoved) {
  ASSERT_TRUE(audit().note(erasure("one")));
  ASSERT_TRUE(audit().note(erasure("two")));

  ASSERT_TRUE(audit().remove_reason(1, read_of(0)));
  EXPECT_EQ(audit().remove_reason(1, read_of(0)).error().code, ErrorCode::Gone);
  EXPECT_EQ(audit().remove_reason(3, read_of(0)).error().code, ErrorCode::Gone);

  reopen();
  const std::vector<AuditEntry> read = entries();
  ASSERT_THAT(read, SizeIs(3));
  EXPECT_FALSE(read[0].event.reason);
  EXPECT_TRUE(read[0].had_reason);
  EXPECT_EQ(read[1].event.reason, "two");
  EXPECT_EQ(read[2].event.kind, AuditKind::ReasonRemoval);
  EXPECT_EQ(read[2].event.count, 1U);
  EXPECT_EQ(broken(), "whole");
  EXPECT_FALSE(fs::exists(folder() / "reasons" / "1"));
}

TEST_P(AuditLogTest, NoticesAReasonThatSomebodyElseTookOrChanged) {
  ASSERT_TRUE(audit().note(erasure("one")));
  const fs::path reason = folder() / "reasons" / "1";
  std::string content = content_of(reason);

  content.back() = static_cast<char>(content.back() ^ 1);
  overwrite(reason, content);
  EXPECT_THAT(broken(), HasSubstr("reason of entry 1 is not what was written"));
  fs::remove(reason);
  EXPECT_THAT(broken(), HasSubstr("reason of entry 1 is missing"));
}

// ---- what an attacker can do to the folder

/// Everything that can be done to the file of a log with these entries; each gives what the file
/// holds then, or nothing when it is gone.
struct Attack {
  std::string name;
  std::optional<std::string> content;
};

std::vector<Attack> attacks(const std::string& whole, const std::string& older) {
  const std::size_t begin = whole.find("sgtchain") + 14 + 40 + 32;
  std::vector<std::string> frames;
  for (std::size_t at = begin; at < whole.size(); at += frames.back().size()) {
    const std::size_t size =
        static_cast<unsigned char>(whole[at]) + 256U * static_cast<unsigned char>(whole[at + 1]);
    frames.push_back(whole.substr(at, size + chain::kFrameOverhead));
  }
  const auto joined = [&](const std::vector<std::string>& kept) {
    std::string content = whole.substr(0, begin);
    for (const std::string& frame : kept) {
      content += frame;
    }
    return content;
  };
  std::vector<Attack> attacks{{"the file is gone", std::nullopt},
                              {"an older copy", older},
                              {"an empty file", ""},
                              {"a file of zeros", std::string(whole.size(), '\0')},
                              {"entries after zeros", whole + std::string(64, '\0') + frames[0]}};
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::string which = " " + std::to_string(i);
    auto altered = frames;
    altered[i][4 + i] = static_cast<char>(altered[i][4 + i] ^ 0x10);
    attacks.push_back({"altered" + which, joined(altered)});
    auto rehashed = frames;
    rehashed[i].back() = static_cast<char>(rehashed[i].back() ^ 1);
    attacks.push_back({"another hash" + which, joined(rehashed)});
    auto dropped = frames;
    dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
    attacks.push_back({"dropped" + which, joined(dropped)});
    auto doubled = frames;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), frames[i]);
    attacks.push_back({"doubled" + which, joined(doubled)});
    auto swapped = frames;
    std::swap(swapped[i], swapped[(i + 1) % frames.size()]);
    attacks.push_back({"swapped" + which, joined(swapped)});
    const std::vector<std::string> first(frames.begin(),
                                         frames.begin() + static_cast<std::ptrdiff_t>(i));
    attacks.push_back({"cut before" + which, joined(first)});
    attacks.push_back({"cut within" + which, joined(first) + frames[i].substr(0, 20 + i)});
    attacks.push_back({"cut, and zeros" + which, joined(first) + std::string(500, '\0')});
  }
  return attacks;
}

class AuditAttackTest : public AuditLogTest {
 protected:
  AuditAttackTest() {
    note(1, 2);
    older_ = content_of(file());
    note(3, 4);
    whole_ = content_of(file());
  }

  void apply(const Attack& attack) const {
    fs::remove(file());
    if (attack.content) {
      overwrite(file(), *attack.content);
    }
  }

  std::string whole_;
  std::string older_;
};

INSTANTIATE_TEST_SUITE_P(Sealing, AuditAttackTest,
                         ::testing::Values(Sealing::Clear, Sealing::Sealed),
                         [](const auto& sealing) {
                           return sealing.param == Sealing::Clear ? "Clear" : "Sealed";
                         });

TEST_P(AuditAttackTest, IsFoundWhileTheStoreIsOpen) {
  for (const Attack& attack : attacks(whole_, older_)) {
    apply(attack);
    EXPECT_NE(broken(), "whole") << attack.name;
  }

  overwrite(file(), whole_);
  EXPECT_EQ(broken(), "whole") << "the attacks are told from what was there";
}

TEST_P(AuditAttackTest, IsFoundWhenTheStoreOpensAndForEverAfter) {
  store.reset();
  const TemporaryDirectory copies;
  const fs::path pristine = copies.path() / "pristine";
  fs::copy(directory.path(), pristine, fs::copy_options::recursive);

  for (const Attack& attack : attacks(whole_, older_)) {
    apply(attack);
    reopen();
    EXPECT_TRUE(audit().found_broken()) << attack.name;
    EXPECT_NE(broken(), "whole") << attack.name;
    // The log goes on behind the entry that was last known.
    EXPECT_EQ(audit().head().number, 4U);
    note(5, 5);
    reopen();
    EXPECT_FALSE(audit().found_broken()) << attack.name;
    EXPECT_NE(broken(), "whole") << attack.name;
    EXPECT_EQ(entries().back().event.count, 5U);

    store.reset();
    fs::remove_all(directory.path());
    fs::copy(pristine, directory.path(), fs::copy_options::recursive);
  }
}

TEST_P(AuditAttackTest, KeepsTheBrokenFileForThoseWhoLookIntoIt) {
  store.reset();
  overwrite(file(), older_);

  reopen();

  EXPECT_EQ(content_of(folder() / "audit.log.broken-4"), older_);
}

TEST_P(AuditAttackTest, IsFoundByTheEntryThatSaysSo) {
  AuditEvent found{.kind = AuditKind::LogBroken, .time = kNoon};
  found.details = {"the log audit.log is broken at entry 3"};
  ASSERT_TRUE(audit().note(found));

  EXPECT_EQ(broken(), "the log audit.log is broken at entry 3");
}

// ---- crashes

TEST_P(AuditLogTest, GoesOnBehindAHeadThatACrashKeptFromBeingStored) {
  note(1, 3);
  store.reset();
  const TemporaryDirectory copies;
  fs::copy(directory.path() / "rows", copies.path() / "rows", fs::copy_options::recursive);
  reopen();
  note(4, 5);
  store.reset();
  fs::remove_all(directory.path() / "rows");
  fs::copy(copies.path() / "rows", directory.path() / "rows", fs::copy_options::recursive);

  reopen();

  EXPECT_FALSE(audit().found_broken());
  EXPECT_EQ(audit().head().number, 5U);
  EXPECT_EQ(broken(), "whole");
}

TEST_P(AuditLogTest, ForgetsWhatWasNeverAcknowledged) {
  note(1, 3);
  store.reset();
  const std::string whole = content_of(file());
  // The beginning of an entry of 80 bytes.
  overwrite(file(), whole + std::string("\x50\0\0\0", 4) + std::string(20, 'x'));

  reopen();

  EXPECT_FALSE(audit().found_broken());
  EXPECT_EQ(broken(), "whole");
  EXPECT_EQ(verdict().entries, 3U);
}

TEST(AuditKillTest, LosesNoAcknowledgedEntryAndBreaksNoChain) {
  const TemporaryDirectory directory;
  std::uint64_t least = 0;

  for (std::uint64_t kill = 1; kill <= 12; ++kill) {
    KilledWriter writer(AUDIT_WRITER, directory.path());
    const std::optional<std::uint64_t> acknowledged = writer.kill_after(37 * kill);
    ASSERT_TRUE(acknowledged);
    least += *acknowledged;

    const auto store = Store::open({directory.path()}).value();
    const AuditVerdict verdict = store->audit().verify().value();
    EXPECT_FALSE(store->audit().found_broken());
    EXPECT_FALSE(verdict.broken) << *verdict.broken;
    EXPECT_GE(verdict.entries, least);
    least = verdict.entries;
  }
}

// ---- retention

TEST_P(AuditLogTest, CutsWhatIsTooOldBehindASignedCheckpoint) {
  ASSERT_TRUE(audit().note(erasure("too old")));
  note(2, 3);
  AuditEvent later = erasure("young");
  later.time = kNoon + std::chrono::hours(1);
  ASSERT_TRUE(audit().note(later));
  const fs::path reason = folder() / "reasons" / "1";
  ASSERT_TRUE(fs::exists(reason));

  EXPECT_EQ(audit().cut_before(kNoon, kNoon).value(), 0U);
  EXPECT_EQ(audit().cut_before(kNoon + std::chrono::minutes(1), later.time).value(), 3U);

  reopen();
  const std::vector<AuditEntry> read = entries();
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[0].event, later);
  EXPECT_EQ(read[0].head.number, 4U);
  EXPECT_EQ(read[1].event.kind, AuditKind::EntriesCut);
  EXPECT_EQ(read[1].event.count, 3U);
  EXPECT_FALSE(fs::exists(reason));
  EXPECT_EQ(broken(), "whole");
  ASSERT_TRUE(verdict().checkpoint);
  EXPECT_EQ(verdict().checkpoint->after.number, 3U);
  EXPECT_EQ(verdict().checkpoint->time, kNoon + std::chrono::minutes(1));
}

TEST_P(AuditLogTest, CanBeCutWhole) {
  note(1, 3);

  EXPECT_EQ(
      audit().cut_before(kNoon + std::chrono::hours(1), kNoon + std::chrono::hours(2)).value(), 3U);

  ASSERT_THAT(entries(), SizeIs(1));
  EXPECT_EQ(entries().front().head.number, 4U);
  EXPECT_EQ(broken(), "whole");
}

TEST(AuditCheckpointTest, CountsOnlyWithTheSignatureOfItsStoreAndForItsPlace) {
  const SigningKey key(SecretKey::random());
  const SigningKey other(SecretKey::random());
  const ChainHead after{.number = 3, .hash = {1}};
  const AuditCheckpoint checkpoint{.after = after, .time = kNoon};
  const auto is_taken = [&](const std::string& owner, const ChainHead& head) {
    const auto read = checkpoint_of({.owner = owner, .after = head}, key.public_key());
    return read && *read == checkpoint;
  };

  EXPECT_TRUE(is_taken(signed_checkpoint(checkpoint, key), after));
  EXPECT_FALSE(is_taken(signed_checkpoint(checkpoint, other), after));
  EXPECT_FALSE(is_taken(signed_checkpoint(checkpoint, key), {.number = 4, .hash = {1}}));
  EXPECT_FALSE(is_taken(signed_checkpoint(checkpoint, key).substr(0, 63), after));
  EXPECT_FALSE(checkpoint_of({.owner = "", .after = after}, key.public_key()));
  EXPECT_TRUE(checkpoint_of({.owner = "", .after = {}}, key.public_key()));
}

}  // namespace
}  // namespace sightingd
