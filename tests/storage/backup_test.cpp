// Copies of a store, and the way back.
#include "pipeline/digest.h"
#include "storage/backup/backups.h"
#include "storage/backup/restoring.h"
#include "storage/check/store_check.h"
#include "storage/sealing/key_ring.h"
#include "tests/storage/store_builders.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sightingd::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kKeep = std::chrono::days(30);

SecretKey key_of(char byte) { return *SecretKey::of(std::string(SecretKey::kSize, byte)); }

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A backup as whoever asks for it keeps it.
class KeptBackup {
 public:
  /// Fetches what it lacks.
  void fetch(Store& store, TimePoint now, std::optional<std::chrono::seconds> keep = kKeep) {
    plan = store.backups().begin(held(), now, keep).value();
    fetched = 0;
    for (const ListedObject& object : plan.objects) {
      if (object.bytes > 0) {
        const auto staged = store.backups().object(object.id).value();
        ASSERT_TRUE(staged);
        std::ofstream copy(folder.path() / object.id, std::ios::binary);
        copy << content_of("/proc/self/fd/" + std::to_string(staged->get()));
        ++fetched;
      }
    }
    files.clear();
    Backups::Files all = store.backups().files();
    while (const auto file = all.next().value()) {
      const std::string name = std::to_string(files.size()) + "-" + plan.id;
      std::ofstream(folder.path() / name, std::ios::binary)
          << store.backups().file(file->name).value().value();
      files.push_back({.name = file->name, .path = folder.path() / name, .bytes = file->bytes});
    }
    store.backups().end();
  }

  BackupContent content() const {
    BackupContent content{
        .id = plan.id, .expires_at = plan.expires_at, .objects = {}, .next_file = {}};
    for (const ListedObject& object : plan.objects) {
      content.objects.push_back(
          {.file = object.file, .id = object.id, .path = folder.path() / object.id});
    }
    content.next_file = [left = files]() mutable -> Result<std::optional<BackupContent::File>> {
      if (left.empty()) {
        return std::optional<BackupContent::File>();
      }
      const BackupContent::File file = left.back();
      left.pop_back();
      return std::optional(file);
    };
    return content;
  }

  TemporaryDirectory folder;
  BackupList plan;
  std::vector<BackupContent::File> files;
  std::size_t fetched = 0;

 private:
  std::set<std::string, std::less<>> held() const {
    std::set<std::string, std::less<>> ids;
    for (const ListedObject& object : plan.objects) {
      ids.insert(object.id);
    }
    return ids;
  }
};

class BackupTest : public ::testing::Test {
 protected:
  StoreOptions options() const {
    return {.path = directory.path() / "store",
            .erasure_ledger = directory.path() / "ledger",
            .keep_free = 0};
  }
  void open() { store = Store::open(options(), key).value(); }

  CommitOutcome commit(Facts facts) {
    std::vector<std::unique_ptr<Store::Staged>> staged;
    if (const auto* page = std::get_if<PageFacts>(&facts)) {
      for (const PostFacts& post : page->posts) {
        for (const ImageFacts& image : post.images.value_or(std::vector<ImageFacts>())) {
          if (const auto* came = std::get_if<PhotoFacts>(&image.outcome)) {
            staged.push_back(store->stage(came->photo.id, bytes_of(came->photo)).value());
          }
        }
      }
    }
    return store->commit(std::move(facts), std::move(staged)).value();
  }
  static std::string bytes_of(const Photo& photo) {
    return "bytes of " + std::string(photo.id.text());
  }
  static Photo whole_photo(const std::string& name, int bits) {
    Photo made = photo(name, bits);
    made.stored_sha256 = sha256(bytes_of(made));
    return made;
  }
  void add(const std::string& name, int bits) {
    commit(page({with(post(name), whole_photo("of " + name, bits))}));
  }

  Result<Restored> restore(const KeptBackup& kept, bool without_ledger = false,
                           TimePoint now = kNoon) {
    store.reset();
    const BackupContent content = kept.content();
    return restore_store({.store = options(),
                          .store_key = *key,
                          .backup = content,
                          .without_ledger = without_ledger,
                          .now = now});
  }

  /// Names of the posts that a reader from the beginning gets, with the bytes of their photos.
  std::set<std::string> posts() const {
    std::set<std::string> found;
    for (const FeedEvent& event : store->feed({}, 1000).value()) {
      if (event.sighting) {
        const auto& image = event.sighting->sighting.images.at(0);
        const auto bytes = image.photo ? store->photo_bytes(*image.photo).value() : std::nullopt;
        found.insert(event.sighting->sighting.post.ref.uri + (bytes ? "" : " without its photo"));
      }
    }
    return found;
  }
  bool is_whole() const {
    const auto check = store->check();
    while (check->next().value()) {
    }
    return check->found().is_whole();
  }

  TemporaryDirectory directory;
  std::optional<SecretKey> key = key_of('k');
  std::unique_ptr<Store> store = Store::open(options(), key).value();
  KeptBackup backup;
};

TEST_F(BackupTest, ARestoredStoreHoldsWhatThereWas) {
  add("1", 10);
  add("2", 100);
  const auto before = posts();
  backup.fetch(*store, kNoon);
  add("3", 200);

  const auto restored = restore(backup);

  ASSERT_TRUE(restored) << restored.error().message;
  open();
  EXPECT_EQ(posts(), before);
  EXPECT_TRUE(is_whole());
  EXPECT_TRUE(fs::exists(restored->set_aside / "rows"));
  // It goes on as ever.
  add("3", 200);
  EXPECT_THAT(posts(), SizeIs(3));
}

TEST_F(BackupTest, ARestorationRaisesTheEpochOfTheCursorsEachTime) {
  add("1", 10);
  backup.fetch(*store, kNoon);
  const FeedCursor old = store->newest_cursor();
  for (const char* const epoch : {"0002", "0003"}) {
    ASSERT_TRUE(restore(backup));
    open();

    EXPECT_THAT(store->newest_cursor(), testing::StartsWith(epoch));
    EXPECT_EQ(store->feed(old, 10).error().code, ErrorCode::Gone);
  }
}

TEST_F(BackupTest, WhatWasErasedAfterwardsDoesNotComeBack) {
  add("1", 10);
  add("2", 100);
  backup.fetch(*store, kNoon);
  commit(erase("1"));
  commit(ErasePicture{.picture = {.photo = whole_photo("of 2", 100).id,
                                  .hashes = matchable_hashes(whole_photo("of 2", 100))},
                      .forms = {},
                      .watches_without_media = {},
                      .at = kNoon});
  const auto after = posts();

  ASSERT_TRUE(restore(backup));
  open();

  EXPECT_EQ(posts(), after);
  EXPECT_FALSE(store->photo_bytes(whole_photo("of 2", 100).id).value());
  add("4", 100);
  EXPECT_TRUE(store->refuses(whole_photo("of 2", 100).id, {}));
}

TEST_F(BackupTest, OnlyWhatHasChangedIsFetchedAgain) {
  for (int i = 0; i < 5; ++i) {
    add(std::to_string(i), 10 * i);
    store.reset();
    open();
  }
  backup.fetch(*store, kNoon);
  const std::size_t first = backup.fetched;
  add("9", 200);
  const auto before = posts();

  backup.fetch(*store, kNoon + std::chrono::hours(1));

  EXPECT_LT(backup.fetched, first);
  ASSERT_TRUE(restore(backup));
  open();
  EXPECT_EQ(posts(), before);
  EXPECT_TRUE(is_whole());
}

TEST_F(BackupTest, ABackupWhoseTimeIsOverCannotBeOpened) {
  add("1", 10);
  backup.fetch(*store, kNoon, std::chrono::hours(1));
  EXPECT_EQ(store->backups().reach().value().until, kNoon + std::chrono::hours(1));

  EXPECT_EQ(store->backups().expire(kNoon + std::chrono::minutes(59)).value(), 0U);
  EXPECT_EQ(store->backups().expire(kNoon + std::chrono::hours(1)).value(), 1U);

  EXPECT_EQ(store->backups().reach().value(), BackupReach());
  const auto restored = restore(backup, false, kNoon + std::chrono::hours(2));
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().reason, "expired");
  EXPECT_THAT(restored.error().message, HasSubstr("2026-02-01T13:00:00"));
  open();
  EXPECT_THAT(posts(), SizeIs(1));  // Nothing was touched.
}

TEST_F(BackupTest, ALaterBackupKeepsWhatItSharesWithAnEarlierOne) {
  add("1", 10);
  store.reset();
  open();
  backup.fetch(*store, kNoon, std::chrono::hours(1));
  backup.fetch(*store, kNoon + std::chrono::minutes(30), std::chrono::hours(1));

  ASSERT_EQ(store->backups().expire(kNoon + std::chrono::hours(1)).value(), 1U);

  const auto restored = restore(backup);
  ASSERT_TRUE(restored) << restored.error().message;
}

TEST_F(BackupTest, ABackupFromBeforeAChangeOfTheKeyIsOpenedByTheNewOne) {
  add("1", 10);
  const auto before = posts();
  backup.fetch(*store, kNoon);
  key = key_of('n');
  ASSERT_TRUE(store->change_key(*key));

  const auto restored = restore(backup);

  ASSERT_TRUE(restored) << restored.error().message;
  open();
  EXPECT_EQ(posts(), before);
  store.reset();
  EXPECT_EQ(Store::open(options(), key_of('k')).error().reason, "key");
}

TEST_F(BackupTest, ARestoredStoreIsNotOpenedByTheKeyOfThatTime) {
  add("1", 10);
  backup.fetch(*store, kNoon);
  key = key_of('n');
  ASSERT_TRUE(store->change_key(*key));
  ASSERT_TRUE(restore(backup));
  open();
  store.reset();
  const std::string former = name_of_key(key_of('k'));
  for (const auto& file : fs::directory_iterator(options().path / "rows")) {
    EXPECT_EQ(content_of(file.path()).find(former), std::string::npos) << file.path();
  }
}

TEST_F(BackupTest, WithoutTheLedgerItIsRestoredOnlyWhenThatIsSaid) {
  add("1", 10);
  backup.fetch(*store, kNoon);
  commit(erase("1"));
  EXPECT_EQ(restore(backup, true).error().reason, "ledger");  // It is there.
  fs::remove(directory.path() / "ledger/ledger");

  EXPECT_EQ(restore(backup).error().reason, "ledger");
  const auto restored = restore(backup, true);

  ASSERT_TRUE(restored) << restored.error().message;
  open();
  EXPECT_THAT(posts(), SizeIs(1));
}

TEST_F(BackupTest, IsRefusedToAStoreThatIsNotEncrypted) {
  TemporaryDirectory clear;
  const auto opened = Store::open({.path = clear.path() / "store"}).value();

  const auto begun = opened->backups().begin({}, kNoon, kKeep);

  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, ErrorCode::Unavailable);
}

TEST_F(BackupTest, IsNotBegunWhereThereIsNoRoomForItsCopies) {
  add("1", 10);
  store.reset();
  StoreOptions all_kept_free = options();
  all_kept_free.keep_free = std::uint64_t{1} << 62U;
  store = Store::open(all_kept_free, key).value();

  const auto begun = store->backups().begin({}, kNoon, kKeep);

  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().reason, "no-space");
  EXPECT_FALSE(fs::exists(options().path / "backup"));
  EXPECT_EQ(store->backups().reach().value(), BackupReach());
}

TEST_F(BackupTest, ADamagedFileOfABackupIsFoundAndNothingIsTouched) {
  add("1", 10);
  backup.fetch(*store, kNoon);
  for (const ListedObject& object : backup.plan.objects) {
    const fs::path file = backup.folder.path() / object.id;
    const std::string whole = content_of(file);
    std::string broken = whole;
    broken[broken.size() / 2] ^= 1;
    std::ofstream(file, std::ios::binary) << broken;

    const auto restored = restore(backup);

    EXPECT_EQ(restored.error().reason, "damaged") << object.file;
    std::ofstream(file, std::ios::binary) << whole;
  }
  open();
  EXPECT_THAT(posts(), SizeIs(1));
}

TEST_F(BackupTest, ARestorationThatIsCutShortIsFinishedByTheNextOpening) {
  add("1", 10);
  backup.fetch(*store, kNoon);
  const auto before = posts();
  add("2", 100);
  ASSERT_TRUE(restore(backup));
  // As if it had ended when it had moved the first so many of its parts.
  for (const std::size_t moved : {0U, 1U, 2U, 3U}) {
    SCOPED_TRACE(moved);
    const fs::path folder = options().path;
    fs::create_directories(folder / "built");
    std::ofstream(folder / "built/set-aside") << "cut-" << moved;
    const std::vector<std::string> parts = {"format", "rows", "photos", "audit"};
    for (std::size_t i = moved; i < parts.size(); ++i) {
      fs::rename(folder / parts[i], folder / "built" / parts[i]);
      if (i > moved) {
        fs::create_directories(folder / parts[i]);  // Of the store that was there before.
      }
    }

    open();

    EXPECT_EQ(posts(), before);
    EXPECT_FALSE(fs::exists(folder / "built"));
    EXPECT_EQ(fs::exists(folder / "set-aside" / ("cut-" + std::to_string(moved)) / "audit"),
              moved < 3);
    store.reset();
  }
}

TEST_F(BackupTest, ARestorationThatFailsLeavesNothing) {
  add("1", 10);
  backup.fetch(*store, kNoon);
  std::ofstream(backup.folder.path() / backup.plan.objects.back().id) << "nonsense";

  ASSERT_FALSE(restore(backup));
  EXPECT_FALSE(fs::exists(options().path / "building"));

  fs::create_directories(options().path / "building/rows");  // It was killed.
  open();
  EXPECT_FALSE(fs::exists(options().path / "building"));
  EXPECT_THAT(posts(), SizeIs(1));
}

TEST_F(BackupTest, NoEpochIsGivenTwiceThoughTheLedgerIsLost) {
  add("1", 10);
  backup.fetch(*store, kNoon);
  ASSERT_TRUE(restore(backup));  // Epoch 2, which the ledger knows.
  fs::remove(directory.path() / "ledger/ledger");
  EXPECT_EQ(restore(backup, true)->epoch, 3);
  open();  // A new ledger.

  EXPECT_EQ(restore(backup)->epoch, 4);
}

TEST_F(BackupTest, ALedgerThatIsOlderThanTheBackupIsRefused) {
  add("1", 10);
  store.reset();
  fs::copy(directory.path() / "ledger/ledger", directory.path() / "older");
  open();
  commit(erase("1"));
  backup.fetch(*store, kNoon);
  store.reset();
  fs::rename(directory.path() / "older", directory.path() / "ledger/ledger");

  for (int i = 0; i < 2; ++i) {
    const auto restored = restore(backup);
    EXPECT_EQ(restored.error().reason, "ledger") << restored.error().message;
  }
}

TEST_F(BackupTest, TheKeyMayChangeWhenAllBackupsAreOver) {
  add("1", 10);
  backup.fetch(*store, kNoon, std::chrono::hours(1));
  ASSERT_EQ(store->backups().expire(kNoon + std::chrono::hours(2)).value(), 1U);
  key = key_of('n');
  ASSERT_TRUE(store->change_key(*key));
  store.reset();

  open();

  EXPECT_THAT(posts(), SizeIs(1));
}

TEST_F(BackupTest, AChangeOfTheKeyThatIsCutShortLeavesBackupsToTheKeyThatTheStoreHas) {
  add("1", 10);
  backup.fetch(*store, kNoon);
  store.reset();
  {  // Both keys are accepted; the store keeps the one it had.
    const auto keys = BackupKeys::open(directory.path() / "ledger", *key).value();
    ASSERT_TRUE(keys->accept_key(key_of('n')));
  }

  open();

  store.reset();
  EXPECT_EQ(BackupKeys::open(directory.path() / "ledger", key_of('n')).error().reason, "key");
  ASSERT_TRUE(restore(backup));
}

TEST_F(BackupTest, AnErasureDoesNotWaitForTheWholeOfABackup) {
  add("1", 10);
  ASSERT_TRUE(store->backups().begin({}, kNoon, kKeep));

  commit(erase("1"));  // While what was begun waits to be fetched.

  EXPECT_TRUE(posts().empty());
}

TEST_F(BackupTest, NothingIsGivenOutWhenNoBackupIsMade) {
  add("1", 10);
  const auto name = store->backups().files().next().value().value().name;
  EXPECT_FALSE(store->backups().file(name).value());
  ASSERT_TRUE(store->backups().begin({}, kNoon, kKeep));
  EXPECT_TRUE(store->backups().file(name).value());

  store->backups().end();

  EXPECT_FALSE(store->backups().file(name).value());
}

TEST_F(BackupTest, NothingOfABackupCanBeReadWithoutItsKeys) {
  add("1", 10);
  backup.fetch(*store, kNoon);
  for (const auto& entry : fs::directory_iterator(backup.folder.path())) {
    const std::string content = content_of(entry.path());
    for (const char* const clear : {"rocksdb", "sightings", "bytes of", "leveldb", "example.org"}) {
      EXPECT_EQ(content.find(clear), std::string::npos) << entry.path() << " " << clear;
    }
  }
  // Whoever has the store's key, and the backup, but not its keys.
  fs::remove(directory.path() / "ledger/backup-keys");
  EXPECT_EQ(restore(backup).error().reason, "expired");
}

TEST_F(BackupTest, WhatABackupThatWasCutShortHasLeftGoesAtTheNextOpening) {
  add("1", 10);
  ASSERT_TRUE(store->backups().begin({}, kNoon, kKeep));
  EXPECT_TRUE(fs::exists(options().path / "backup"));
  EXPECT_FALSE(fs::exists(options().path / "backup/rows"));
  store.reset();

  open();

  EXPECT_FALSE(fs::exists(options().path / "backup"));
}

}  // namespace
}  // namespace sightingd::test
