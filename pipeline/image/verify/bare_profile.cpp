#include "pipeline/image/verify/bare_profile.h"

#include "pipeline/image/verify/eater.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sightingd::verify {
namespace {

using namespace std::string_view_literals;

// The tags that may be in one, by what they are for (docs/what-stays.md).
constexpr std::string_view kColourTables =
    "A2B0 A2B1 A2B2 A2M0 B2A0 B2A1 B2A2 B2D0 B2D1 B2D2 B2D3 D2B0 D2B1 D2B2 D2B3 gamt pre0 pre1 "
    "pre2 ncl2 ";
constexpr std::string_view kOtherTags =
    "bXYZ bTRC gXYZ gTRC rXYZ rTRC kTRC wtpt bkpt chad chrm cicp clro clrt clot ciis lumi meas "
    "tech view vued desc dmnd dmdd cprt rig0 rig2 resp pseq psid ps2s ps2i bfd  crdi devs scrn "
    "scrd targ calt cept vcgt ndin aarg aagg aabg dscm ";

bool is_tag_of(std::string_view names, std::string_view name) {
  for (std::size_t at = 0; at < names.size(); at += 5) {
    if (names.substr(at, 4) == name) {
      return true;
    }
  }
  return false;
}

// Apple's `mmod`: maker, model, no serial number, a time, zeros.
bool is_display_without_number(std::string_view content) {
  Eater eater(content);
  eater.take(16);
  const bool has_no_number = eater.take_big(4) == 0;
  eater.take(4);
  return has_no_number && eater.eat(std::string(16, '\0')) && eater.is_done();
}

}  // namespace

bool is_bare_profile(std::string_view profile) {
  Eater header(profile);
  const bool is_sized = header.take_big(4) == profile.size() && profile.size() <= (4U << 20U);
  header.take(32);
  const bool is_signed = header.eat("acsp");
  header.take(60);
  const bool is_reserved = header.eat(std::string(28, '\0'));
  const std::uint64_t tags = header.take_big(4);
  if (!is_sized || !is_signed || !is_reserved || header.failed() || tags == 0 || tags > 100) {
    return false;
  }
  std::map<std::uint64_t, std::uint64_t> pieces{{0, 132 + 12 * tags}};  // Begin and end.
  for (std::uint64_t i = 0; i < tags; ++i) {
    const std::string_view name = header.take(4);
    const std::uint64_t begin = header.take_big(4);
    const std::uint64_t size = header.take_big(4);
    if (begin < 132 + 12 * tags || size < 8 || begin + size > profile.size() ||
        profile.substr(begin + 4, 4) != "\0\0\0\0"sv) {
      return false;
    }
    const bool may_stay =
        is_tag_of(kColourTables, name) || (is_tag_of(kOtherTags, name) && size <= 128U << 10U) ||
        (name == "mmod" && is_display_without_number(profile.substr(begin, size)));
    if (!may_stay) {
      return false;
    }
    pieces[begin] = std::max(pieces[begin], begin + size);
  }
  std::uint64_t seen = 0;
  for (const auto& [begin, end] : pieces) {
    if (begin > seen && (begin - seen > 7 ||
                         profile.substr(seen, begin - seen) != std::string(begin - seen, '\0'))) {
      return false;
    }
    seen = std::max(seen, end);
  }
  const std::string_view rest = profile.substr(std::min<std::uint64_t>(seen, profile.size()));
  return !header.failed() &&
         (rest.size() <= 3 || (rest.size() <= 7 && rest == std::string(rest.size(), '\0')));
}

}  // namespace sightingd::verify
