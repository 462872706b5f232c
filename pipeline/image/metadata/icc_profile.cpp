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
// displays' profiles (vcgt, ndin and the parametric curves of aarg, aagg and aabg).
constexpr std::array<std::string_view, 45> kSmallTags{
    "bXYZ", "bTRC", "gXYZ", "gTRC", "rXYZ", "rTRC", "kTRC", "wtpt", "bkpt", "chad", "chrm", "cicp",
    "clro", "clrt", "clot", "ciis", "lumi", "meas", "tech", "view", "vued", "desc", "dmnd", "dmdd",
    "cprt", "rig0", "rig2", "resp", "pseq", "psid", "ps2s", "ps2i", "bfd ", "crdi", "devs", "scrn",
    "scrd", "targ", "calt", "cept", "vcgt", "ndin", "aarg", "aagg", "aabg"};
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

bool is_listed(const Tag& tag) {
  return is_in(kLargeTags, tag.name) ||
         (is_in(kSmallTags, tag.name) && tag.size <= kLargestSmallTag);
}

bool is_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
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

// The same profile with these tags only, whose data is not shared any more.
std::string with_tags(std::string_view bytes, const std::vector<Tag>& tags) {
  std::string table;
  std::string data;
  append_big32(table, tags.size());
  for (const Tag& tag : tags) {
    table += tag.name;
    append_big32(table, kTable + tags.size() * kTagEntry + data.size());
    append_big32(table, tag.size);
    data += bytes.substr(tag.offset, tag.size);
    data.resize((data.size() + 3) / 4 * 4);
  }
  std::string profile;
  append_big32(profile, kHeader + table.size() + data.size());
  profile += bytes.substr(4, kHeader - 4);
  // The digest of the profile as it was; zeros stand for none (section 7.2.18).
  profile.replace(84, 16, 16, '\0');
  return profile + table + data;
}

}  // namespace

std::string kept_colour_profile(std::string_view bytes) {
  auto tags = read_tags(bytes);
  if (!tags || !fill_the_profile(*tags, bytes)) {
    return {};
  }
  const std::size_t all = tags->size();
  std::erase_if(*tags, [](const Tag& tag) { return !is_listed(tag); });
  if (tags->size() == all) {
    return std::string(bytes);
  }
  std::string kept = tags->empty() ? std::string() : with_tags(bytes, *tags);
  return kept.size() <= kLargestIccProfile ? kept : std::string();
}

}  // namespace sightingd
