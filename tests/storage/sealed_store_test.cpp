// What a sealed store lets others see, and how a store is given a key.
#include "storage/encoding/record.h"
#include "storage/photo_files.h"
#include "storage/sealing/seal.h"
#include "tests/storage/raw_rows.h"
#include "tests/storage/store_fixture.h"
#include "tests/support/copy_while_open.h"

#include <bit>
#include <fstream>
#include <future>
#include <iterator>

namespace sightingd {
namespace {

namespace fs = std::filesystem;
using namespace sightingd::test;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The needles that stand anywhere in the files of `folder`, or in their names.
std::vector<std::string> found_in(const fs::path& folder, const std::vector<std::string>& needles) {
  std::vector<std::string> found;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    const std::string all =
        file.path().filename().string() + (file.is_regular_file() ? content_of(file.path()) : "");
    for (const std::string& needle : needles) {
      if (all.find(needle) != std::string::npos) {
        found.push_back(file.path().filename().string() + ": " + needle);
      }
    }
  }
  return found;
}

template <typename Bytes>
std::string as_text(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(&bytes), sizeof(bytes)};
}

/// What stands in a seal beside the mark and the nonce, which others share in part.
std::string sealed_part(const std::string& sealed) {
  return sealed.substr(1 + sealing::kNonceSize);
}

/// A post that says as much as a post can, and what must not be read from the disk of it.
struct Telling {
  Telling() {
    Photo shown = photo("received", 200);
    shown.location = Location{.latitude = 22.21672101, .longitude = 113.55009903};
    shown.captured_at = "2026-01-31T18:22:10+08:00";
    facts = with(post("1159000111222333"), shown);
    facts.post.text = "seen behind the old station";
    facts.post.language = "zh";
    facts.post.hashtags = {"findthisboy"};
    facts.post.reply_to = "https://example.org/posts/the-one-before";
    facts.images->front().ref.alt = facts.post.images.front().alt = "a boy in a yellow coat";
    named = with(post("1159000111222444"), photo("other", 100));
    PhotoFacts& other = std::get<PhotoFacts>(named.images->front().outcome);
    other.photo.location = Location{.origin = LocationOrigin::Iptc, .place = "Harbour Street 4"};
    needles = {"example.org",
               "1159000111222333",
               "1159000111222444",
               "seen behind",
               "old station",
               "findthisboy",
               "ana@",
               "yellow coat",
               "the-one-before",
               "Harbour Street",
               "2026-01-31",
               "the watch's own name",
               "skipped-for-flood",
               "where-it-stands",
               "bytes of",
               std::string(id_of("1159000111222333").text()),
               std::string(shown.id.text()),
               as_text(std::bit_cast<std::uint64_t>(22.21672101)),
               as_text(std::bit_cast<std::uint64_t>(113.55009903)),
               as_text(shown.received_sha256.bytes),
               as_text(shown.stored_sha256.bytes),
               as_text(shown.pdq.hash.words[0]) + as_text(shown.pdq.hash.words[1]),
               std::string("\xff\xd8\xff\xe0\x00\x10JFIF", 10)};
  }

  PageFacts page() const {
    PageFacts page = test::page({facts, named});
    page.watch_name = "the watch's own name";
    page.progress = "where-it-stands";
    page.skipped = {{"https://example.org/skipped-for-flood", SkipReason::Flood}};
    return page;
  }

  PostFacts facts;
  PostFacts named;
  std::vector<std::string> needles;
};

/// The same, staged with bytes that begin as a JPEG does.
CommitOutcome commit(Store& store, const PageFacts& page) {
  std::vector<std::unique_ptr<Store::Staged>> staged;
  for (const PostFacts& post : page.posts) {
    for (const ImageFacts& image : *post.images) {
      const auto& shown = std::get<PhotoFacts>(image.outcome);
      const std::string bytes =
          std::string("\xff\xd8\xff\xe0\x00\x10JFIF", 10) + "bytes of" + std::string(1000, 'x');
      staged.push_back(store.stage(shown.photo.id, bytes).value());
    }
  }
  return store.commit(page, std::move(staged)).value();
}

/// More rows than are sealed in one step.
void commit_many(Store& store) {
  for (int i = 0; i < 30; ++i) {
    std::vector<PostFacts> posts;
    for (int j = 0; j < 40; ++j) {
      posts.push_back(post(std::to_string(i) + "-" + std::to_string(j)));
    }
    ASSERT_TRUE(store.commit(page(std::move(posts))));
  }
}

/// Returns when the writer has done a step of sealing anew.
void let_work_a_little(Store& store) {
  std::promise<void> answered;
  store.ping([&] { answered.set_value(); });
  answered.get_future().wait();
}

void wait_until_sealed(Store& store) {
  while (store.statistics().is_being_sealed) {
    let_work_a_little(store);
  }
}

std::vector<std::string> rendered(const Store& store) {
  std::vector<std::string> lines;
  for (const FeedEvent& event : store.feed({}, 1000).value()) {
    lines.push_back(event.cursor + " " + std::string(event.id.text()) + " " +
                    (event.sighting ? event.sighting->sighting.post.text : "erased"));
  }
  return lines;
}

class SealedStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open(char key = 'k') {
    return Store::open({directory.path()}, store_key(key)).value();
  }
  std::unique_ptr<Store> open_in_clear() { return Store::open({directory.path()}).value(); }
  std::string refusal(const std::optional<SecretKey>& key) {
    const auto opened = Store::open({directory.path()}, key);
    return opened ? std::string("none") : std::string(opened.error().reason);
  }

  TemporaryDirectory directory;
};

TEST_F(SealedStoreTest, HasNothingInClearInAnyOfItsFiles) {
  const Telling telling;
  {
    const auto store = open();
    commit(*store, telling.page());
    EXPECT_THAT(found_in(directory.path(), telling.needles), IsEmpty()) << "while it is open";
  }
  EXPECT_THAT(found_in(directory.path(), telling.needles), IsEmpty()) << "when it is closed";

  const auto store = open();
  ASSERT_TRUE(store->commit(erase("1159000111222333")));
  EXPECT_THAT(found_in(directory.path(), telling.needles), IsEmpty()) << "after an erasure";
}

TEST_F(SealedStoreTest, IsSearchedByATestThatFindsWhatStandsInClear) {
  const Telling telling;
  const auto store = open_in_clear();
  commit(*store, telling.page());

  // Each needle but the position, of which keys hold no more than its coarse part anyway.
  EXPECT_GE(found_in(directory.path(), telling.needles).size(), telling.needles.size());
}

TEST_F(SealedStoreTest, IsRefusedWithoutItsKeyAndWithAnother) {
  open();

  EXPECT_EQ(refusal(std::nullopt), "key");
  EXPECT_EQ(refusal(store_key('x')), "key");
  EXPECT_EQ(refusal(store_key()), "none");
}

TEST_F(SealedStoreTest, TakesNoRowThatWasPutIntoItInClear) {
  commit(*open(), Telling().page());
  const auto watches = raw_rows(directory.path(), "watches");
  ASSERT_THAT(watches, ::testing::Not(IsEmpty()));
  put_raw_row(directory.path(), "watches", watches.begin()->first,
              record::encode_text("somewhere else"));

  const auto progress = open()->progress({"https://example.org #tag"});

  ASSERT_FALSE(progress);
  EXPECT_EQ(progress.error().reason, "damaged");
}

TEST_F(SealedStoreTest, TakesNoRowThatWasMovedToAnotherPlace) {
  commit(*open(), Telling().page());
  const auto sightings = raw_rows(directory.path(), "sightings");
  ASSERT_THAT(sightings, SizeIs(2));
  put_raw_row(directory.path(), "sightings", sightings.begin()->first, sightings.rbegin()->second);

  EXPECT_FALSE(open()->feed({}, 10));
}

TEST_F(SealedStoreTest, KeepsNoByteOfTheKeysOfWhatItErases) {
  const Telling telling;
  commit(*open(), telling.page());
  const auto before = raw_rows(directory.path(), "keys");
  ASSERT_THAT(before, SizeIs(4)) << "of two sightings and two photos";

  const auto store = open();
  ASSERT_TRUE(store->commit(erase("1159000111222333")));

  std::vector<std::string> gone;
  std::vector<std::string> living;
  const TemporaryDirectory copy;
  copy_while_open(directory.path(), copy.path() / "store");
  const auto after = raw_rows(copy.path() / "store", "keys");
  for (const auto& [owner, wrapped] : before) {
    (after.contains(owner) ? living : gone).push_back(sealed_part(wrapped));
  }
  EXPECT_THAT(gone, SizeIs(2)) << "of the sighting and of its photo";
  EXPECT_THAT(found_in(directory.path(), gone), IsEmpty());
  EXPECT_THAT(found_in(directory.path(), living), SizeIs(2));
}

TEST_F(SealedStoreTest, KeepsNoByteOfTheKeysOfWhatItsSourceDeleted) {
  const Telling telling;
  commit(*open(), telling.page());
  const auto before = raw_rows(directory.path(), "keys");
  const auto store = open();
  const RecheckFacts::Verdict gone{.sighting = id_of("1159000111222333"), .gone = true};
  ASSERT_TRUE(store->commit(RecheckFacts{.verdicts = {gone}, .checked_at = kNoon}));
  ASSERT_TRUE(store->commit(
      RecheckFacts{.verdicts = {gone}, .checked_at = kNoon + std::chrono::minutes(10)}));

  std::vector<std::string> keys;
  for (const auto& [owner, wrapped] : before) {
    keys.push_back(sealed_part(wrapped));
  }
  EXPECT_THAT(found_in(directory.path(), keys), SizeIs(2)) << "those of the other post";
}

TEST_F(SealedStoreTest, SealsAStoreThatWasMadeInClear) {
  const Telling telling;
  commit(*open_in_clear(), telling.page());
  ASSERT_THAT(found_in(directory.path(), telling.needles), ::testing::Not(IsEmpty()));
  const auto before = rendered(*open_in_clear());

  const auto store = open();
  EXPECT_EQ(rendered(*store), before) << "while it is being sealed";
  wait_until_sealed(*store);

  EXPECT_THAT(found_in(directory.path(), telling.needles), IsEmpty());
  EXPECT_EQ(rendered(*store), before);
  EXPECT_TRUE(store->photo_bytes(photo("other").id).value());
  EXPECT_EQ(store->similar(upright_forms(photo("other", 100)), 0).value().size(), 1U);
}

TEST_F(SealedStoreTest, LeavesAStoreInClearAsItIsForWhomOnlyLooksIntoIt) {
  commit(*open_in_clear(), Telling().page());

  {
    const auto looked =
        Store::open({.path = directory.path(), .begins_sealing = false}, store_key()).value();
    EXPECT_FALSE(looked->statistics().is_sealed);
    EXPECT_EQ(rendered(*looked).size(), 2U);
  }

  EXPECT_EQ(refusal(std::nullopt), "none");
}

TEST_F(SealedStoreTest, KnowsItsNewestCursorThoughItBeginsToSealAtOnce) {
  commit(*open_in_clear(), Telling().page());
  const FeedCursor newest = open_in_clear()->newest_cursor();

  const auto store = open();
  wait_until_sealed(*store);

  EXPECT_EQ(store->newest_cursor(), newest);
  EXPECT_TRUE(store->feed(newest, 10));
}

TEST_F(SealedStoreTest, GoesOnSealingWhereverItWasStopped) {
  const Telling telling;
  {
    const auto clear = open_in_clear();
    commit(*clear, telling.page());
    commit_many(*clear);
  }
  const auto before = rendered(*open_in_clear());

  int stops = 0;
  for (auto store = open(); store->statistics().is_being_sealed; ++stops) {
    EXPECT_EQ(rendered(*store), before);
    EXPECT_TRUE(store->photo_bytes(photo("other").id).value());
    for (int i = 0; i <= 4 * stops; ++i) {
      let_work_a_little(*store);
    }
    store.reset();
    EXPECT_EQ(refusal(std::nullopt), "key");
    store = open();
  }

  EXPECT_GE(stops, 1);
  EXPECT_EQ(rendered(*open()), before);
  EXPECT_THAT(found_in(directory.path(), telling.needles), IsEmpty());
}

TEST_F(SealedStoreTest, OpensWithItsNewKeyOnlyOnceThatWasChanged) {
  const Telling telling;
  auto store = open();
  commit(*store, telling.page());
  const auto before = rendered(*store);
  store.reset();
  const std::string old_ring = raw_rows(directory.path(), "default").at("ring");
  store = open();

  ASSERT_TRUE(store->change_key(store_key('n')));

  EXPECT_THAT(found_in(directory.path(), {old_ring.substr(64)}), IsEmpty()) << "at once";
  wait_until_sealed(*store);
  EXPECT_EQ(rendered(*store), before);
  store.reset();
  EXPECT_EQ(refusal(store_key()), "key");
  store = open('n');
  EXPECT_EQ(rendered(*store), before);
  EXPECT_TRUE(store->photo_bytes(photo("other").id).value());
  EXPECT_THAT(found_in(directory.path(), telling.needles), IsEmpty());
}

TEST_F(SealedStoreTest, EndsAChangeOfItsKeyThatWasStopped) {
  auto store = open();
  commit_many(*store);
  const auto before = rendered(*store);
  ASSERT_TRUE(store->change_key(store_key('n')));
  let_work_a_little(*store);
  store.reset();

  EXPECT_EQ(refusal(store_key()), "key");
  store = open('n');
  EXPECT_TRUE(store->statistics().is_being_sealed);
  EXPECT_EQ(rendered(*store), before);
  wait_until_sealed(*store);
  EXPECT_EQ(rendered(*store), before);
}

TEST_F(SealedStoreTest, ChangesNoKeyTwiceAtOnceAndNoneOfAStoreInClear) {
  {
    const auto clear = open_in_clear();
    EXPECT_FALSE(clear->change_key(store_key('n')));
    commit_many(*clear);
  }
  const auto store = open();
  ASSERT_TRUE(store->statistics().is_being_sealed);

  const auto changed = store->change_key(store_key('n'));

  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::Unavailable);
}

/// Files of photos beside a database, and whether rows name the photo, as tests will have it.
class PhotoKeysTest : public ::testing::Test {
 protected:
  std::unique_ptr<Database> database(const std::optional<SecretKey>& key) {
    return Database::open(directory.path() / "rows", key).value();
  }

  TemporaryDirectory directory;
  LookupHasher hasher{std::string(LookupHasher::kKeySize, 'h')};
  const PhotoId id = photo("a").id;
  bool named = true;
  bool durably_named = true;
};

TEST_F(PhotoKeysTest, SealAPhotoThatComesAgainBeforeItsErasureIsSafeWithTheKeyOfItsRows) {
  const auto rows = database(store_key());
  PhotoFiles files(directory.path() / "photos", open_folder(directory.path() / "photos").value(),
                   *rows, hasher, [this](const PhotoId&) -> Result<bool> { return named; });
  files.keep_while([this](const PhotoId&) -> Result<bool> { return durably_named; });
  files.pin(id);
  ASSERT_TRUE(files.write(id, "bytes"));
  const SecretKey key = files.held_key(id).value();
  files.unpin(id);
  ASSERT_FALSE(files.held_key(id)) << "its rows have it";

  ASSERT_TRUE(files.hold_key(id, key));
  named = false;  // The erasure is written and not yet synced.
  files.pin(id);
  ASSERT_TRUE(files.write(id, "bytes"));
  files.unpin(id);

  EXPECT_EQ(files.read(id, key).value(), "bytes") << "a power cut brings the rows back";
  durably_named = false;
  ASSERT_TRUE(files.remove(id));
  EXPECT_EQ(files.read(id, key).value(), std::nullopt);
  EXPECT_FALSE(files.held_key(id));
}

TEST_F(PhotoKeysTest, LeaveAFileInClearThatAPowerCutMayBringBackWithoutAKey) {
  {
    const auto clear = database(std::nullopt);
    Changes header;
    clear->put(header, Column::Header, "header", "");
    ASSERT_TRUE(clear->write(std::move(header)));
    ASSERT_TRUE(clear->flush());
  }
  const auto rows = database(store_key());
  ASSERT_TRUE(rows->has_clear_rows());
  PhotoFiles files(directory.path() / "photos", open_folder(directory.path() / "photos").value(),
                   *rows, hasher, [this](const PhotoId&) -> Result<bool> { return named; });
  ASSERT_TRUE(write_new_file(directory.path() / "photos" / files.name_of(id),
                             record::encode_text("bytes")));

  ASSERT_TRUE(files.hold_key(id, std::nullopt));
  files.pin(id);
  ASSERT_TRUE(files.write(id, "bytes"));

  EXPECT_EQ(files.read(id, std::nullopt).value(), "bytes");
  EXPECT_FALSE(files.held_key(id));
  EXPECT_TRUE(files.has_held_clear_files());
  files.unpin(id);
  EXPECT_TRUE(files.has_held_clear_files()) << "since it was asked last";
  EXPECT_FALSE(files.has_held_clear_files());
  ASSERT_TRUE(files.seal(id, store_key('p')));
  EXPECT_EQ(files.read(id, store_key('p')).value(), "bytes");
}

}  // namespace
}  // namespace sightingd
