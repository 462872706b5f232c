// A picture that a family has asked to erase, and one whose time is over.
#include "tests/support/loopback_server.h"
#include "tests/support/pictures.h"
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace sightingd::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// The picture on a plain border.
Picture framed(const Picture& picture, int border) {
  Picture whole = draw_flat(picture.width + 2 * border, picture.height + 2 * border);
  for (int y = 0; y < picture.height; ++y) {
    std::copy_n(picture.at(0, y), 3 * picture.width, whole.at(border, y + border));
  }
  return whole;
}

/// The picture turned, and mirrored or not, as EXIF counts it.
Picture turned(const Picture& picture, int orientation) {
  return stored_for_orientation(picture, orientation);
}

/// The same picture as people pass it on.
std::vector<std::string> dresses(const Picture& picture) {
  return {encode_jpeg(picture, {}, {.quality = 40}),
          encode_jpeg(picture, {}, {.quality = 95, .progressive = true}),
          encode_png(picture),
          encode_webp(picture),
          encode_jpeg(scaled(picture, picture.width / 2, picture.height / 2)),
          encode_jpeg(scaled(picture, picture.width * 5 / 4, picture.height * 5 / 4)),
          encode_jpeg(turned(picture, 2)),
          encode_jpeg(turned(picture, 3)),
          encode_jpeg(turned(picture, 6)),
          encode_jpeg(turned(picture, 8)),
          encode_jpeg(framed(picture, 40)),
          encode_jpeg(framed(turned(picture, 2), 40))};
}

/// A watch of another server beside the one of the installation.
std::string another_source(const std::string& url) {
  return "[[source]]\nname = \"other\"\nkind = \"mastodon\"\nurl = \"" + url +
         "\"\nrequest_limit = \"none\"\n"
         "[[watch]]\nname = \"elsewhere\"\nsource = \"other\"\nhashtag = \"finddemo\"\n"
         "poll_interval = \"15s\"\nbackfill = \"all\"\n";
}

class RefusedPictureTest : public ::testing::Test {
 protected:
  RefusedPictureTest() {
    host.answer("/first.jpg", first);
    const std::vector<std::string> all = dresses(picture);
    for (std::size_t i = 0; i < all.size(); ++i) {
      host.answer("/" + std::to_string(i), all[i]);
    }
  }

  Records feed() const {
    FeedConsumer consumer;
    installation.catch_up(consumer);
    return consumer.records();
  }
  /// How many came from the other server.
  std::size_t from_elsewhere() const {
    const Records records = feed();
    return static_cast<std::size_t>(std::ranges::count_if(records, [](const auto& record) {
      return record.second.find("\"source\":\"other\"") != std::string::npos;
    }));
  }
  std::size_t stored_photos() const {
    const std::filesystem::directory_iterator files(installation.directory() / "store/photos");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }
  Finished erase(std::vector<std::string> what) const {
    what.insert(what.begin(), "erase");
    what.insert(what.end(), {"--reason", "asked by the family"});
    return installation.ctl(std::move(what));
  }
  /// Everyone passes it on, in all its dresses.
  void pass_on() const {
    for (int i = 0; i < 12; ++i) {
      other_server.post({host.url("/" + std::to_string(i))});
    }
  }

  const Picture picture = draw_scene(7, 640, 480);
  const std::string first = encode_jpeg(picture);
  LoopbackServer host;
  const LoopbackMastodon server{{"--posts=1", "--posts-with-photo=0"}};
  const LoopbackMastodon other_server{{"--seed=2", "--posts=1", "--posts-with-photo=0"}};
  const Installation installation{server.url(), {{}}, another_source(other_server.url())};
};

TEST_F(RefusedPictureTest, DoesNotComeBackInAnyDressFromAnywhere) {
  server.post({host.url("/first.jpg")});
  ASSERT_TRUE(installation.complete());
  ASSERT_THAT(feed(), SizeIs(1));
  const auto backup = installation.directory() / "backup";
  const auto backed_up = installation.ctl({"backup", backup});
  ASSERT_EQ(backed_up.status, 0) << backed_up.err;
  // A relative brings a copy of it.
  const auto file = installation.directory() / "hers.png";
  std::ofstream(file, std::ios::binary) << encode_png(scaled(picture, 500, 375));
  const auto erased = erase({"--like", file});
  ASSERT_EQ(erased.status, 0) << erased.err;
  EXPECT_THAT(feed(), IsEmpty());
  EXPECT_EQ(stored_photos(), 0U);

  pass_on();
  ASSERT_TRUE(installation.complete());
  EXPECT_THAT(feed(), IsEmpty());
  EXPECT_EQ(stored_photos(), 0U);

  const auto restored = installation.ctl({"restore", backup});
  ASSERT_EQ(restored.status, 0) << restored.err;
  EXPECT_EQ(stored_photos(), 0U) << "an older backup was restored";
  ASSERT_TRUE(installation.complete());
  EXPECT_THAT(feed(), IsEmpty());
  EXPECT_EQ(stored_photos(), 0U);
}

TEST_F(RefusedPictureTest, OfAPostWhoseTimeIsOverIsTakenFromOthers) {
  server.post({host.url("/first.jpg")});
  ASSERT_TRUE(installation.complete());
  const auto erased = erase({"--older-than", "0s", "--confirm"});
  ASSERT_EQ(erased.status, 0) << erased.err;
  EXPECT_THAT(feed(), IsEmpty());

  pass_on();
  ASSERT_TRUE(installation.complete());

  EXPECT_EQ(from_elsewhere(), 12U);
}

TEST_F(RefusedPictureTest, OfAPostThatWasErasedIsTakenFromOthers) {
  server.post({host.url("/first.jpg")});
  ASSERT_TRUE(installation.complete());
  const auto erased = erase({"--post", feed().begin()->first});
  ASSERT_EQ(erased.status, 0) << erased.err;

  pass_on();
  ASSERT_TRUE(installation.complete());

  EXPECT_EQ(from_elsewhere(), 12U);
}

TEST_F(RefusedPictureTest, OnTheListOfSomebodyElseIsNotTaken) {
  const auto inspected = run({program("sightingctl"), "inspect", [&] {
                                const auto file = installation.directory() / "first.jpg";
                                std::ofstream(file, std::ios::binary) << first;
                                return file.string();
                              }()});
  rapidjson::Document image;
  image.Parse(inspected.out.c_str());
  ASSERT_TRUE(image.IsObject()) << inspected.err;
  const auto list = installation.directory() / "listed.csv";
  std::ofstream(list) << "# shared\n" << image["pdq"].GetString() << ",100\n";
  const Installation refusing(
      server.url(), {{}},
      "[refuse]\npdq_list = \"" + list.string() + "\"\n" + another_source(other_server.url()));
  server.post({host.url("/first.jpg")});
  pass_on();

  ASSERT_TRUE(refusing.complete());

  EXPECT_EQ(refusing.ctl({"feed"}).out, "");

  std::ofstream(list) << "not a hash\n";
  const auto failed = refusing.once();
  EXPECT_EQ(failed.status, 78);
  EXPECT_THAT(failed.err, HasSubstr("refuse.pdq_list: line 1 is not a PDQ hash"));
}

}  // namespace
}  // namespace sightingd::test
