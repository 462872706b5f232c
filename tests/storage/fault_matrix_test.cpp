// Every operation of the store on its disk fails once, in every way: nothing that was acknowledged
// is lost, nothing comes twice, a reader of the feed notices nothing, and the store goes on.
#include "tests/storage/fault_matrix.h"
#include "storage/audit/audit_log.h"
#include "storage/store.h"
#include "tests/storage/fault_script.h"
#include "tests/storage/store_fixture.h"
#include "tests/storage/transcript.h"
#include "tests/support/faulty_disk/disk_fault.h"
#include "tests/support/temporary_directory.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

namespace sightingd {
namespace {

using namespace sightingd::test;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::IsEmpty;

/// A disk in memory where there is one: what is synced is in `faulty_disk` anyhow.
std::filesystem::path quick_disk() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

/// The campaign, in a process of its own, on a faulty disk.
class FaultyRun {
 public:
  FaultyRun(const FaultyDiskPlan& plan, bool is_sealed, const std::filesystem::path& output) {
    std::vector<std::string> variables = environment_of(plan, FAULTY_DISK);
    std::vector<char*> environment;
    for (char** one = environ; *one != nullptr; ++one) {
      environment.push_back(*one);
    }
    for (std::string& one : variables) {
      environment.push_back(one.data());
    }
    environment.push_back(nullptr);
    std::string program = FAULT_CAMPAIGN;
    std::string store = plan.folder.string();
    std::string sealing = is_sealed ? "sealed" : "clear";
    char* const arguments[] = {program.data(), store.data(), sealing.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (::posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments,
                      environment.data()) != 0) {
      process_ = -1;
      ADD_FAILURE() << "cannot run " << program;
    }
    posix_spawn_file_actions_destroy(&actions);
  }
  ~FaultyRun() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
  }
  FaultyRun(const FaultyRun&) = delete;
  FaultyRun& operator=(const FaultyRun&) = delete;

  /// Its exit status, or the negative number of a signal.
  int wait() {
    int status = 0;
    if (::waitpid(std::exchange(process_, -1), &status, 0) <= 0) {
      return 127;
    }
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t process_ = -1;
};

int run_campaign(const FaultyDiskPlan& plan, bool is_sealed, const std::filesystem::path& output) {
  return FaultyRun(plan, is_sealed, output).wait();
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// What a consumer of the feed has, by id: an event each, the newest.
class FeedMirror {
 public:
  void take(const std::string& cursor, const std::string& kind, const std::string& id,
            const std::string& digest) {
    EXPECT_GT(cursor, cursor_) << "the feed goes backwards";
    cursor_ = cursor;
    if (kind == "2") {
      records_.erase(id);
    } else {
      records_[id] = cursor + " " + digest;
    }
  }
  void catch_up(const Store& store) {
    for (const FeedEvent& event : store.feed(cursor_, 10'000).value()) {
      take(event.cursor, std::to_string(static_cast<int>(event.kind)), std::string(event.id.text()),
           to_hex(sha256(event_text(event))));
    }
  }
  const std::map<std::string, std::string>& records() const { return records_; }

 private:
  FeedCursor cursor_;
  std::map<std::string, std::string> records_;
};

/// What the campaign told before it ended.
struct Told {
  std::size_t acknowledged = 0;
  FeedMirror consumer;
  std::string failure;  ///< "REASON MESSAGE"; empty when it did not say any.
  bool done = false;
  std::string when_full;  ///< What it met while the disk was full.
  bool out_of_order = false;
};

Told read_told(const std::filesystem::path& path) {
  Told told;
  for (const std::string& line : lines_of(path)) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first == "+") {
      words >> told.acknowledged;
    } else if (first == "e") {
      std::string cursor, kind, id, digest;
      words >> cursor >> kind >> id >> digest;
      told.consumer.take(cursor, kind, id, digest);
    } else if (first == "-") {
      told.failure = line.substr(2);
    } else if (first == "full") {
      told.when_full = line.substr(5);
    } else if (first == "done") {
      told.done = true;
    } else {
      told.out_of_order = true;
    }
  }
  return told;
}

/// Commits facts of the script, from the one behind the first `begin` to the last.
void go_on(Store& store, std::size_t begin) {
  FaultScript script;
  for (std::size_t i = 0; i < FaultScript::kFacts; ++i) {
    Facts facts = script.next();
    if (i >= begin) {
      auto staged = stage_all(store, facts);
      ASSERT_TRUE(store.commit(std::move(facts), std::move(staged)));
    }
  }
}

/// What a store holds after each number of facts, without any fault.
const std::vector<std::string>& undisturbed() {
  static const std::vector<std::string> kTranscripts = [] {
    const TemporaryDirectory directory(quick_disk());
    const auto store = Store::open({directory.path() / "store"}).value();
    std::vector<std::string> transcripts{whole_transcript(*store)};
    FaultScript script;
    for (std::size_t i = 0; i < FaultScript::kFacts; ++i) {
      Facts facts = script.next();
      auto staged = stage_all(*store, facts);
      store->commit(std::move(facts), std::move(staged)).value();
      transcripts.push_back(whole_transcript(*store));
    }
    return transcripts;
  }();
  return kTranscripts;
}

void expect_all_photos(const Store& store) {
  for (const FeedEvent& event : store.feed({}, 10'000).value()) {
    for (const SightingImageView& image : event.sighting.value_or(SightingView()).images) {
      if (image.photo) {
        const auto bytes = store.photo_bytes(image.photo->id);
        EXPECT_TRUE(bytes && *bytes == "bytes") << "a photo is lost";
      }
    }
  }
}

std::size_t photo_files(const std::filesystem::path& store) {
  const std::filesystem::directory_iterator files(store / "photos");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

/// Opens what the fault has left, checks it against what the campaign was promised, and ends the
/// campaign.
void expect_recovery(const std::filesystem::path& path, bool is_sealed, Told& told) {
  const auto key = is_sealed ? std::optional(store_key()) : std::nullopt;
  auto opened = Store::open({path}, key);
  ASSERT_TRUE(opened) << opened.error().message;
  std::unique_ptr<Store> store = std::move(*opened);

  const std::string survived = whole_transcript(*store);
  const auto& expected = undisturbed();
  // The last that fits: facts that change nothing leave the same.
  const auto match = std::find(expected.rbegin(), expected.rend(), survived);
  ASSERT_TRUE(match != expected.rend()) << "what survived is not what any number of facts make";
  const auto facts = static_cast<std::size_t>(expected.rend() - match) - 1;
  EXPECT_GE(facts, told.acknowledged) << "an acknowledged fact is lost";
  expect_all_photos(*store);
  EXPECT_EQ(photo_files(path), store->statistics().photos);

  told.consumer.catch_up(*store);
  go_on(*store, facts);
  told.consumer.catch_up(*store);
  store.reset();
  store = Store::open({path}, key).value();
  EXPECT_TRUE(whole_transcript(*store) == expected.back());
  expect_all_photos(*store);
  EXPECT_EQ(photo_files(path), store->statistics().photos);
  const auto audited = store->audit().verify();
  EXPECT_TRUE(audited && !audited->broken) << "the audit log is broken";
  FeedMirror anew;
  anew.catch_up(*store);
  EXPECT_EQ(told.consumer.records(), anew.records());
}

/// The occurrences of a row that are played.
std::vector<std::uint64_t> played(const FaultMatrixRow& row) {
#ifdef ONLY_FIRST_OCCURRENCES
  return {row.occurrences.front()};
#else
  return row.occurrences;
#endif
}

bool is_cut(const std::string& fault) { return fault.starts_with("cut"); }

class FaultMatrixTest : public ::testing::TestWithParam<FaultMatrixRow> {};

TEST_P(FaultMatrixTest, LosesNothingAndGoesOn) {
  const FaultMatrixRow& row = GetParam();
  bool had_failed = false;
  for (const std::uint64_t occurrence : played(row)) {
    for (std::size_t i = 0; i < row.faults.size(); ++i) {
      const std::string& fault = row.faults[i];
      const bool is_sealed = (occurrence + i) % 2 == 0;
      const TemporaryDirectory directory(quick_disk());
      const FaultyDiskPlan plan{
          .folder = directory.path() / "store",
          .fault = row.operation + ":" + row.kind + ":" + std::to_string(occurrence) + ":" + fault,
          .report = directory.path() / "report",
          .full = {},
          .free = {},
          .seed = static_cast<std::uint32_t>(occurrence)};
      SCOPED_TRACE(plan.fault + (is_sealed ? " sealed" : " clear"));

      const int status = run_campaign(plan, is_sealed, directory.path() / "told");

      EXPECT_THAT(lines_of(plan.report), Contains("fault")) << "it was never met";
      Told told = read_told(directory.path() / "told");
      EXPECT_FALSE(told.out_of_order);
      if (is_cut(fault)) {
        EXPECT_EQ(status, -SIGKILL);
      } else {
        EXPECT_EQ(status, told.done ? 0 : 1);
        EXPECT_NE(told.done, !told.failure.empty());
      }
      expect_recovery(plan.folder, is_sealed, told);
      if (HasFailure() && !had_failed) {
        had_failed = true;
        ADD_FAILURE() << "it told: " << told.acknowledged << " acknowledged, " << told.failure;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Disk, FaultMatrixTest, ::testing::ValuesIn(fault_matrix()),
                         [](const auto& row) { return row.param.operation + row.param.kind; });

/// Whether `path` has such a line, sooner or later.
bool comes_to_have(const std::filesystem::path& path, const std::string& line) {
  const auto give_up_at = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < give_up_at) {
    if (std::ranges::count(lines_of(path), line) > 0) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

class FullDiskTest : public ::testing::TestWithParam<FaultMatrixRow> {};

// The disk is full at the N-th operation, until somebody makes space.
TEST_P(FullDiskTest, HoldsWhatItWasToldAndGoesOnByItself) {
  const FaultMatrixRow& row = GetParam();
  for (const std::uint64_t occurrence : played(row)) {
    const bool is_sealed = occurrence % 2 == 0;
    const TemporaryDirectory directory(quick_disk());
    const FaultyDiskPlan plan{
        .folder = directory.path() / "store",
        .fault = row.operation + ":" + row.kind + ":" + std::to_string(occurrence) + ":full",
        .report = directory.path() / "report",
        .full = directory.path() / "full",
        .free = {}};
    SCOPED_TRACE(plan.fault + (is_sealed ? " sealed" : " clear"));

    FaultyRun run(plan, is_sealed, directory.path() / "told");
    EXPECT_TRUE(comes_to_have(directory.path() / "told", "full no-space"));
    std::filesystem::remove(plan.full);

    EXPECT_EQ(run.wait(), 0);
    Told told = read_told(directory.path() / "told");
    EXPECT_TRUE(told.done) << told.failure;
    EXPECT_EQ(told.acknowledged, FaultScript::kFacts);
    expect_recovery(plan.folder, is_sealed, told);
  }
}

INSTANTIATE_TEST_SUITE_P(Disk, FullDiskTest, ::testing::ValuesIn(full_disk_matrix()),
                         [](const auto& row) { return row.param.operation + row.param.kind; });

TEST(FaultMatrixTableTest, KnowsEveryOperationOnEveryKindOfFile) {
  std::set<std::string> known;
  for (const FaultMatrixRow& row : fault_matrix()) {
    known.insert(row.operation + " " + row.kind);
  }
  const TemporaryDirectory directory(quick_disk());
  FaultyDiskPlan plan{.folder = directory.path() / "store",
                      .fault = {},
                      .report = directory.path() / "report",
                      .full = {},
                      .free = {}};

  ASSERT_EQ(run_campaign(plan, true, directory.path() / "told"), 0);

  std::vector<std::string> unknown;
  for (const std::string& line : lines_of(plan.report)) {
    const std::string pair = line.substr(0, line.rfind(' '));
    if (!known.contains(pair)) {
      unknown.push_back(pair);
    }
  }
  EXPECT_THAT(unknown, IsEmpty());
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

/// The matrix as docs/durability.md shows it.
std::string table() {
  std::string text = "| operation | file | N | fault | cells |\n|---|---|---|---|---|\n";
  std::size_t cells = 0;
  for (const auto* const matrix : {&fault_matrix(), &full_disk_matrix()}) {
    for (const FaultMatrixRow& row : *matrix) {
      std::vector<std::string> occurrences;
      for (const std::uint64_t occurrence : row.occurrences) {
        occurrences.push_back(std::to_string(occurrence));
      }
      const std::size_t here = occurrences.size() * row.faults.size();
      cells += here;
      text += "| " + row.operation + " | " + row.kind + " | " + joined(occurrences) + " | " +
              joined(row.faults) + " | " + std::to_string(here) + " |\n";
    }
  }
  return text + "| | | | | " + std::to_string(cells) + " |\n";
}

TEST(FaultMatrixTableTest, StandsInTheDocument) {
  std::ifstream file(DURABILITY_DOCUMENT);
  const std::string document(std::istreambuf_iterator<char>(file), {});

  EXPECT_THAT(document, ::testing::HasSubstr(table()))
      << "replace the table of docs/durability.md with this:\n"
      << table();
}

}  // namespace
}  // namespace sightingd
