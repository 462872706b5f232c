#include "storage/owed_erasures.h"

#include "storage/encoding/record.h"
#include "storage/store.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSecret = "wordsofthispostalone";

bool is_somewhere_in(const fs::path& folder, const std::string& text) {
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    if (file.is_regular_file()) {
      std::ifstream in(file.path(), std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(in), {});
      if (content.find(text) != std::string::npos) {
        return true;
      }
    }
  }
  return false;
}

TEST(OwedErasuresTest, AreFinishedWhenAStoreOpensAfterACrash) {
  const test::TemporaryDirectory directory;
  static_cast<void>(Store::open({directory.path()}).value());
  const RowName row{.column = Column::Watches, .key = "a row of the erased post"};
  {
    const auto database = Database::open(directory.path() / "rows").value();
    Changes before;
    database->put(before, row.column, row.key, record::encode_text(kSecret));
    ASSERT_TRUE(database->write(std::move(before)));
    ASSERT_TRUE(database->flush());
    Changes erasure;
    database->erase(erasure, row.column, row.key);
    OwedErasures(*database).add(erasure, 1, {row});
    ASSERT_TRUE(database->write(std::move(erasure)));
    ASSERT_TRUE(database->sync());
  }
  ASSERT_TRUE(is_somewhere_in(directory.path(), kSecret));

  ASSERT_TRUE(Store::open({directory.path()}));

  EXPECT_FALSE(is_somewhere_in(directory.path(), kSecret));
}

TEST(OwedErasuresTest, AreListedUntilTheyAreDone) {
  const test::TemporaryDirectory directory;
  const auto database = Database::open(directory.path() / "rows").value();
  OwedErasures owed(*database);
  Changes erasure;
  owed.add(erasure, 1, {{.column = Column::Photos, .key = "key"}});
  ASSERT_TRUE(database->write(std::move(erasure)));
  ASSERT_TRUE(database->rows(Column::Header, "owed").valid());

  ASSERT_TRUE(owed.settle());

  EXPECT_FALSE(database->rows(Column::Header, "owed").valid());
  EXPECT_TRUE(owed.settle()) << "nothing is owed";
}

}  // namespace
}  // namespace sightingd
