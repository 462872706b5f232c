// What a damaged disk does to a store, and how that is found.
#include "pipeline/digest.h"
#include "tests/storage/store_fixture.h"
#include "tests/support/copy_while_open.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace sightingd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// Turns one bit in the middle of a file.
void damage(const std::filesystem::path& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(path) / 2);
  file.seekg(middle);
  const char byte = static_cast<char>(file.get());
  file.seekp(middle);
  file.put(static_cast<char>(byte ^ 4));
}

class StoreCheckTest : public StoreTest {
 protected:
  std::vector<std::filesystem::path> files(const std::string& folder) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) {
      if (entry.path().string().find("/" + folder + "/") != std::string::npos) {
        found.push_back(entry.path());
      }
    }
    return found;
  }
  static StoreFindings check(const Store& checked) {
    const auto check = checked.check();
    while (check->next().value()) {
    }
    return check->found();
  }
  StoreFindings check() const { return check(*store); }

  static Photo whole_photo(const std::string& name, int quality) {
    Photo photo = test::photo(name, quality);
    photo.stored_sha256 = sha256(bytes_of(photo));
    return photo;
  }

  /// What a store holds, as its readers see it.
  static std::vector<std::string> everything(const Store& read) {
    std::vector<std::string> all;
    for (const FeedEvent& event : read.feed({}, 100).value()) {
      all.push_back(event.cursor + std::string(event.id.text()));
      for (const auto& image : event.sighting->images) {
        all.push_back(read.photo_bytes(*image.image.photo).value().value_or("lost"));
      }
    }
    return all;
  }

  static std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && entry.file_size() > 0) {
        found.push_back(std::filesystem::relative(entry.path(), folder));
      }
    }
    return found;
  }
};

TEST_P(StoreCheckTest, FindsNothingWrongWithAWholeStore) {
  commit(page({with(post("1"), whole_photo("a", 10)), with(post("2"), whole_photo("b", 100))}));
  commit(erase("1"));
  reopen();

  const StoreFindings found = check();

  EXPECT_THAT(found.damage, IsEmpty());
  EXPECT_THAT(found.damaged_photos, IsEmpty());
  EXPECT_EQ(found.photos, 1U);
  EXPECT_GT(found.rows, 10U);
  EXPECT_GT(found.tables, 3U);
}

// Either the opening refuses the store, or the check finds it, or nothing is lost by it.
TEST_P(StoreCheckTest, NoDamagedFileThatMattersGoesUnnoticed) {
  commit(page({with(post("1"), whole_photo("a", 10)), with(post("2"), whole_photo("b", 100))}));
  reopen();
  commit(page({with(post("3"), whole_photo("c", 200))}));
  ASSERT_TRUE(store->audit().note({.kind = AuditKind::Search, .time = kNoon}));
  const auto whole = everything(*store);
  // As after a power cut: the last rows are in the log only.
  TemporaryDirectory left;
  copy_while_open(directory.path(), left.path() / "store");
  std::map<std::string, int> noticed;
  for (const auto& path : files_of(left.path() / "store")) {
    TemporaryDirectory copy;
    std::filesystem::copy(left.path() / "store", copy.path(),
                          std::filesystem::copy_options::recursive);
    damage(copy.path() / path);

    const auto opened = open(copy.path());

    const std::string kind = path.parent_path().string() + "/*" + path.extension().string();
    if (!opened) {
      EXPECT_THAT(opened.error().message, Not(IsEmpty())) << path;
      ++noticed[kind];
    } else if (!check(**opened).is_whole() || (*opened)->audit().found_broken()) {
      ++noticed[kind];
    } else {
      EXPECT_EQ(everything(**opened), whole) << path;
    }
  }
  EXPECT_GT(noticed["rows/*.sst"], 3);
  EXPECT_EQ(noticed["photos/*"], 3);
  EXPECT_EQ(noticed["rows/*.log"], 1);
}

TEST_P(StoreCheckTest, SetsADamagedPhotoAsideAndHasItFetchedAgain) {
  commit(page({with(post("1"), whole_photo("a", 10)), with(post("2"), whole_photo("a", 10)),
               with(post("3"), whole_photo("b", 100))}));
  const std::string name = [&] {
    std::vector<std::string> names;
    for (const auto& file : files("photos")) {
      names.push_back(file.filename());
      damage(file);
    }
    EXPECT_THAT(names, SizeIs(2));
    return names.front();
  }();
  ASSERT_THAT(check().damaged_photos, SizeIs(2));

  for (const PhotoId& lost : check().damaged_photos) {
    ASSERT_TRUE(store->set_aside(lost, kNoon));
    commit(LosePhoto{.photo = lost, .at = kNoon});
  }

  EXPECT_THAT(check().damaged_photos, IsEmpty());
  EXPECT_EQ(view("1").images.at(0).image.status, ImageStatus::Pending);
  EXPECT_EQ(view("2").images.at(0).image.status, ImageStatus::Pending);
  EXPECT_TRUE(
      std::filesystem::exists(directory.path() / "set-aside/2026-02-01T120000.000Z" / name));
  const auto one_place = [](const PendingImage&) { return std::string(); };
  EXPECT_THAT(store->pending(kNoon, false, 10, 10, one_place).value(), SizeIs(3));

  commit(RetryFacts{.sighting = id_of("1"),
                    .index = 0,
                    .outcome = facts_of(whole_photo("a", 10)),
                    .tried_at = kNoon});
  reopen();
  EXPECT_EQ(store->photo_bytes(photo("a").id).value(), bytes_of(photo("a")));
}

TEST_P(StoreCheckTest, FindsAPhotoThatIsMissing) {
  commit(page({with(post("1"), whole_photo("a", 10))}));
  for (const auto& file : files("photos")) {
    std::filesystem::remove(file);
  }

  EXPECT_THAT(check().damaged_photos, ElementsAre(photo("a").id));
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreCheckTest, ::testing::Values(Sealing::Clear, Sealing::Sealed),
                         name_of);

}  // namespace
}  // namespace sightingd::test
