// The pictures and hashes by which another implementation can check itself: docs/fingerprints.md
// says how they are drawn, docs/fingerprints.tsv what their hashes are.
#include "pipeline/image/hash/fingerprints.h"
#include "pipeline/image/hash/gray_canvas.h"
#include "pipeline/image/hash/pdq.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace sightingd {
namespace {

// One drawing: what the first columns of the table say.
struct Drawing {
  std::uint32_t seed = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t border = 0;
  std::uint32_t border_level = 0;
};

// Knuth and Lewis' generator, as in "Numerical Recipes": the upper half of its state.
class Draws {
 public:
  explicit Draws(std::uint32_t seed) : state_(seed) {}

  std::uint32_t below(std::uint32_t limit) {
    state_ = state_ * 1'664'525U + 1'013'904'223U;
    return (state_ >> 16U) % limit;
  }

 private:
  std::uint32_t state_;
};

std::vector<std::uint8_t> draw(const Drawing& drawing) {
  const std::uint32_t width = drawing.width;
  const std::uint32_t height = drawing.height;
  std::vector<std::uint8_t> gray(std::size_t{width} * height);
  const auto fill = [&](std::uint32_t left, std::uint32_t top, std::uint32_t right,
                        std::uint32_t bottom, std::uint32_t level) {
    for (std::uint32_t y = top; y < std::min(bottom, height); ++y) {
      for (std::uint32_t x = left; x < std::min(right, width); ++x) {
        gray[std::size_t{y} * width + x] = static_cast<std::uint8_t>(level);
      }
    }
  };
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      fill(x, y, x + 1, y + 1, 64 + 96 * x / width + 64 * y / height);
    }
  }
  Draws draws(drawing.seed);
  for (int i = 0; i < 30; ++i) {
    const std::uint32_t left = draws.below(width);
    const std::uint32_t top = draws.below(height);
    const std::uint32_t across = 1 + draws.below(width / 3 + 1);
    const std::uint32_t down = 1 + draws.below(height / 3 + 1);
    fill(left, top, left + across, top + down, draws.below(256));
  }
  const std::uint32_t border = drawing.border;
  fill(0, 0, width, border, drawing.border_level);
  fill(0, height - border, width, height, drawing.border_level);
  fill(0, 0, border, height, drawing.border_level);
  fill(width - border, 0, width, height, drawing.border_level);
  return gray;
}

GrayPicture reduced(const Drawing& drawing, const std::vector<std::uint8_t>& gray) {
  GrayCanvas canvas(drawing.width, drawing.height);
  for (std::uint32_t y = 0; y < drawing.height; ++y) {
    for (std::uint32_t x = 0; x < drawing.width; ++x) {
      const std::uint8_t level = gray[std::size_t{y} * drawing.width + x];
      canvas.paint(x, y, level, level, level);
    }
  }
  return canvas.finish();
}

GrayPicture unreduced(const Drawing& drawing, const std::vector<std::uint8_t>& gray) {
  return {Axis::whole(drawing.width), Axis::whole(drawing.height), {gray.begin(), gray.end()}};
}

std::string form_of(const Fingerprints& fingerprints, Turn turn) {
  for (const PdqForm& form : fingerprints.forms) {
    if (form.turn == turn && !form.is_inner) {
      return to_hex(form.hash);
    }
  }
  return "-";
}

// The rest of a row of the table.
std::string hashes_of(const Drawing& drawing) {
  const std::vector<std::uint8_t> gray = draw(drawing);
  const PdqFingerprint reference = pdq_reference(unreduced(drawing, gray));
  const Fingerprints ours = fingerprints_of(reduced(drawing, gray), Orientation::Upright);
  std::ostringstream row;
  row << to_hex(reference.hash) << '\t' << reference.quality << '\t' << to_hex(ours.whole.hash)
      << '\t' << ours.whole.quality << '\t' << (ours.inner ? to_hex(ours.inner->hash) : "-") << '\t'
      << form_of(ours, Turn::Mirrored) << '\t' << form_of(ours, Turn::Rotated90);
  return row.str();
}

TEST(FingerprintVectorsTest, AreWhatThisImplementationGives) {
  std::ifstream table(SIGHTINGD_FINGERPRINTS);
  std::string line;
  std::getline(table, line);  // The names of the columns.
  int rows = 0;
  for (; std::getline(table, line); ++rows) {
    std::istringstream fields(line);
    Drawing drawing;
    fields >> drawing.seed >> drawing.width >> drawing.height >> drawing.border >>
        drawing.border_level >> std::ws;
    std::string hashes;
    std::getline(fields, hashes);

    EXPECT_EQ(hashes_of(drawing), hashes) << "row " << rows + 1;
  }
  EXPECT_GE(rows, 12);
}

}  // namespace
}  // namespace sightingd
