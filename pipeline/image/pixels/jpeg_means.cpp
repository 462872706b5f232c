#include "pipeline/image/pixels/jpeg_means.h"

#include "pipeline/image/format/jpeg/jpeg_markers.h"
#include "pipeline/image/pixels/bit_reader.h"
#include "pipeline/image/pixels/huffman_table.h"
#include "pipeline/image/pixels/jpeg_headers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace sightingd {
namespace {

constexpr std::size_t kSide = 8;
constexpr std::size_t kCoefficients = kSide * kSide;
constexpr unsigned kLeastHalved = 2;
constexpr unsigned kBlockHalved = 3;  // A cell is a block.
constexpr float kMiddle = 128;        // T.81, A.3.1.
constexpr float kWhite = 255;
// By more than so many levels no single sample that is cut off moves a cell.
constexpr float kMostMoved = 8;
// Of a coefficient, or of all of a block in the square mean: no picture of 8 bits has more, and
// what decoders make of it depends on them.
constexpr int kMostCoefficient = 1 << 14;

// T.81, figure 5: where the coefficients stand that follow each other in a scan, 8 * down + across.
constexpr std::array<std::uint8_t, kCoefficients> kZigzag = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

// cos(i * pi / 16), written out: libraries may differ in the last bit.
constexpr std::array<double, kSide + 1> kCosines = {1,
                                                    0.98078528040323044913,
                                                    0.92387953251128675613,
                                                    0.83146961230254523708,
                                                    0.70710678118654752440,
                                                    0.55557023301960222474,
                                                    0.38268343236508977173,
                                                    0.19509032201612826785,
                                                    0};

constexpr double cosine(std::size_t sixteenths) {
  const std::size_t turned = sixteenths % 32;
  const std::size_t half = turned > 16 ? 32 - turned : turned;
  return half > kSide ? -kCosines[16 - half] : kCosines[half];
}

// What a coefficient of a frequency adds to a sample of an axis: C(u) / 2 * cos((2 x + 1) u pi /
// 16).
constexpr double basis(std::size_t frequency, std::size_t x) {
  return (frequency == 0 ? kCosines[4] : 1.0) / 2 * cosine((2 * x + 1) * frequency);
}

constexpr auto kBasis = [] {
  std::array<std::array<float, kSide>, kSide> table{};
  for (std::size_t frequency = 0; frequency < kSide; ++frequency) {
    for (std::size_t x = 0; x < kSide; ++x) {
      table[frequency][x] = static_cast<float>(basis(frequency, x));
    }
  }
  return table;
}();

// The same in the mean over the first half of the axis.
constexpr auto kFirstHalf = [] {
  std::array<double, kSide> means{};
  for (std::size_t frequency = 0; frequency < kSide; ++frequency) {
    for (std::size_t x = 0; x < kSide / 2; ++x) {
      means[frequency] += basis(frequency, x) / (kSide / 2);
    }
  }
  return means;
}();

using Block = std::array<float, kCoefficients>;

// The samples of a block, as decoders show them.
Block transformed(const Block& coefficients) {
  Block rows{};
  for (std::size_t down = 0; down < kSide; ++down) {
    for (std::size_t across = 0; across < kSide; ++across) {
      for (std::size_t x = 0; x < kSide; ++x) {
        rows[down * kSide + x] += coefficients[down * kSide + across] * kBasis[across][x];
      }
    }
  }
  Block samples{};
  samples.fill(kMiddle);
  for (std::size_t down = 0; down < kSide; ++down) {
    for (std::size_t y = 0; y < kSide; ++y) {
      for (std::size_t x = 0; x < kSide; ++x) {
        samples[y * kSide + x] += rows[down * kSide + x] * kBasis[down][y];
      }
    }
  }
  for (float& sample : samples) {
    sample = std::clamp(sample, 0.0F, kWhite);
  }
  return samples;
}

class MeansWalk {
 public:
  MeansWalk(const JpegHeaders& headers, unsigned halved)
      : headers_(headers),
        luma_(headers.frame->components()[0]),
        width_(headers.frame->width()),
        height_(headers.frame->height()),
        halved_(halved),
        cell_(std::min<std::size_t>(kSide, std::size_t{1} << halved)),
        bits_(headers.coded),
        picture_{reduced_axis(headers.frame->width(), halved),
                 reduced_axis(headers.frame->height(), halved),
                 {}} {
    picture_.luma.resize(picture_.x.cells * picture_.y.cells);
    const JpegHeaders::Quantisation& steps = *headers.quantisations[luma_.quantisation];
    for (std::size_t i = 0; i < kCoefficients; ++i) {
      const std::size_t across = kZigzag[i] % kSide;
      const std::size_t down = kZigzag[i] / kSide;
      const auto mean = static_cast<float>(steps[i] * kFirstHalf[across] * kFirstHalf[down]);
      steps_[i] = static_cast<float>(steps[i]);
      across_[i] = down == 0 && across % 2 == 1 ? mean : 0;
      down_[i] = across == 0 && down % 2 == 1 ? mean : 0;
      both_[i] = across % 2 == 1 && down % 2 == 1 ? mean : 0;
    }
  }

  std::optional<GrayPicture> run() {
    const bool is_gray = headers_.frame->components().size() == 1;
    // A scan of one component goes block by block (T.81, A.2.2).
    const std::size_t across = is_gray ? 1 : luma_.across;
    const std::size_t down = is_gray ? 1 : luma_.down;
    const std::size_t columns = divided(width_, kSide * across);
    const std::size_t rows = divided(height_, kSide * down);
    std::size_t unit = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column, ++unit) {
        if (!restart_before(unit)) {
          return std::nullopt;
        }
        for (std::size_t i = 0; i < across * down; ++i) {
          if (!luma_block(column * across + i % across, row * down + i / across)) {
            return std::nullopt;
          }
        }
        if (!is_gray && !pass_colours()) {
          return std::nullopt;
        }
      }
      if (bits_.is_exhausted()) {
        return std::nullopt;
      }
    }
    if (!bits_.pass(jpeg::kEoi) || !bits_.at_end()) {
      return std::nullopt;
    }
    finish();
    return std::move(picture_);
  }

 private:
  static std::size_t divided(std::size_t value, std::size_t by) { return (value + by - 1) / by; }

  const HuffmanTable& dc(std::size_t part) const {
    return *headers_.dc[headers_.scan->parts[part].dc_table];
  }
  const HuffmanTable& ac(std::size_t part) const {
    return *headers_.ac[headers_.scan->parts[part].ac_table];
  }

  // False when a marker is due and is not there.
  bool restart_before(std::size_t unit) {
    constexpr std::size_t kMarkers = 8;
    const std::size_t interval = headers_.restart_interval;
    if (interval == 0 || unit == 0 || unit % interval != 0) {
      return true;
    }
    last_ = 0;
    const std::size_t number = (unit / interval - 1) % kMarkers;
    return bits_.pass(static_cast<std::uint8_t>(jpeg::kRst0 + number));
  }

  bool pass_colours() {
    for (std::size_t part = 1; part < headers_.scan->parts.size(); ++part) {
      const JpegComponent& component = headers_.frame->components()[part];
      for (int i = component.across * component.down; i > 0; --i) {
        bits_.prepare();
        if (dc(part).pass(bits_) == HuffmanTable::kBroken || !pass_coefficients(ac(part))) {
          return false;
        }
      }
    }
    return true;
  }

  // Those behind the first.
  bool pass_coefficients(const HuffmanTable& table) {
    BitReader bits = bits_;
    int at = 1;
    while (at < static_cast<int>(kCoefficients)) {
      bits.prepare();
      const int passed = table.pass(bits);
      if (passed >= HuffmanTable::kEnd) {
        at = passed == HuffmanTable::kEnd ? static_cast<int>(kCoefficients) : passed;
        break;
      }
      at += passed;
    }
    bits_ = bits;
    return at == static_cast<int>(kCoefficients);
  }

  // Calls `found` with each coefficient behind the first and its place in the scan.
  template <typename Found>
  bool read_coefficients(Found found) {
    const HuffmanTable& table = ac(0);
    BitReader bits = bits_;
    bool is_whole = true;
    for (std::size_t at = 1; at < kCoefficients; ++at) {
      bits.prepare();
      const HuffmanTable::Coefficient next = table.read(bits);
      if (next.zeros >= HuffmanTable::kEnd) {
        is_whole = next.zeros == HuffmanTable::kEnd;
        break;
      }
      at += next.zeros;
      if (at >= kCoefficients) {
        is_whole = false;
        break;
      }
      found(at, static_cast<float>(next.value));
    }
    bits_ = bits;
    return is_whole;
  }

  bool luma_block(std::size_t column, std::size_t row) {
    bits_.prepare();
    const HuffmanTable::Coefficient difference = dc(0).read(bits_);
    last_ += difference.value;
    const float first = static_cast<float>(last_) * steps_[0];
    if (difference.zeros == HuffmanTable::kBroken || std::abs(last_) > kMostCoefficient ||
        std::abs(first) > float{kMostCoefficient}) {
      return false;
    }
    if (column * kSide >= width_ || row * kSide >= height_) {
      return pass_coefficients(ac(0));  // Beyond the picture.
    }
    const bool is_whole = (column + 1) * kSide <= width_ && (row + 1) * kSide <= height_;
    if (!is_whole) {
      return block_by_samples(column, row, first);
    }
    const BitReader before = bits_;
    const Sums sums = halved_ == kLeastHalved ? sums_of_block() : energy_of_block();
    const float mean = kMiddle + first / kSide;
    if (!sums.is_whole || sums.energy > float{kMostCoefficient} * kMostCoefficient) {
      return false;
    }
    if (may_be_cut_off(mean, sums.energy)) {
      bits_ = before;
      return block_by_samples(column, row, first);
    }
    if (halved_ == kLeastHalved) {
      put_four_cells(column, row, mean, sums);
    } else {
      add(column * kSide >> halved_, row * kSide >> halved_, mean, kCoefficients);
    }
    return true;
  }

  // No sample is further from the mean than the root of the energy.
  bool may_be_cut_off(float mean, float energy) const {
    const float room = std::max(std::min(mean, kWhite - mean), 0.0F);
    const float most = room + kMostMoved * static_cast<float>(cell_ * cell_);
    return energy > most * most;
  }

  // What the coefficients of a block add to its left, its upper and its left upper cell of four,
  // and the sum of their squares.
  struct Sums {
    float across = 0;
    float down = 0;
    float both = 0;
    float energy = 0;
    bool is_whole = false;
  };

  Sums sums_of_block() {
    Sums sums;
    sums.is_whole = read_coefficients([&](std::size_t at, float value) {
      const float coefficient = value * steps_[at];
      sums.across += across_[at] * value;
      sums.down += down_[at] * value;
      sums.both += both_[at] * value;
      sums.energy += coefficient * coefficient;
    });
    return sums;
  }

  Sums energy_of_block() {
    Sums sums;
    sums.is_whole = read_coefficients([&](std::size_t at, float value) {
      const float coefficient = value * steps_[at];
      sums.energy += coefficient * coefficient;
    });
    return sums;
  }

  void put_four_cells(std::size_t column, std::size_t row, float mean, const Sums& sums) {
    float* cell = &picture_.luma[2 * row * picture_.x.cells + 2 * column];
    cell[0] = mean + sums.across + sums.down + sums.both;
    cell[1] = mean - sums.across + sums.down - sums.both;
    cell += picture_.x.cells;
    cell[0] = mean + sums.across - sums.down - sums.both;
    cell[1] = mean - sums.across - sums.down + sums.both;
  }

  bool block_by_samples(std::size_t column, std::size_t row, float first) {
    Block block{};
    block[0] = first;
    const bool is_whole = read_coefficients(
        [&](std::size_t at, float value) { block[kZigzag[at]] = value * steps_[at]; });
    const Block samples = transformed(block);
    const std::size_t columns = std::min(kSide, width_ - column * kSide);
    const std::size_t rows = std::min(kSide, height_ - row * kSide);
    for (std::size_t y = 0; y < rows; y += cell_) {
      for (std::size_t x = 0; x < columns; x += cell_) {
        const std::size_t right = std::min(x + cell_, columns);
        const std::size_t bottom = std::min(y + cell_, rows);
        float sum = 0;
        for (std::size_t i = y; i < bottom; ++i) {
          for (std::size_t j = x; j < right; ++j) {
            sum += samples[i * kSide + j];
          }
        }
        const std::size_t count = (right - x) * (bottom - y);
        add((column * kSide + x) >> halved_, (row * kSide + y) >> halved_,
            sum / static_cast<float>(count), count);
      }
    }
    return is_whole;
  }

  // A cell may be many blocks.
  void add(std::size_t x, std::size_t y, float mean, std::size_t samples) {
    float& cell = picture_.luma[y * picture_.x.cells + x];
    cell += halved_ > kBlockHalved ? mean * static_cast<float>(samples) : mean;
  }

  void finish() {
    const auto samples = [&](std::size_t side, std::size_t cell) {
      const std::size_t begin = cell << halved_;
      return static_cast<float>(std::min(side - begin, std::size_t{1} << halved_));
    };
    for (std::size_t y = 0; y < picture_.y.cells; ++y) {
      const float rows = samples(height_, y);
      for (std::size_t x = 0; x < picture_.x.cells; ++x) {
        float& cell = picture_.luma[y * picture_.x.cells + x];
        if (halved_ > kBlockHalved) {
          cell /= rows * samples(width_, x);
        }
        cell = std::clamp(cell, 0.0F, kWhite);
      }
    }
  }

  const JpegHeaders& headers_;
  const JpegComponent& luma_;
  const std::size_t width_;
  const std::size_t height_;
  const unsigned halved_;
  const std::size_t cell_;  // The side of a cell within a block.
  BitReader bits_;
  int last_ = 0;  // The first coefficient of the block before.
  // By place in the scan: what one step of a coefficient is, and what it adds to the left, upper
  // and left upper one of four cells.
  std::array<float, kCoefficients> steps_{};
  std::array<float, kCoefficients> across_{};
  std::array<float, kCoefficients> down_{};
  std::array<float, kCoefficients> both_{};
  GrayPicture picture_;
};

}  // namespace

std::optional<GrayPicture> means_of_jpeg(std::string_view file, std::uint32_t width,
                                         std::uint32_t height) {
  const unsigned halved = halvings(width, height);
  JpegHeaders headers;
  if (halved < kLeastHalved || !headers.read(file) || headers.frame->width() != width ||
      headers.frame->height() != height) {
    return std::nullopt;
  }
  return MeansWalk(headers, halved).run();
}

}  // namespace sightingd
