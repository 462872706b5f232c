// What can be saved of a damaged store, without a backup.
#include "pipeline/digest.h"
#include "storage/database.h"
#include "storage/files.h"
#include "storage/ledger/erasure_ledger.h"
#include "storage/repair/repairing.h"
#include "tests/storage/campaign.h"
#include "tests/storage/store_fixture.h"
#include "tests/storage/transcript.h"
#include "tests/support/copy_while_open.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sightingd::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::days;
using std::chrono::hours;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const WatchKey kTag{"https://example.org #tag"};

/// Turns one bit of a file, behind so much of it.
void damage(const fs::path& path, std::uintmax_t percent = 50) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto place = static_cast<std::streamoff>(fs::file_size(path) * percent / 100);
  file.seekg(place);
  const char byte = static_cast<char>(file.get());
  file.seekp(place);
  file.put(static_cast<char>(byte ^ 4));
}

/// The files of a database by the column whose rows they hold; "" for what is no table.
std::multimap<std::string, fs::path> files_by_column(const fs::path& store,
                                                     const std::optional<SecretKey>& key) {
  std::multimap<std::string, fs::path> files;
  std::set<fs::path> tables;
  {
    const auto database = Database::open_damaged(store / "rows", key).value();
    for (const TableFile& table : database->table_files()) {
      files.emplace(table.column, "rows" + table.name);
      tables.insert("rows" + table.name);
    }
  }
  for (const auto& entry : fs::directory_iterator(store / "rows")) {
    const fs::path file = fs::path("rows") / entry.path().filename();
    if (!tables.contains(file) && entry.is_regular_file() && entry.file_size() > 0) {
      files.emplace("", file);
    }
  }
  return files;
}

class RepairTest : public StoreTest {
 protected:
  Result<Repaired> repair() {
    store.reset();
    return repair(directory.path());
  }
  Result<Repaired> repair(const fs::path& path) const {
    return repair_store({.store = {path}, .store_key = key(), .now = kNoon + hours(1)});
  }
  /// The file of the database that holds the rows of a column.
  fs::path table_of(const std::string& column) {
    store.reset();
    return directory.path() / files_by_column(directory.path(), key()).find(column)->second;
  }

  static bool is_whole(const Store& checked) {
    const auto check = checked.check();
    while (check->next().value()) {
    }
    EXPECT_THAT(check->found().damage, IsEmpty());
    EXPECT_THAT(check->found().damaged_photos, IsEmpty());
    return check->found().is_whole();
  }

  /// The living of a feed, by id.
  static std::map<std::string, std::string> living(const Store& read) {
    std::map<std::string, std::string> found;
    for (FeedEvent event : read.feed({}, 100'000).value()) {
      event.cursor = {};
      if (event.sighting) {
        found[std::string(event.id.text())] = event_text(event);
      }
    }
    return found;
  }

  /// All but the feed, whose cursors change.
  static std::string goes_on_from(const Store& read) {
    std::string text;
    for (const auto& [id, sighting] : living(read)) {
      text += sighting;
    }
    const std::string all = whole_transcript(read);
    return text + all.substr(all.find("progress "));
  }

  static Photo whole_photo(const std::string& name, int bits) {
    Photo photo = test::photo(name, bits);
    photo.stored_sha256 = sha256(bytes_of(photo));
    return photo;
  }

  /// A campaign whose photos can be checked.
  void run_campaign() {
    Campaign campaign(7);
    for (int i = 0; i < 150; ++i) {
      Facts facts = campaign.next();
      make_whole(facts);
      commit(std::move(facts));
    }
  }
  static void make_whole(Facts& facts) {
    const auto make = [](ImageOutcome& outcome) {
      if (auto* const came = std::get_if<PhotoFacts>(&outcome)) {
        came->photo.stored_sha256 = sha256(bytes_of(came->photo));
      }
    };
    if (auto* const page = std::get_if<PageFacts>(&facts)) {
      for (PostFacts& post : page->posts) {
        for (ImageFacts& image : *post.images) {
          make(image.outcome);
        }
      }
    } else if (auto* const retry = std::get_if<RetryFacts>(&facts)) {
      make(retry->outcome);
    }
  }
};

TEST_P(RepairTest, LeavesAWholeStoreAsItIs) {
  run_campaign();
  reopen();
  const std::string before = whole_transcript(*store);

  const auto repaired = repair();

  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_TRUE(repaired->was_whole);
  reopen();
  EXPECT_EQ(whole_transcript(*store), before);
  EXPECT_FALSE(fs::exists(directory.path() / "set-aside"));
  EXPECT_FALSE(fs::exists(directory.path() / "building"));
}

// Whatever file is damaged: a store that is whole comes of it, with nothing that was not there, and
// with all that the damaged file alone did not hold.
TEST_P(RepairTest, SavesWhateverIsNotInTheDamagedFile) {
  run_campaign();
  reopen();  // Tables are written of what the log held.
  run_campaign();
  const auto before = living(*store);
  const std::uint64_t stored = store->statistics().sightings;
  TemporaryDirectory left;
  copy_while_open(directory.path(), left.path() / "store");
  std::map<std::string, int> saved;
  for (const auto& [column, file] : files_by_column(left.path() / "store", key())) {
    SCOPED_TRACE(column + " in " + file.string());
    const bool is_log = file.extension() == ".log";
    TemporaryDirectory copy;
    fs::copy(left.path() / "store", copy.path(), fs::copy_options::recursive);
    damage(copy.path() / file);

    const auto repaired = repair(copy.path());

    if (!repaired) {
      EXPECT_EQ(repaired.error().reason, "damaged");
      EXPECT_EQ(column, "default") << repaired.error().message;
      continue;
    }
    auto opened = open(copy.path());
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE(is_whole(**opened));
    const auto after = living(**opened);
    const bool is_of_records = column == "sightings" || column == "photos" || column == "keys";
    if (repaired->was_whole) {
      EXPECT_EQ(after, before);
    } else if (!is_log && column != "default") {
      EXPECT_EQ(repaired->sightings + repaired->lost_sightings, stored);
    }
    if (!is_of_records && !is_log && column != "default") {
      EXPECT_EQ(after, before);
      EXPECT_EQ(repaired->lost_photos, 0U);
    }
    if (!is_log) {
      for (const auto& [id, sighting] : after) {
        EXPECT_TRUE(before.contains(id));
      }
    }
    // It goes on, and no number is given twice.
    store = std::move(*opened);
    commit(page({with(post("new"), whole_photo("new", 250))}));
    EXPECT_TRUE(is_whole(*store));
    auto more = living(*store);
    EXPECT_EQ(more.erase(std::string(id_of("new").text())), 1U);
    EXPECT_EQ(more, after);
    store.reset();
    ++saved[column];
  }
  for (const char* const column : {"ids", "sightings", "feed", "photos", "hashes", "showings",
                                   "watches", "coverage", "positions"}) {
    EXPECT_GT(saved[column], 0) << column;
  }
  EXPECT_GT(saved[""], 1) << "the list of tables, and the log";
}

// What stands behind a hole of the log must not make anybody believe that all before it is there.
TEST_P(RepairTest, WhatAHoleInTheLogHasSwallowedIsReadAgain) {
  constexpr int kPages = 300;
  for (int i = 0; i < kPages; ++i) {
    PostFacts facts = post(std::to_string(10'000 + i));
    facts.post.text = std::string(2000, 'x');
    PageFacts read = page({std::move(facts)});
    read.progress = std::to_string(i);
    commit(std::move(read));
  }
  TemporaryDirectory left;
  copy_while_open(directory.path(), left.path() / "store");
  for (const int percent : {1, 10, 50, 90}) {
    SCOPED_TRACE(percent);
    TemporaryDirectory copy;
    fs::copy(left.path() / "store", copy.path(), fs::copy_options::recursive);
    for (const auto& entry : fs::directory_iterator(copy.path() / "rows")) {
      if (entry.path().extension() == ".log") {
        damage(entry.path(), percent);
      }
    }

    const auto repaired = repair(copy.path());

    if (!repaired) {
      EXPECT_EQ(repaired.error().reason, "damaged");
      EXPECT_EQ(percent, 1) << "the header was in the hole";
      continue;
    }
    EXPECT_FALSE(repaired->was_whole);
    const auto opened = open(copy.path());
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE(is_whole(**opened));
    const std::string progress = (*opened)->progress(kTag).value();
    for (int i = 0; !progress.empty() && i <= std::stoi(progress); ++i) {
      EXPECT_TRUE((*opened)->sighting(id_of(std::to_string(10'000 + i))).value()) << i;
    }
    EXPECT_TRUE(repaired->has_lost_end || repaired->may_lack_anything);
  }
}

TEST_P(RepairTest, AStoreThatDoesNotSayItsFormatGetsOne) {
  commit(page({with(post("1"), whole_photo("a", 10))}));
  const auto before = living(*store);
  store.reset();
  for (const bool is_there : {true, false}) {
    fs::remove(directory.path() / "format");
    if (is_there) {
      std::ofstream(directory.path() / "format") << "nonsense";
    }
    ASSERT_EQ(open(directory.path()).error().reason, "damaged");

    ASSERT_TRUE(repair());

    reopen();
    EXPECT_EQ(living(*store), before);
    store.reset();
  }
}

TEST_P(RepairTest, WhatIsReadAgainDoesNotCountTwiceForItsAuthor) {
  const auto read = [](int from, int to) {
    std::vector<PostFacts> posts;
    for (int i = from; i < to; ++i) {
      posts.push_back(post(std::to_string(1000 + i)));
    }
    PageFacts facts = page(std::move(posts));
    facts.per_author_per_day = 200;
    return facts;
  };
  commit(read(0, 150));
  reopen();
  damage(table_of("sightings"));
  const auto repaired = repair();
  ASSERT_TRUE(repaired) << repaired.error().message;
  ASSERT_GT(repaired->lost_sightings, 0U);
  reopen();

  const CommitOutcome again = commit(read(0, 150));

  EXPECT_EQ(again.sightings, repaired->lost_sightings);
  EXPECT_THAT(again.skipped, IsEmpty());
}

// The two stores share the bytes of photos, and neither may change them for the other.
TEST_P(RepairTest, TheDamagedStoreStaysAsItWas) {
  commit(page({with(post("1"), whole_photo("a", 10)), with(post("2"), whole_photo("b", 100))}));
  reopen();
  damage(table_of("feed"));
  TemporaryDirectory copy;
  fs::copy(directory.path(), copy.path(), fs::copy_options::recursive);

  const auto repaired = repair();

  ASSERT_TRUE(repaired) << repaired.error().message;
  reopen();
  commit(erase("1"));
  store.reset();
  for (const auto& entry : fs::recursive_directory_iterator(repaired->set_aside)) {
    if (entry.is_regular_file()) {
      const fs::path name = fs::relative(entry.path(), repaired->set_aside);
      EXPECT_EQ(read_file(entry.path()).value(), read_file(copy.path() / name).value()) << name;
    }
  }
}

TEST_P(RepairTest, KeepsAllThatIngestGoesOnFrom) {
  run_campaign();
  commit(HoldSighting{.sighting = feed().back().id, .until = kNoon + days(9), .at = kNoon});
  ASSERT_TRUE(store->audit().note({.kind = AuditKind::Search, .time = kNoon}));
  reopen();
  const std::string before = goes_on_from(*store);
  const FeedCursor cursor = store->newest_cursor();
  damage(table_of("ids"));

  const auto repaired = repair();

  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_FALSE(repaired->was_whole);
  EXPECT_TRUE(fs::exists(repaired->set_aside / "rows"));
  reopen();
  EXPECT_EQ(store->feed(cursor, 10).error().code, ErrorCode::Gone) << "the feed begins anew";
  EXPECT_EQ(goes_on_from(*store), before);
  EXPECT_THAT(store->holds().value(), SizeIs(1));
  EXPECT_FALSE(store->audit().verify().value().broken);
  commit(page({post("new")}));
  EXPECT_TRUE(is_whole(*store));
}

TEST_P(RepairTest, AWatchThatHasLostSightingsIsReadAnewAndDoesNotClaimTheirDays) {
  const auto posted_at = [](int i) { return kNoon + hours(i); };
  constexpr int kPosts = 1000;
  for (int i = 0; i < kPosts; i += 100) {
    std::vector<PostFacts> posts;
    for (int k = i; k < i + 100; ++k) {
      const std::string name = std::to_string(10'000 + k);
      PostFacts facts = post(name);
      facts.post.position = name + kFinePosition + name;
      facts.post.posted_at = posted_at(k);
      posts.push_back(std::move(facts));
    }
    PageFacts facts = page(std::move(posts));
    facts.covered = {{{posted_at(i), posted_at(i + 100)}}};
    commit(std::move(facts));
  }
  PageFacts other = by_watch(page({post("other")}), "second");
  other.covered = {{{kNoon, kNoon + days(50)}}};
  commit(std::move(other));
  reopen();
  const auto before = living(*store);
  damage(table_of("sightings"));

  const auto repaired = repair();

  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_GT(repaired->lost_sightings, 0U);
  EXPECT_LT(repaired->lost_sightings, 100U);
  EXPECT_EQ(repaired->watches_read_anew, 1U);
  EXPECT_FALSE(repaired->may_lack_anything);
  reopen();
  EXPECT_TRUE(is_whole(*store));
  EXPECT_EQ(store->progress(kTag).value(), "");
  const auto covered = store->coverage(kTag).value();
  const auto is_covered = [&](TimePoint at) {
    return std::ranges::any_of(covered, [at](const CoverageRow& row) {
      return row.complete && row.range.begin <= at && at < row.range.end;
    });
  };
  int covered_posts = 0;
  for (int i = 0; i < kPosts; ++i) {
    const auto id = id_of(std::to_string(10'000 + i));
    const bool is_there = store->sighting(id).value().has_value();
    EXPECT_TRUE(is_there || !is_covered(posted_at(i))) << i;
    covered_posts += is_covered(posted_at(i)) ? 1 : 0;
  }
  EXPECT_GT(covered_posts, kPosts / 2);
  EXPECT_EQ(store->progress({"https://example.org #second"}).value(), "progress");
  EXPECT_THAT(store->coverage({"https://example.org #second"}).value(), SizeIs(1));

  // What is read again is there again, as it was.
  for (int i = 0; i < kPosts; ++i) {
    const std::string name = std::to_string(10'000 + i);
    if (!store->sighting(id_of(name)).value()) {
      PostFacts facts = post(name);
      facts.post.position = name + kFinePosition + name;
      facts.post.posted_at = posted_at(i);
      commit(page({std::move(facts)}));
    }
  }
  EXPECT_EQ(living(*store), before);
}

TEST_P(RepairTest, WhenNobodyKnowsWhatIsLostNoTimeCountsAsWhole) {
  PageFacts facts = page({with(post("1"), whole_photo("a", 10)), post("2")});
  facts.covered = {{{kNoon, kNoon + days(2)}}};
  commit(std::move(facts));
  reopen();
  const auto before = living(*store);
  fs::remove(table_of("positions"));

  const auto repaired = repair();

  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_TRUE(repaired->may_lack_anything);
  reopen();
  EXPECT_EQ(living(*store), before);
  EXPECT_EQ(store->progress(kTag).value(), "");
  EXPECT_EQ(store->coverage(kTag).value(),
            (std::vector{CoverageRow{{kNoon, kNoon + days(2)}, false, "damaged"}}));
  EXPECT_TRUE(is_whole(*store));
}

TEST_P(RepairTest, ADamagedPhotoIsFetchedAgain) {
  commit(page({with(post("1"), whole_photo("a", 10)), with(post("2"), whole_photo("a", 10)),
               with(post("3"), whole_photo("b", 14))}));
  commit(page({with(post("4"), whole_photo("c", 100))}));
  ASSERT_TRUE(view("3").images.at(0).duplicate);
  store.reset();
  fs::path file;
  for (const auto& entry : fs::directory_iterator(directory.path() / "photos")) {
    const Result<std::optional<std::string>> bytes =
        open(directory.path()).value()->photo_bytes(photo("a").id);
    damage(entry.path());
    const auto now = open(directory.path()).value()->photo_bytes(photo("a").id);
    if (!now || *now != *bytes) {
      file = entry.path();
      break;
    }
    damage(entry.path());  // The bit is as it was.
  }
  ASSERT_THAT(file.string(), Not(IsEmpty()));

  const auto repaired = repair();

  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_EQ(repaired->lost_photos, 1U);
  EXPECT_EQ(repaired->photos, 2U);
  reopen();
  EXPECT_EQ(view("1").images.at(0).image.status, ImageStatus::Pending);
  EXPECT_EQ(view("2").images.at(0).image.status, ImageStatus::Pending);
  EXPECT_FALSE(view("3").images.at(0).duplicate) << "what it is a copy of is gone";
  EXPECT_EQ(store->photo_bytes(photo("c").id).value(), bytes_of(photo("c")));
  const auto one_place = [](const PendingImage&) { return std::string(); };
  EXPECT_THAT(store->pending(kNoon + hours(1), false, 10, 10, one_place).value(), SizeIs(2));
  EXPECT_TRUE(is_whole(*store));
  commit(RetryFacts{.sighting = id_of("1"),
                    .index = 0,
                    .outcome = facts_of(whole_photo("a", 10)),
                    .tried_at = kNoon});
  EXPECT_EQ(store->photo_bytes(photo("a").id).value(), bytes_of(photo("a")));
}

TEST_P(RepairTest, DoesWhatTheLedgerSaysWasErased) {
  commit(page({post("1"), post("2")}));
  store.reset();
  {
    auto ledger = ErasureLedger::open(directory.path() / "ledger", key(), 0).value();
    const LedgerNote note = ErasedPost{.post = id_of("1"), .is_refused = true};
    ASSERT_TRUE(ledger->append({&note, 1}, kNoon));  // And then the store broke.
  }
  reopen();
  store.reset();
  damage(table_of("feed"));

  ASSERT_TRUE(repair());

  reopen();
  EXPECT_FALSE(store->sighting(id_of("1")).value());
  EXPECT_TRUE(store->sighting(id_of("2")).value());
  EXPECT_EQ(commit(page({post("1")})).sightings, 0U);
}

TEST_P(RepairTest, WhatWasTakenAfterARefusalWasWithdrawnStays) {
  const auto at = [](PageFacts facts, TimePoint read_at) {
    facts.read_at = read_at;
    return facts;
  };
  const auto ben = [](const char* name) { return by(post(name), "ben"); };
  commit(RefuseAuthor{.author_uri = "https://example.org/users/ben", .at = kNoon});
  commit(ErasePicture{.picture = {.photo = whole_photo("a", 10).id, .hashes = {}},
                      .forms = {},
                      .watches_without_media = {},
                      .at = kNoon});
  for (const Refusal& refusal : store->refusals()) {
    commit(WithdrawRefusal{.number = refusal.number, .at = kNoon});
  }
  commit(at(page({ben("later"), with(post("picture"), whole_photo("a", 10))}), kNoon + hours(1)));
  reopen();
  const auto before = living(*store);
  ASSERT_THAT(before, SizeIs(2));
  fs::remove(table_of("positions"));  // So that the ledger is done from its beginning.

  const auto repaired = repair();

  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_TRUE(repaired->may_lack_anything);
  reopen();
  EXPECT_EQ(living(*store), before);
}

TEST_P(RepairTest, GoesOnWithoutTheEndOfALogThatIsLost) {
  commit(page({post("1")}));
  reopen();
  commit(page({post("2")}));
  TemporaryDirectory left;
  copy_while_open(directory.path(), left.path() / "store");
  for (const auto& entry : fs::directory_iterator(left.path() / "store/rows")) {
    if (entry.path().extension() == ".log") {
      fs::resize_file(entry.path(), fs::file_size(entry.path()) / 2);
    }
  }
  ASSERT_EQ(open(left.path() / "store").error().reason, "damaged");

  const auto repaired = repair(left.path() / "store");

  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_FALSE(repaired->was_whole);
  const auto opened = open(left.path() / "store");
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE((*opened)->sighting(id_of("1")).value());
  EXPECT_TRUE(is_whole(**opened));
}

TEST_P(RepairTest, RefusesAStoreThatIsInUseOrMissing) {
  EXPECT_EQ(repair(directory.path()).error().reason, "locked");
  const TemporaryDirectory empty;
  EXPECT_THAT(repair(empty.path()).error().message, testing::HasSubstr("there is no store"));
  EXPECT_TRUE(fs::is_empty(empty.path()));
}

INSTANTIATE_TEST_SUITE_P(Stores, RepairTest, ::testing::Values(Sealing::Clear, Sealing::Sealed),
                         name_of);

TEST(RepairKeyTest, AnotherKeyIsRefusedAndNothingIsTouched) {
  TemporaryDirectory directory;
  Store::open({directory.path()}, store_key()).value().reset();

  const auto repaired =
      repair_store({.store = {directory.path()}, .store_key = store_key('x'), .now = kNoon});

  EXPECT_EQ(repaired.error().reason, "key");
  EXPECT_TRUE(Store::open({directory.path()}, store_key()));
}

}  // namespace
}  // namespace sightingd::test
