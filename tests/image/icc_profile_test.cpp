#include "pipeline/image/metadata/icc_profile.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/verify/bare_profile.h"
#include "tests/support/metadata_blocks.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using namespace std::string_literals;

bool is_icc_profile(std::string_view bytes) { return !kept_colour_profile(bytes).empty(); }

std::string big(std::size_t value) {
  std::string text;
  append_big32(text, value);
  return text;
}

// A profile of these tags, each with 12 bytes of data that begin with its name, one after another.
std::string profile_of(const std::vector<std::string>& tags) {
  std::string table = big(tags.size());
  std::string data;
  for (const std::string& tag : tags) {
    table += tag + big(132 + 12 * tags.size() + data.size()) + big(12);
    data += tag + "\0\0\0\0data"s;
  }
  std::string profile = test::icc_profile().substr(0, 128) + table + data;
  return profile.replace(0, 4, big(profile.size()));
}

TEST(IccProfileTest, AcceptsAWholeProfile) {
  EXPECT_EQ(kept_colour_profile(test::icc_profile()), test::icc_profile());
  EXPECT_EQ(kept_colour_profile(test::icc_profile(1U << 20U)), test::icc_profile(1U << 20U));
  EXPECT_EQ(kept_colour_profile(profile_of({"rXYZ", "rTRC"})), profile_of({"rXYZ", "rTRC"}));
}

TEST(IccProfileTest, RefusesOneWithATagThatNobodyKnows) {
  EXPECT_FALSE(is_icc_profile(profile_of({"rXYZ", "LEAK", "rTRC"})));
}

// A profile with what Apple writes of a display: maker, model, serial number, time of making.
std::string profile_of_display(std::size_t serial_number, const std::string& rest) {
  const std::string make_and_model =
      "mmod\0\0\0\0"s + big(0x610) + big(0xa030) + big(serial_number) + big(0xd21fa984) + rest;
  const std::string profile = test::icc_profile().substr(0, 128) + big(1) + "mmod" + big(144) +
                              big(make_and_model.size()) + make_and_model;
  return big(profile.size()) + profile.substr(4);
}

TEST(IccProfileTest, RefusesOneThatNumbersADisplay) {
  const std::string zeros(16, '\0');
  const std::string whole = profile_of_display(0, zeros);

  EXPECT_EQ(kept_colour_profile(whole), whole);
  EXPECT_FALSE(is_icc_profile(profile_of_display(0x1234, zeros)));
  EXPECT_FALSE(is_icc_profile(profile_of_display(0, "LEAK in the rest")));
  EXPECT_FALSE(is_icc_profile(profile_of_display(0, zeros + "LEAK")));
  EXPECT_FALSE(is_icc_profile(profile_of_display(0, "")));
}

TEST(IccProfileTest, IsVerifiedAsItIsKept) {
  const std::string zeros(16, '\0');
  for (const std::string& profile :
       {test::icc_profile(), profile_of({"rXYZ", "rTRC"}), profile_of({"rXYZ", "LEAK"}),
        profile_of_display(0, zeros), profile_of_display(0x1234, zeros),
        profile_of_display(0, "LEAK in the rest"), profile_of_display(0, "")}) {
    EXPECT_EQ(verify::is_bare_profile(profile), is_icc_profile(profile));
  }
}

TEST(IccProfileTest, DropsATextThatIsTooLong) {
  std::string text = test::icc_profile(200'000);
  text.replace(132, 4, "desc");

  EXPECT_FALSE(is_icc_profile(text));
}

TEST(IccProfileTest, RefusesOneWithoutTags) {
  std::string none = test::icc_profile();
  none[131] = 0;

  EXPECT_FALSE(is_icc_profile(none));
}

TEST(IccProfileTest, RefusesBytesThatBelongToNoTag) {
  const auto longer = [](std::string profile, std::string_view rest) {
    profile += rest;
    return profile.replace(0, 4, big(profile.size()));
  };
  const std::string profile = test::icc_profile();
  std::string between = profile;
  between.replace(136, 8, big(148) + big(256 - 148));

  EXPECT_TRUE(is_icc_profile(longer(profile, "\0\0\0\0"s)));
  EXPECT_TRUE(is_icc_profile(longer(profile, "\n")));
  EXPECT_FALSE(is_icc_profile(longer(profile, "LEAK")));
  EXPECT_FALSE(is_icc_profile(longer(profile, std::string(8, '\0'))));
  EXPECT_FALSE(is_icc_profile(between));
}

TEST(IccProfileTest, RefusesAHeaderThatSaysMore) {
  std::string profile = test::icc_profile();
  profile.replace(120, 4, "LEAK");

  EXPECT_FALSE(is_icc_profile(profile));
}

TEST(IccProfileTest, RefusesOneWithMoreOrLessThanItSays) {
  const std::string profile = test::icc_profile();

  EXPECT_FALSE(is_icc_profile(profile + "x"));
  EXPECT_FALSE(is_icc_profile(profile.substr(0, profile.size() - 1)));
  EXPECT_FALSE(is_icc_profile(""));
}

TEST(IccProfileTest, RefusesAnotherSignature) {
  std::string profile = test::icc_profile();
  profile[36] = 'x';

  EXPECT_FALSE(is_icc_profile(profile));
}

TEST(IccProfileTest, RefusesTagsOutsideItself) {
  std::string beyond = test::icc_profile();
  beyond[141] = 1;
  std::string table = test::icc_profile();
  table[128] = 1;

  EXPECT_FALSE(is_icc_profile(beyond));
  EXPECT_FALSE(is_icc_profile(table));
}

}  // namespace
}  // namespace sightingd
