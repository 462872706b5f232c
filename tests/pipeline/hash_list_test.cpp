#include "pipeline/similarity/hash_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sightingd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kOne(64, '1');
const std::string kAbc = "abcdef" + std::string(58, '0');

TEST(HashListTest, ReadsAHashALine) {
  const auto hashes = read_hash_list(kOne + "\n" + kAbc + "\n");

  EXPECT_THAT(hashes.value(), ElementsAre(*pdq_from_hex(kOne), *pdq_from_hex(kAbc)));
}

TEST(HashListTest, ReadsWhatOtherToolsWriteAroundThem) {
  const auto hashes = read_hash_list("# a list\r\n\r\n  ABCDEF" + std::string(58, '0') +
                                     " , 100 , a file\r\n\t" + kOne);

  EXPECT_THAT(hashes.value(), ElementsAre(*pdq_from_hex(kAbc), *pdq_from_hex(kOne)));
}

TEST(HashListTest, NamesTheLineThatIsNone) {
  for (const std::string& wrong : {kOne.substr(1), kOne + "1", std::string(64, 'x'), kOne + " 100",
                                   std::string(","), std::string("<html>")}) {
    const auto hashes = read_hash_list("# first\n" + kOne + "\n" + wrong + "\n" + kAbc);

    ASSERT_FALSE(hashes) << wrong;
    EXPECT_EQ(hashes.error().code, ErrorCode::Malformed);
    EXPECT_THAT(hashes.error().message, HasSubstr("line 3 is not a PDQ hash"));
  }
}

TEST(HashListTest, TakesAnEmptyList) {
  EXPECT_THAT(read_hash_list("").value(), IsEmpty());
  EXPECT_THAT(read_hash_list("\n\n# none\n").value(), IsEmpty());
}

}  // namespace
}  // namespace sightingd
