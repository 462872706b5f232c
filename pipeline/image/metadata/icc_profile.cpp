#include "pipeline/image/metadata/icc_profile.h"

#include "pipeline/image/format/bytes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace sightingd {
namespace {

constexpr std::size_t kHeader = 128;
constexpr std::size_t kTable = kHeader + 4;
constexpr std::size_t kTagEntry = 12;
constexpr std::size_t kTypeHeader = 8;  // A signature, and four zeros (section 10.1).
constexpr std::size_t kMostTags = 100;

// Tags that hold tables of many colours.
constexpr std::array<std::string_view, 20> kLargeTags{
    "A2B0", "A2B1", "A2B2", "A2M0", "B2A0", "B2A1", "B2A2", "B2D0", "B2D1", "B2D2",
    "B2D3", "D2B0", "D2B1", "D2B2", "D2B3", "gamt", "pre0", "pre1", "pre2", "ncl2"};
// The others of ICC.1:2010, section 9.2, of ICC.1:1998, and what Apple's calibration adds to
// displays' profiles (vcgt, ndin, the parametric curves of aarg, aagg and aabg, and dscm, a
// description in many languages).
constexpr std::array<std::string_view, 46> kSmallTags{
    "bXYZ", "bTRC", "gXYZ", "gTRC", "rXYZ", "rTRC", "kTRC", "wtpt", "bkpt", "chad", "chrm", "cicp",
    "clro", "clrt", "clot", "ciis", "lumi", "meas", "tech", "view", "vued", "desc", "dmnd", "dmdd",
    "cprt", "rig0", "rig2", "resp", "pseq", "psid", "ps2s", "ps2i", "bfd ", "crdi", "devs", "scrn",
    "scrd", "targ", "calt", "cept", "vcgt", "ndin", "aarg", "aagg", "aabg", "dscm"};
// Descriptions in thirty languages and curves of 16 bits stay below it.
constexpr std::size_t kLargestSmallTag = 128U << 10U;

struct Tag {
  std::string_view name;
  std::size_t offset = 0;
  std::size_t size = 0;
};

template <std::size_t count>
bool is_in(const std::array<std::string_view, count>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

// What Apple writes of a display: after the type's header its manufacturer, model, serial number
// and time of making, four bytes each, then zeros. Most displays have no number there.
bool names_no_device(std::string_view make_and_model) {
  constexpr std::size_t kSize = 40;
  constexpr std::size_t kSerialAt = 16;
  constexpr std::size_t kRestAt = 24;
  return make_and_model.size() == kSize && is_zero(make_and_model.substr(kSerialAt, 4)) &&
         is_zero(make_and_model.substr(kRestAt));
}

bool is_listed(const Tag& tag, std::string_view profile) {
  if (tag.name == "mmod") {
    return names_no_device(slice(profile, tag.offset, tag.size));
  }
  return is_in(kLargeTags, tag.name) ||
         (is_in(kSmallTags, tag.name) && tag.size <= kLargestSmallTag);
}

// Nothing when the header or the table makes no sense.
std::optional<std::vector<Tag>> read_tags(std::string_view bytes) {
  const std::size_t count = big32(bytes, kHeader);
  constexpr std::size_t kReservedAt = 100;
  if (bytes.size() < kTable || bytes.size() > kLargestIccProfile ||
      big32(bytes, 0) != bytes.size() || bytes.substr(36, 4) != "acsp" || count == 0 ||
      count > kMostTags || kTable + count * kTagEntry > bytes.size() ||
      !is_zero(bytes.substr(kReservedAt, kHeader - kReservedAt))) {
    return std::nullopt;
  }
  std::vector<Tag> tags;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = kTable + i * kTagEntry;
    tags.push_back({bytes.substr(at, 4), big32(bytes, at + 4), big32(bytes, at + 8)});
  }
  return tags;
}

// Whether the tags' data, which they may share, is all that follows the table. Data begins at
// multiples of four or eight, with zeros before it; some programs end a profile with other bytes.
bool fill_the_profile(std::vector<Tag> tags, std::string_view bytes) {
  constexpr std::size_t kMostZeros = 7;
  constexpr std::size_t kMostAtTheEnd = 3;
  std::sort(tags.begin(), tags.end(),
            [](const Tag& a, const Tag& b) { return a.offset < b.offset; });
  const std::size_t table_end = kTable + tags.size() * kTagEntry;
  std::size_t end = table_end;
  for (const Tag& tag : tags) {
    const bool is_within =
        tag.offset >= table_end && tag.size >= kTypeHeader && tag.offset + tag.size <= bytes.size();
    if (!is_within || !is_zero(bytes.substr(tag.offset + 4, 4))) {
      return false;
    }
    if (tag.offset > end &&
        (tag.offset - end > kMostZeros || !is_zero(bytes.substr(end, tag.offset - end)))) {
      return false;
    }
    end = std::max(end, tag.offset + tag.size);
  }
  const std::string_view rest = bytes.substr(end);
  return rest.size() <= kMostAtTheEnd || (rest.size() <= kMostZeros && is_zero(rest));
}

}  // namespace

std::string kept_colour_profile(std::string_view bytes) {
  const auto tags = read_tags(bytes);
  const auto may_stay = [&](const Tag& tag) { return is_listed(tag, bytes); };
  const bool is_kept =
      tags && fill_the_profile(*tags, bytes) && std::all_of(tags->begin(), tags->end(), may_stay);
  return std::string(is_kept ? bytes : std::string_view());
}

}  // namespace sightingd
