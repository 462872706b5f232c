#include "pipeline/image/hash/pdq.h"

#include "pipeline/image/hash/kernels.h"
#include "tests/support/gray_pictures.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <cmath>

namespace sightingd {
namespace {

using test::reduced;
using test::unreduced;

PdqFingerprint pdq_fingerprint(const GrayPicture& stored, Orientation orientation) {
  return turned_fingerprints(stored, orientation).upright;
}

// The filters of the reference as it runs them: box over rows and columns, twice, then 64 x 64
// samples. One axis is enough, for they are separable.
std::vector<double> box_filtered(const std::vector<double>& in, int window) {
  const int size = static_cast<int>(in.size());
  const int half = (window + 2) / 2;
  std::vector<double> out;
  for (int i = 0; i < size; ++i) {
    const int begin = std::max(0, i - (window - half));
    const int end = std::min(size, i + half);
    double sum = 0;
    for (int t = begin; t < end; ++t) {
      sum += in[static_cast<std::size_t>(t)];
    }
    out.push_back(sum / (end - begin));
  }
  return out;
}

TEST(TapsTest, AreTwoBoxFiltersInARow) {
  for (const int size : {5, 64, 127, 128, 129, 200, 512, 1001}) {
    std::vector<double> in;
    for (int i = 0; i < size; ++i) {
      in.push_back((i * 7919 + i * i) % 256);
    }
    const int window = (size + 127) / 128;
    const std::vector<double> expected = box_filtered(box_filtered(in, window), window);

    const AxisTaps taps = reference_taps(static_cast<std::size_t>(size));

    for (int k = 0; k < 64; ++k) {
      double got = 0;
      const Taps tap = taps[static_cast<std::size_t>(k)];
      for (std::size_t i = 0; i < tap.weights.size(); ++i) {
        got += tap.weights[i] * in[tap.first + i];
      }
      EXPECT_NEAR(got, expected[static_cast<std::size_t>((2 * k + 1) * size / 128)], 1e-3)
          << size << " " << k;
    }
  }
}

TEST(TapsTest, OfFixedWidthCoverTheAxisAtEverySize) {
  for (const Axis axis : {Axis::whole(5), Axis::whole(320), Axis::whole(512), Axis::whole(1001),
                          reduced_axis(1281, 2), reduced_axis(65'535, 7)}) {
    for (const bool mirrored : {false, true}) {
      const AxisTaps taps = fixed_width_taps(axis, mirrored);
      for (std::size_t k = 0; k < kPdqSamples; ++k) {
        const Taps tap = taps[k];
        double sum = 0;
        for (const float weight : tap.weights) {
          sum += weight;
        }
        EXPECT_NEAR(sum, 1, 1e-6);
        EXPECT_LE(tap.first + tap.weights.size(), axis.cells);
      }
    }
  }
}

TEST(TapsTest, OfFixedWidthAreTheReferencesFor512) {
  const AxisTaps fixed = fixed_width_taps(Axis::whole(512), false);
  const AxisTaps reference = reference_taps(512);

  for (std::size_t k = 0; k < kPdqSamples; ++k) {
    for (std::size_t i = 0; i < reference[k].weights.size(); ++i) {
      const std::size_t at = reference[k].first + i - fixed[k].first;
      EXPECT_FLOAT_EQ(fixed[k].weights[at], reference[k].weights[i]);
    }
  }
}

// Hashes of drawn pictures by this implementation, which gives the C++ reference's bits on
// all of its shared test vectors (tests/image/pdq_vectors.cpp).
TEST(PdqTest, GivesTheKnownHashesOfDrawnPictures) {
  EXPECT_EQ(to_hex(pdq_reference(unreduced(test::draw_scene(1, 512, 512))).hash),
            "df07a581a96fe3fa09e89e0b3da40252e707694b86f0295ab2f02d0f5e27b6b4");
  EXPECT_EQ(to_hex(pdq_reference(unreduced(test::draw_scene(2, 640, 480))).hash),
            "b61f6f1a27a03de1739a87c16fb138e661878650cc702ca7436e6318f64cb89f");
  EXPECT_EQ(to_hex(pdq_reference(unreduced(test::draw_scene(3, 100, 77))).hash),
            "a4f42f09d81f98b44b21679bb0d64a836d0d987496f17dad09ee8a53b729873c");
}

TEST(PdqTest, SetsHalfTheBits) {
  const PdqFingerprint fingerprint = pdq_reference(unreduced(test::draw_scene(5)));

  EXPECT_EQ(distance(fingerprint.hash, PdqHash{}), 128);
  EXPECT_GE(fingerprint.quality, 50);
  EXPECT_TRUE(fingerprint.is_stable);
}

TEST(PdqTest, EveryInstructionSetGivesTheSameBits) {
  for (const int width : {64, 333, 512, 1280}) {
    const GrayPicture picture = unreduced(test::with_noise(test::draw_scene(6, width, 480), 6));
    const AxisTaps x = fixed_width_taps(picture.x, false);
    const AxisTaps y = fixed_width_taps(picture.y, true);
    PdqSamples baseline;
    sample(InstructionSet::Baseline, picture, {&x, 1}, y, {&baseline, 1});

    for (const InstructionSet set : instruction_sets()) {
      PdqSamples samples;
      sample(set, picture, {&x, 1}, y, {&samples, 1});
      EXPECT_EQ(samples, baseline);
      const std::array both{x, fixed_width_taps(picture.x, true)};
      std::array<PdqSamples, 2> pair;
      sample(set, picture, both, y, pair);
      EXPECT_EQ(pair[0], baseline);
      sample(set, picture, {&both[1], 1}, y, {&samples, 1});
      EXPECT_EQ(pair[1], samples);
      EXPECT_EQ(sum_of_steps(set, baseline), sum_of_steps(InstructionSet::Baseline, baseline));
      EXPECT_EQ(transform(set, baseline), transform(InstructionSet::Baseline, baseline));
    }
  }
}

TEST(PdqTest, KnowsThePicturesWhoseBitsAreNoise) {
  test::Picture stripes = test::draw_flat(512, 512);
  test::Picture slope = test::draw_flat(512, 512);
  for (int y = 0; y < 512; ++y) {
    for (int x = 0; x < 512; ++x) {
      std::fill_n(stripes.at(x, y), 3, static_cast<std::uint8_t>(x / 32 % 2 * 255));
      std::fill_n(slope.at(x, y), 3, static_cast<std::uint8_t>(y / 2));
    }
  }

  EXPECT_FALSE(pdq_reference(unreduced(test::draw_flat(512, 512))).is_stable);
  EXPECT_FALSE(pdq_reference(unreduced(stripes)).is_stable);
  EXPECT_FALSE(pdq_reference(unreduced(slope)).is_stable);
  EXPECT_FALSE(pdq_fingerprint(unreduced(stripes), Orientation::Upright).is_stable);
}

TEST(PdqTest, HashesNothingWithASideBelowFive) {
  const PdqFingerprint fingerprint = pdq_reference(unreduced(test::draw_scene(1, 64, 4)));

  EXPECT_EQ(fingerprint, PdqFingerprint{});
}

TEST(PdqTest, HashesAPictureTheSameAtEverySize) {
  const test::Picture large = test::draw_scene(8, 1280, 960);
  const PdqHash hash = pdq_fingerprint(unreduced(large), Orientation::Upright).hash;

  EXPECT_LE(distance(hash, pdq_fingerprint(reduced(large), Orientation::Upright).hash), 6);
  for (const auto& [width, height] : {std::pair(640, 480), std::pair(333, 250)}) {
    const GrayPicture small = reduced(test::scaled(large, width, height));
    EXPECT_LE(distance(hash, pdq_fingerprint(small, Orientation::Upright).hash), 12) << width;
  }
}

TEST(PdqTest, TellsDifferentPicturesApart) {
  const PdqHash a = pdq_fingerprint(unreduced(test::draw_scene(1)), Orientation::Upright).hash;
  const PdqHash b = pdq_fingerprint(unreduced(test::draw_scene(2)), Orientation::Upright).hash;

  EXPECT_GT(distance(a, b), 80);
}

TEST(PdqTest, HashesTheUprightPictureForEveryOrientation) {
  const test::Picture upright = test::draw_scene(9, 500, 380);
  const PdqFingerprint expected = pdq_fingerprint(unreduced(upright), Orientation::Upright);

  for (int value = 1; value <= 8; ++value) {
    const test::Picture stored = test::stored_for_orientation(upright, value);

    const PdqFingerprint got = pdq_fingerprint(unreduced(stored), static_cast<Orientation>(value));

    EXPECT_EQ(distance(got.hash, expected.hash), 0) << value;
    EXPECT_EQ(got.quality, expected.quality);
  }
}

test::Picture mirrored(const test::Picture& picture) {
  test::Picture copy = picture;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      std::copy_n(picture.at(x, y), 3, copy.at(picture.width - 1 - x, y));
    }
  }
  return copy;
}

test::Picture turned_clockwise(const test::Picture& picture) {
  test::Picture copy = test::draw_flat(picture.height, picture.width);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      std::copy_n(picture.at(x, y), 3, copy.at(picture.height - 1 - y, x));
    }
  }
  return copy;
}

// What is done to the pixels, in the words of Turn.
test::Picture turned(const test::Picture& picture, Turn turn) {
  test::Picture copy = turn >= Turn::Mirrored ? mirrored(picture) : picture;
  for (int quarters = static_cast<int>(turn) % 4; quarters > 0; --quarters) {
    copy = turned_clockwise(copy);
  }
  return copy;
}

TEST(PdqTest, KnowsWhatAMirroredOrTurnedPictureWas) {
  for (const int width : {500, 512, 1280}) {
    const test::Picture original = test::draw_scene(9, width, 380);
    const PdqHash hash = turned_fingerprints(reduced(original), Orientation::Upright).upright.hash;
    for (const Turn turn : kTurns) {
      const GrayPicture copy = reduced(turned(original, turn));

      const TurnedFingerprints found = turned_fingerprints(copy, Orientation::Upright);

      const auto at = static_cast<std::size_t>(turn);
      EXPECT_LE(distance(found.turned[at], hash), 2) << width << " " << at;
      EXPECT_EQ(found.turned[0], found.upright.hash);
    }
  }
}

TEST(PdqTest, UndoesTurnsOfTheUprightPictureWhateverItsOrientation) {
  const test::Picture upright = test::draw_scene(9, 500, 380);
  const TurnedFingerprints expected = turned_fingerprints(unreduced(upright), Orientation::Upright);

  for (int value = 1; value <= 8; ++value) {
    const test::Picture stored = test::stored_for_orientation(upright, value);

    const TurnedFingerprints got =
        turned_fingerprints(unreduced(stored), static_cast<Orientation>(value));

    for (const Turn turn : kTurns) {
      const auto at = static_cast<std::size_t>(turn);
      EXPECT_LE(distance(got.turned[at], expected.turned[at]), 2) << value << " " << at;
    }
  }
}

// Where the pixel that was in the top left corner is.
TEST(PdqTest, SaysInWordsWhatTheTurnsAre) {
  const test::Picture picture = test::draw_scene(9, 40, 30);
  const struct {
    Turn turn;
    int x;
    int y;
  } corners[] = {{Turn::None, 0, 0},
                 {Turn::Rotated90, 29, 0},
                 {Turn::Rotated180, 39, 29},
                 {Turn::Rotated270, 0, 39},
                 {Turn::Mirrored, 39, 0},
                 {Turn::MirroredRotated90, 29, 39},
                 {Turn::MirroredRotated180, 0, 29},
                 {Turn::MirroredRotated270, 0, 0}};
  for (const auto& corner : corners) {
    const test::Picture copy = turned(picture, corner.turn);

    EXPECT_TRUE(std::equal(picture.at(0, 0), picture.at(0, 0) + 3, copy.at(corner.x, corner.y)))
        << static_cast<int>(corner.turn);
  }
  EXPECT_EQ(turned(picture, Turn::MirroredRotated270).width, 30);  // Transposed, not as it was.
}

TEST(GrayCanvasTest, AveragesWhatACellCovers) {
  GrayCanvas canvas(641, 2);  // Cells of two by two; the last is one column wide.
  canvas.paint(0, 0, 0, 0, 0);
  canvas.paint(640, 0, 0, 0, 0);
  canvas.paint(640, 1, 0, 0, 0);
  canvas.paint(2, 0, 0, 0, 0, 0);

  const GrayPicture picture = canvas.finish();

  ASSERT_EQ(picture.x.cells, 321U);
  ASSERT_EQ(picture.y.cells, 1U);
  EXPECT_EQ(picture.x.length, 320.5);
  EXPECT_FLOAT_EQ(picture.luma[0], 255.0F * 3 / 4);
  EXPECT_FLOAT_EQ(picture.luma[1], 255.0F);
  EXPECT_FLOAT_EQ(picture.luma[320], 0.0F);
}

}  // namespace
}  // namespace sightingd
