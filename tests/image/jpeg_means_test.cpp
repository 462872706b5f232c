#include "pipeline/image/pixels/jpeg_means.h"

#include "pipeline/image/pixels/decode.h"
#include "tests/support/gray_pictures.h"
#include "tests/support/pictures.h"
#include "tests/support/plain_readers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sightingd {
namespace {

struct Sides {
  int width = 0;
  int height = 0;
};

// Cells of 4, 8 and 32 samples; pictures that end with a block, within a cell and between cells.
const std::vector<Sides> kSides{{1280, 32}, {1283, 37},   {44, 1300},  {2565, 37},
                                {37, 2600}, {10'241, 41}, {10'300, 33}};

std::string encode(Sides sides, const test::JpegOptions& options) {
  const test::Picture picture = test::draw_scene(3, sides.width, sides.height);
  return test::encode_jpeg(test::with_noise(picture, 3, 10), {}, options);
}

// The samples of a gray JPEG file, reduced.
GrayPicture reduced(const std::string& samples, Sides sides) {
  const auto width = static_cast<std::size_t>(sides.width);
  const auto height = static_cast<std::size_t>(sides.height);
  const unsigned halved =
      halvings(static_cast<std::uint32_t>(sides.width), static_cast<std::uint32_t>(sides.height));
  GrayPicture picture{reduced_axis(static_cast<std::uint32_t>(sides.width), halved),
                      reduced_axis(static_cast<std::uint32_t>(sides.height), halved),
                      {}};
  std::vector<double> sums(picture.x.cells * picture.y.cells);
  std::vector<double> counts(sums.size());
  for (std::size_t i = 0; i < width * height; ++i) {
    const std::size_t cell = (i / width >> halved) * picture.x.cells + (i % width >> halved);
    sums[cell] += static_cast<std::uint8_t>(samples[i]);
    ++counts[cell];
  }
  for (std::size_t cell = 0; cell < sums.size(); ++cell) {
    picture.luma.push_back(static_cast<float>(sums[cell] / counts[cell]));
  }
  return picture;
}

// A decoder rounds each sample, and cuts it off at black and white.
void expect_like(const GrayPicture& means, const GrayPicture& expected) {
  ASSERT_EQ(means.x.cells, expected.x.cells);
  ASSERT_EQ(means.y.cells, expected.y.cells);
  double sum = 0;
  for (std::size_t i = 0; i < means.luma.size(); ++i) {
    const double error = std::abs(means.luma[i] - expected.luma[i]);
    sum += error;
    ASSERT_LT(error, 8) << i % means.x.cells << ", " << i / means.x.cells;
  }
  EXPECT_LT(sum / static_cast<double>(means.luma.size()), 0.3);
}

class JpegMeansTest : public testing::TestWithParam<test::JpegOptions> {};

INSTANTIATE_TEST_SUITE_P(
    OfGray, JpegMeansTest,
    testing::Values(test::JpegOptions{.gray = true, .across = 1, .down = 1},
                    test::JpegOptions{.gray = true},  // Which says sampling that means nothing.
                    test::JpegOptions{.gray = true, .restart_rows = 1, .across = 1, .down = 1},
                    test::JpegOptions{.quality = 30, .gray = true},
                    test::JpegOptions{.quality = 98, .gray = true}));

TEST_P(JpegMeansTest, AreThoseOfTheLumaOfAllSamples) {
  for (const Sides sides : kSides) {
    const std::string file = encode(sides, GetParam());

    const auto means = means_of_jpeg(file, static_cast<std::uint32_t>(sides.width),
                                     static_cast<std::uint32_t>(sides.height));

    ASSERT_TRUE(means) << sides.width << " x " << sides.height;
    expect_like(*means, reduced(test::libjpeg_luma(file), sides));
  }
}

INSTANTIATE_TEST_SUITE_P(OfColours, JpegMeansTest,
                         testing::Values(test::JpegOptions{}, test::JpegOptions{.restart_rows = 1},
                                         test::JpegOptions{.across = 1, .down = 1},
                                         test::JpegOptions{.across = 2, .down = 1},
                                         test::JpegOptions{.across = 1, .down = 2},
                                         test::JpegOptions{.across = 4, .down = 1}));

constexpr Sides kUsual{1280, 64};

std::optional<GrayPicture> means_of(const std::string& file, Sides sides = kUsual) {
  return means_of_jpeg(file, static_cast<std::uint32_t>(sides.width),
                       static_cast<std::uint32_t>(sides.height));
}

TEST(JpegMeansDamageTest, LeaveToADecoderWhatTheyAreNotFor) {
  EXPECT_TRUE(means_of(encode(kUsual, {})));
  EXPECT_FALSE(means_of(encode(kUsual, {.progressive = true})));
  EXPECT_FALSE(means_of(encode(kUsual, {.arithmetic = true})));
  EXPECT_FALSE(means_of(encode({1279, 64}, {}), {1279, 64}));  // Halved once.
  EXPECT_FALSE(means_of(test::encode_cmyk_jpeg(test::draw_scene(1, 1280, 64))));
  EXPECT_FALSE(means_of(encode(kUsual, {}), {1280, 63}));
}

// A gray picture of blocks side by side that are all the same: the first coefficient is `first`,
// each other one `ac`; both are not negative.
std::string file_of_blocks(std::uint16_t width, int first, int ac) {
  const auto segment = [](char marker, const std::string& content) {
    const std::size_t size = content.size() + 2;
    return std::string("\xff") + marker + static_cast<char>(size >> 8U) + static_cast<char>(size) +
           content;
  };
  const auto codes = [](char slot, const std::string& symbols) {  // Of eight bits each.
    return std::string(1, slot) + std::string(7, '\0') + static_cast<char>(symbols.size()) +
           std::string(8, '\0') + symbols;
  };
  std::string bits;
  const auto put = [&bits](unsigned value, int size) {
    for (int i = size - 1; i >= 0; --i) {
      bits += (value >> i & 1U) != 0 ? '1' : '0';
    }
  };
  const auto size_of = [](int value) { return std::bit_width(static_cast<unsigned>(value)); };
  for (int block = 0; block < width / 8; ++block) {
    put(block == 0 ? 0 : 1, 8);  // The second symbol is no difference.
    if (block == 0) {
      put(static_cast<unsigned>(first), size_of(first));
    }
    for (int i = 1; i < 64 && ac != 0; ++i) {
      put(0, 8);
      put(static_cast<unsigned>(ac), size_of(ac));
    }
    if (ac == 0) {
      put(0, 8);
    }
  }
  while (bits.size() % 8 != 0) {
    bits += '1';
  }
  std::string coded;
  for (std::size_t at = 0; at < bits.size(); at += 8) {
    coded += static_cast<char>(std::stoi(bits.substr(at, 8), nullptr, 2));
    if (coded.back() == '\xff') {
      coded += '\0';
    }
  }
  using namespace std::string_literals;
  return "\xff\xd8" + segment('\xdb', '\0' + std::string(64, '\1')) +
         segment('\xc0', "\x08\0\x08"s + static_cast<char>(width >> 8U) + static_cast<char>(width) +
                             "\1\1\x11\0"s) +
         segment('\xc4', codes('\0', std::string{static_cast<char>(size_of(first)), '\0'})) +
         segment('\xc4', codes('\x10', std::string(1, static_cast<char>(size_of(ac))))) +
         segment('\xda', "\1\1\0\0\x3f\0"s) + coded + "\xff\xd9";
}

// All of a block's energy in the sample of its first corner, 360 beyond white: that would be 23 in
// the mean of a cell of 4x4, and is 6 of a block.
TEST(JpegMeansDamageTest, AreNotMovedFarByASampleThatNobodySees) {
  for (const std::uint16_t width : {std::uint16_t{1280}, std::uint16_t{2560}}) {
    const Sides sides{width, 8};
    const std::string file = file_of_blocks(width, 600, 60);
    const GrayPicture shown = reduced(test::libjpeg_luma(file), sides);

    const auto means = means_of(file, sides);

    ASSERT_TRUE(means);
    for (std::size_t i = 0; i < shown.luma.size(); ++i) {
      EXPECT_NEAR(means->luma[i], shown.luma[i], 8) << i;
    }
  }
}

TEST(JpegMeansDamageTest, LeaveToADecoderWhatNoPictureHas) {
  EXPECT_TRUE(means_of(file_of_blocks(1280, 1000, 0), {1280, 8}));
  EXPECT_TRUE(means_of(file_of_blocks(1280, 0, 0), {1280, 8}));
  std::string file = file_of_blocks(1280, 1000, 600);
  file.replace(file.find(std::string(64, '\1')), 64, std::string(64, '\x40'));

  EXPECT_FALSE(means_of(file, {1280, 8}));
}

// Which libjpeg refuses: a code of all ones, a side of more than 65,500, colours at a part of the
// luma that is no whole one.
TEST(JpegMeansDamageTest, LeaveToADecoderWhatItRefuses) {
  std::string full = file_of_blocks(1280, 100, 0);
  const std::size_t counts = full.find("\xff\xc4") + 5;
  full[counts + 7] = '\0';
  full[counts] = '\2';
  EXPECT_FALSE(test::libjpeg_reads_all(full));
  EXPECT_FALSE(means_of(full, {1280, 8}));

  const std::string wide = file_of_blocks(65'504, 100, 0);
  EXPECT_FALSE(test::libjpeg_reads_all(wide));
  EXPECT_FALSE(means_of(wide, {65'504, 8}));

  std::string uneven = encode(kUsual, {.across = 3, .down = 1});
  const std::size_t frame = uneven.find("\xff\xc0");
  ASSERT_TRUE(means_of(uneven));
  uneven[frame + 14] = '\x21';
  EXPECT_FALSE(test::libjpeg_reads_all(uneven));
  EXPECT_FALSE(means_of(uneven));
}

// With Adobe's marker in the place of JFIF's, colours may be told otherwise.
TEST(JpegMeansDamageTest, KnowTheColoursByTheirMarkers) {
  const std::string file = encode(kUsual, {});
  const std::string jfif = file.substr(2, 18);
  const auto with = [&](const std::string& marker) {
    return means_of(std::string(file).replace(file.find(jfif), jfif.size(), marker));
  };
  const std::string adobe(
      "\xff\xee\0\x0e"
      "Adobe\0\x64\0\0\0\0",
      15);

  EXPECT_TRUE(with(""));
  EXPECT_TRUE(with(adobe + '\1'));
  EXPECT_FALSE(with(adobe + '\0'));
  EXPECT_FALSE(with(adobe + '\2'));
  EXPECT_TRUE(with(jfif + adobe + '\0'));
}

TEST(JpegMeansDamageTest, LeaveToADecoderWhatIsDamaged) {
  for (const int restart_rows : {0, 1}) {
    const std::string file = encode(kUsual, {.restart_rows = restart_rows});
    const std::size_t scan = file.find("\xff\xda");

    EXPECT_FALSE(means_of(file.substr(0, file.size() - 3) + "\xff\xd9"));
    EXPECT_FALSE(means_of(file + '\0'));
    EXPECT_FALSE(means_of(std::string(file).insert(file.size() - 2, 1, 'x')));
    EXPECT_FALSE(means_of(std::string(file).insert(scan, "\xff\xff\xff")));
    EXPECT_FALSE(means_of(file.substr(0, file.size() - 2)));
  }
}

// Whatever they are given: what they take, libjpeg takes too, to its last byte.
TEST(JpegMeansDamageTest, AreOfNoFileThatADecoderWouldRefuse) {
  const std::string file = encode({1288, 16}, {.quality = 40, .restart_rows = 1});
  int taken = 0;
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string damaged = file;
    damaged[at] = static_cast<char>(damaged[at] ^ 1 << at % 8);
    if (means_of(damaged, {1288, 16})) {
      EXPECT_TRUE(test::libjpeg_reads_all(damaged)) << at;
      ++taken;
    }
    EXPECT_FALSE(means_of(file.substr(0, at), {1288, 16}));
  }
  EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace sightingd
