#include "pipeline/ids.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

// Recomputed with: printf 'post\0https://example.org/1' | sha256sum | xxd -r -p | base32
TEST(IdsTest, NamesAPostByTheBase32OfItsUrisDigest) {
  EXPECT_EQ(sighting_id("https://example.org/1").text(), "sg_xq7xaofsanesddkncjs6364iht");
}

// Recomputed with: (printf 'photo\0'; printf abc | sha256sum | xxd -r -p) | sha256sum | ...
TEST(IdsTest, NamesAPhotoByTheDigestOfItsReceivedBytes) {
  EXPECT_EQ(photo_id(sha256("abc")).text(), "ph_6xwmdiobrg5rzjvwcppcwias3l");
}

TEST(IdsTest, ReadsBackWhatItWrote) {
  const SightingId id = sighting_id("https://example.org/1");

  EXPECT_EQ(SightingId::parse(id.text()), id);
}

TEST(IdsTest, RefusesWhatIsNoId) {
  const std::string good(sighting_id("x").text());
  EXPECT_FALSE(SightingId::parse(""));
  EXPECT_FALSE(SightingId::parse(good + "a"));
  EXPECT_FALSE(SightingId::parse(good.substr(0, 28)));
  EXPECT_FALSE(PhotoId::parse(good));
  EXPECT_FALSE(SightingId::parse("sg_0" + good.substr(4)));
  EXPECT_FALSE(SightingId::parse("sg_A" + good.substr(4)));
}

TEST(DigestTest, MatchesThePublishedVector) {
  // FIPS 180-4 example: SHA-256("abc").
  EXPECT_EQ(to_hex(sha256("a", "bc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(DigestTest, ReadsHexOfEitherCaseAndNothingElse) {
  const Sha256 digest = sha256("abc");
  std::string hex = to_hex(digest);
  EXPECT_EQ(sha256_from_hex(hex), digest);
  hex[0] = 'B';
  EXPECT_EQ(sha256_from_hex(hex), digest);
  hex[0] = 'g';
  EXPECT_FALSE(sha256_from_hex(hex));
  EXPECT_FALSE(sha256_from_hex(hex.substr(1)));
}

}  // namespace
}  // namespace sightingd
