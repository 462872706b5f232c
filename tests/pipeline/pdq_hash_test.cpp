#include "pipeline/similarity/pdq_hash.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

TEST(PdqHashTest, WritesTheHighestBitFirst) {
  PdqHash hash;
  hash.words[3] = std::uint64_t{1} << 63U;
  hash.words[0] = 1;

  EXPECT_EQ(to_hex(hash), "8" + std::string(62, '0') + "1");
}

TEST(PdqHashTest, ReadsBackWhatItWrote) {
  PdqHash hash;
  hash.words = {0x0123456789abcdef, 0xfedcba9876543210, 42, 0xffffffffffffffff};

  EXPECT_EQ(pdq_from_hex(to_hex(hash)), hash);
}

TEST(PdqHashTest, RefusesOtherLengthsAndOtherDigits) {
  EXPECT_FALSE(pdq_from_hex(std::string(63, '0')));
  EXPECT_FALSE(pdq_from_hex(std::string(65, '0')));
  EXPECT_FALSE(pdq_from_hex(std::string(63, '0') + "x"));
}

TEST(PdqHashTest, CountsDifferingBits) {
  const PdqHash none;
  PdqHash all;
  all.words.fill(~std::uint64_t{0});

  EXPECT_EQ(distance(none, none), 0);
  EXPECT_EQ(distance(none, all), 256);
}

}  // namespace
}  // namespace sightingd
