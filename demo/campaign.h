#pragma once

#include "pipeline/time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The demo campaign: invented posts of three days about children who were seen begging or are
/// missed, in Chinese, English and Spanish, with drawn pictures. No person is in any of them.
namespace sightingd::demo {

/// Where a picture says that it was taken.
enum class Place : std::uint8_t { Nowhere, Exif, Xmp };

/// How a picture came to be.
enum class Nature : std::uint8_t {
  Own,        ///< Nobody posted it before.
  SameBytes,  ///< Posted before, passed on as it was.
  Resaved,    ///< Posted before, saved again by an app that drops metadata.
  Resized,    ///< The same, and made smaller.
  Broken,     ///< Begins like a JPEG and goes on as noise.
  Bomb,       ///< A PNG of a few bytes that claims to be 3.6 gigapixels.
};

struct Picture {
  std::string file;
  Nature nature = Nature::Own;
  Place place = Place::Nowhere;
  std::optional<std::string> alt = {};
};

struct Account {
  std::string name;
  bool opted_out = false;  ///< Asks not to be indexed.
};

/// What becomes of a post while the daemon watches.
enum class Fate : std::uint8_t { Stays, Edited, Deleted, Arrives };

struct Post {
  std::uint64_t id = 0;
  TimePoint posted_at;
  Account author;
  std::string language;
  std::string text;
  std::string tag;  ///< Without '#'; empty: none.
  std::vector<Picture> pictures = {};
  bool has_video = false;
  bool sensitive = false;
  Fate fate = Fate::Stays;
  bool is_boost = false;  ///< Somebody else's post, passed on by `author`.
};

/// The account that one of the watches follows.
inline constexpr std::string_view kRescueAccount = "rescue_volunteers";

struct Campaign {
  std::vector<std::string> tags;             ///< As people write them.
  std::vector<Post> posts;                   ///< Oldest first.
  std::map<std::string, std::string> files;  ///< The pictures' bytes by name.
};

/// The campaign whose newest post was written at `newest`. But for times and ids it is the same
/// each time.
Campaign make_campaign(TimePoint newest);

}  // namespace sightingd::demo
