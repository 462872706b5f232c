#include "demo/expected.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <map>
#include <set>

namespace sightingd::demo {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;
using Counts = std::map<std::string, unsigned>;

struct Expected {
  unsigned sightings = 0;
  unsigned stored_images = 0;
  std::set<std::string> photos;
  unsigned near_duplicates = 0;
  Counts rejected{{"malformed", 0}, {"too_many_pixels", 0}};
  Counts locations{{"exif", 0}, {"xmp", 0}};
  Counts skipped{{"boost", 0}, {"consent", 0}, {"no_media", 0}};
};

void count_picture(Expected& expected, const Picture& picture) {
  if (picture.nature == Nature::Broken || picture.nature == Nature::Bomb) {
    ++expected.rejected[picture.nature == Nature::Broken ? "malformed" : "too_many_pixels"];
    return;
  }
  ++expected.stored_images;
  expected.photos.insert(picture.file);
  if (picture.nature == Nature::Resaved || picture.nature == Nature::Resized) {
    ++expected.near_duplicates;
  }
  if (picture.place != Place::Nowhere) {
    ++expected.locations[picture.place == Place::Exif ? "exif" : "xmp"];
  }
}

Expected count(const std::vector<const Post*>& posts) {
  Expected expected;
  for (const auto* post : posts) {
    if (post->is_boost) {
      ++expected.skipped["boost"];
    } else if (post->author.opted_out) {
      ++expected.skipped["consent"];
    } else if (post->pictures.empty()) {
      ++expected.skipped["no_media"];
    } else {
      ++expected.sightings;
      for (const auto& picture : post->pictures) {
        count_picture(expected, picture);
      }
    }
  }
  return expected;
}

void write_number(Writer& writer, const char* name, std::size_t number) {
  writer.Key(name);
  writer.Uint64(number);
}

void write_counts(Writer& writer, const char* name, const Counts& counts) {
  writer.Key(name);
  writer.StartObject();
  for (const auto& [key, number] : counts) {
    write_number(writer, key.c_str(), number);
  }
  writer.EndObject();
}

void write_moment(Writer& writer, const Campaign& campaign, Moment moment) {
  const auto posts = shown(campaign, moment);
  const auto expected = count(posts);
  writer.StartObject();
  write_number(writer, "posts", posts.size());
  write_number(writer, "sightings", expected.sightings);
  write_number(writer, "stored_images", expected.stored_images);
  write_number(writer, "photos", expected.photos.size());
  write_number(writer, "exact_duplicates", expected.stored_images - expected.photos.size());
  write_number(writer, "near_duplicates", expected.near_duplicates);
  write_counts(writer, "rejected", expected.rejected);
  write_counts(writer, "locations", expected.locations);
  write_counts(writer, "skipped", expected.skipped);
  writer.EndObject();
}

}  // namespace

std::vector<const Post*> shown(const Campaign& campaign, Moment moment) {
  const auto absent = moment == Moment::First ? Fate::Arrives : Fate::Deleted;
  std::vector<const Post*> posts;
  for (const auto& post : campaign.posts) {
    if (post.fate != absent) {
      posts.push_back(&post);
    }
  }
  return posts;
}

std::string text_at(const Post& post, Moment moment) {
  return post.fate == Fate::Edited && moment == Moment::Later ? post.text + " (更新：已找到)"
                                                              : post.text;
}

std::string expected_json(const Campaign& campaign) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("first");
  write_moment(writer, campaign, Moment::First);
  writer.Key("later");
  write_moment(writer, campaign, Moment::Later);
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace sightingd::demo
