#include "tests/daemon/control/control_fixture.h"

#include <string>

namespace sightingd::test {
namespace {

using KeyRoutesTest = ControlFixture;

std::string key_text(char letter) { return std::string(SecretKey::kSize, letter); }

TEST_F(KeyRoutesTest, GivesTheStoreAnotherKey) {
  commit({post("1")});

  const RawReply reply = post_to("/v1/key", key_text('n'));

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, "{\"changed\":true}\n");
  const TemporaryDirectory copy;
  loop.await(server->stop());
  store->on_commit({});
  store.reset();
  EXPECT_EQ(Store::open({directory.path() / "store"}, SecretKey::of(key_text('k'))).error().reason,
            "key");
  store = Store::open({directory.path() / "store"}, SecretKey::of(key_text('n'))).value();
  EXPECT_EQ(store->feed({}, 10)->size(), 1U);
}

TEST_F(KeyRoutesTest, RefusesWhatIsNoKey) {
  EXPECT_EQ(post_to("/v1/key", key_text('n').substr(1)).status, 400U);
  EXPECT_EQ(post_to("/v1/key", "").status, 400U);
  EXPECT_EQ(post_to("/v1/key", key_text('n') + "x").status, 413U);
  EXPECT_EQ(post_to("/v1/key?force=1", key_text('n')).status, 400U);
}

}  // namespace
}  // namespace sightingd::test
