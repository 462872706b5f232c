// What the control API does when the store is checked.
#include "tests/daemon/control/control_fixture.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace sightingd::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CheckRoutesTest : public ControlFixture {
 protected:
  CheckRoutesTest() {
    Photo whole = photo("a");
    whole.stored_sha256 = sha256("stripped");
    commit({with(post("1"), whole)});
  }

  void truncate_all_photos() const {
    for (const auto& file :
         std::filesystem::directory_iterator(directory.path() / "store/photos")) {
      std::filesystem::resize_file(file.path(), 20);
    }
  }

  std::vector<AuditKind> audited() const {
    std::vector<AuditKind> kinds;
    AuditReader reader = store->audit().read().value();
    while (const auto entry = reader.next().value()) {
      kinds.push_back(entry->event.kind);
    }
    return kinds;
  }
};

TEST_F(CheckRoutesTest, TellsThatAllIsWhole) {
  const RawReply reply = post_to("/v1/check-store");

  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr(R"({"whole":true,)"));
  EXPECT_THAT(reply.body,
              EndsWith(R"("photos":1,"photos_damaged":0,"photos_set_aside":0,"damage":[]})"
                       "\n"));
  EXPECT_THAT(audited(), testing::ElementsAre(AuditKind::StoreCheck));
}

TEST_F(CheckRoutesTest, SetsADamagedPhotoAsideAndHasItFetchedAgain) {
  truncate_all_photos();

  const RawReply reply = post_to("/v1/check-store");

  EXPECT_THAT(reply.body,
              EndsWith(R"("photos":1,"photos_damaged":1,"photos_set_aside":1,"damage":[]})"
                       "\n"));
  const auto events = store->feed({}, 10).value();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].sighting->sighting.images.front().status, ImageStatus::Pending);
  EXPECT_THAT(audited(), testing::ElementsAre(AuditKind::StoreCheck, AuditKind::PhotoSetAside));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "store/photos"));
  EXPECT_FALSE(std::filesystem::is_empty(directory.path() / "store/set-aside"));

  EXPECT_THAT(post_to("/v1/check-store").body, HasSubstr(R"({"whole":true,)"));
}

TEST_F(CheckRoutesTest, TakeNoParameters) {
  EXPECT_EQ(post_to("/v1/check-store?deep=1").status, 400);
  EXPECT_THAT(audited(), IsEmpty());
}

}  // namespace
}  // namespace sightingd::test
