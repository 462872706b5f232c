#include "tests/system/photo_links.h"

#include "pipeline/photo.h"
#include "pipeline/similarity/pdq_hash.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>

namespace sightingd::test {
namespace {

/// A near link as the feed tells it.
struct NearLinkTold {
  std::string of;
  int distance = 0;
};

/// A photo as the feed shows it.
struct PhotoShown {
  std::optional<PdqHash> pdq;  ///< Of a photo that may be matched.
  std::optional<NearLinkTold> near;
  int showings = 0;  ///< How many images show it.
  int exact = 0;     ///< How many of them are linked to the first.
};

using PhotosShown = std::map<std::string, PhotoShown>;

void take_image(const rapidjson::Value& image, PhotosShown& photos) {
  const std::string id = image["photo"].GetString();
  PhotoShown& photo = photos[id];
  ++photo.showings;
  if (image["pdq_quality"].GetInt() >= kLeastMatchableQuality) {
    photo.pdq = pdq_from_hex(image["pdq"].GetString()).value();
  }
  const auto& duplicate = image["duplicate"];
  if (!duplicate.IsObject()) {
    return;
  }
  const std::string of = duplicate["of"].GetString();
  if (std::string_view(duplicate["kind"].GetString()) == "exact") {
    EXPECT_EQ(id, of);
    ++photo.exact;
  } else {
    EXPECT_FALSE(photo.near) << id << ": only its first image tells what it looks like";
    photo.near = NearLinkTold{.of = of, .distance = duplicate["distance"].GetInt()};
  }
}

/// The stored photos, by id.
PhotosShown photos_in(const std::string& feed) {
  PhotosShown photos;
  std::istringstream lines(feed);
  for (std::string line; std::getline(lines, line);) {
    rapidjson::Document event;
    event.Parse(line.data(), line.size());
    if (event.HasParseError() || !event.HasMember("images")) {
      continue;
    }
    for (const auto& image : event["images"].GetArray()) {
      if (std::string_view(image["status"].GetString()) == "stored") {
        take_image(image, photos);
      }
    }
  }
  return photos;
}

void expect_to_be_true(const std::string& id, const PhotoShown& photo, const PhotosShown& photos) {
  EXPECT_EQ(photo.exact, photo.showings - 1) << id;
  if (!photo.near) {
    return;
  }
  const auto of = photos.find(photo.near->of);
  ASSERT_TRUE(of != photos.end()) << id << " is near a photo that is not there";
  ASSERT_TRUE(photo.pdq && of->second.pdq) << id << " is near one, though one cannot be matched";
  EXPECT_EQ(photo.near->distance, distance(*photo.pdq, *of->second.pdq)) << id;
  EXPECT_LE(photo.near->distance, kNearDistance) << id;
}

bool is_linked_within(const PhotoShown& photo, int bits) {
  return photo.near && photo.near->distance <= bits;
}

}  // namespace

void expect_links_to_add_up(const std::string& feed) {
  const PhotosShown photos = photos_in(feed);
  std::size_t pairs = 0;
  for (auto photo = photos.begin(); photo != photos.end(); ++photo) {
    expect_to_be_true(photo->first, photo->second, photos);
    for (auto other = std::next(photo); other != photos.end(); ++other) {
      if (!photo->second.pdq || !other->second.pdq) {
        continue;
      }
      const int bits = distance(*photo->second.pdq, *other->second.pdq);
      if (bits <= kNearDistance) {
        ++pairs;
        EXPECT_TRUE(is_linked_within(photo->second, bits) || is_linked_within(other->second, bits))
            << photo->first << " and " << other->first << " are near, and neither says so";
      }
    }
  }
  EXPECT_GT(pairs, 0U);
}

}  // namespace sightingd::test
