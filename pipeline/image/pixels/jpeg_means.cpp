#include "pipeline/image/pixels/jpeg_means.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/jpeg/jpeg_markers.h"
#include "pipeline/image/format/jpeg/jpeg_scans.h"
#include "pipeline/image/pixels/bit_reader.h"
#include "pipeline/image/pixels/huffman_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

namespace sightingd {
namespace {

constexpr std::size_t kSide = 8;
constexpr std::size_t kCoefficients = kSide * kSide;
constexpr unsigned kLeastHalved = 2;
constexpr unsigned kBlockHalved = 3;  // A cell is a block.
constexpr float kMiddle = 128;        // T.81, A.3.1.

// T.81, figure 5: where the coefficients stand that follow each other in a scan, 8 * down + across.
constexpr std::array<std::uint8_t, kCoefficients> kZigzag = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

using Tables = std::array<std::optional<HuffmanTable>, 4>;
using Quantisation = std::array<std::uint16_t, kCoefficients>;  // In the order of a scan.

// What a file says before its only scan.
struct Headers {
  std::array<std::optional<Quantisation>, 4> quantisations;
  Tables dc;
  Tables ac;
  std::optional<JpegScans> frame;
  std::optional<JpegScan> scan;
  std::size_t restart_interval = 0;
  bool has_jfif = false;
  std::optional<std::uint8_t> adobe_transform;
  std::string_view coded;  // From the scan to the end of the file.

  bool read(std::string_view file);
  bool read_segment(std::uint8_t marker, std::string_view content);
  bool read_frame(std::uint8_t marker, std::string_view content);
  bool read_quantisations(std::string_view content);
  bool read_codes(std::string_view content);
  bool is_usual() const;
  bool is_gray_or_ycbcr() const;
};

bool Headers::read(std::string_view file) {
  if (!file.starts_with("\xff\xd8")) {
    return false;
  }
  for (std::size_t at = 2; byte_at(file, at) == 0xff;) {
    const std::uint8_t marker = byte_at(file, at + 1);
    const std::size_t size = big16(file, at + 2);
    if (jpeg::stands_alone(marker) || size < 2 || at + 2 + size > file.size() ||
        !read_segment(marker, file.substr(at + 4, size - 2))) {
      return false;
    }
    at += 2 + size;
    if (marker == jpeg::kSos) {
      coded = file.substr(at);
      return is_usual();
    }
  }
  return false;
}

bool Headers::read_segment(std::uint8_t marker, std::string_view content) {
  switch (marker) {
    case jpeg::kDqt:
      return read_quantisations(content);
    case jpeg::kDht:
      return read_codes(content);
    case jpeg::kDri:
      restart_interval = big16(content, 0);
      return content.size() == 2;
    case jpeg::kSof0:
    case jpeg::kSof1:
      return read_frame(marker, content);
    case jpeg::kSos:
      scan = frame ? frame->read(content) : std::nullopt;
      return scan.has_value();
    case jpeg::kApp0:
      has_jfif = has_jfif || (content.starts_with(jpeg::kJfif) && content.size() >= 14);
      return true;
    case jpeg::kApp14:
      if (content.starts_with(jpeg::kAdobe) && content.size() >= 12) {
        adobe_transform = byte_at(content, 11);
      }
      return true;
    default:
      return (marker >= jpeg::kApp0 && marker <= jpeg::kApp15) || marker == jpeg::kCom;
  }
}

bool Headers::read_frame(std::uint8_t marker, std::string_view content) {
  constexpr std::uint8_t kBits = 8;
  if (frame || byte_at(content, 0) != kBits) {
    return false;
  }
  frame = JpegScans::of_frame(marker, content);
  return frame.has_value();
}

bool Headers::read_quantisations(std::string_view content) {
  while (!content.empty()) {
    const std::size_t slot = byte_at(content, 0) & 15U;
    const bool is_wide = byte_at(content, 0) >> 4U != 0;
    const std::size_t size = 1 + kCoefficients * (is_wide ? 2 : 1);
    if (slot >= quantisations.size() || content.size() < size) {
      return false;
    }
    Quantisation table{};
    for (std::size_t i = 0; i < kCoefficients; ++i) {
      table[i] = is_wide ? big16(content, 1 + 2 * i) : byte_at(content, 1 + i);
    }
    quantisations[slot] = table;
    content.remove_prefix(size);
  }
  return true;
}

// How many bits a difference has; libjpeg refuses a table that says more.
bool are_sizes(std::string_view symbols) {
  constexpr std::uint8_t kMost = 15;
  return std::ranges::all_of(symbols, [](char c) { return static_cast<std::uint8_t>(c) <= kMost; });
}

bool Headers::read_codes(std::string_view content) {
  constexpr std::size_t kLengths = 16;
  while (!content.empty()) {
    const std::size_t slot = byte_at(content, 0) & 15U;
    const std::size_t kind = byte_at(content, 0) >> 4U;
    const std::string_view counts = slice(content, 1, kLengths);
    std::size_t codes = 0;
    for (std::size_t i = 0; i < kLengths; ++i) {
      codes += byte_at(counts, i);
    }
    const std::string_view symbols = slice(content, 1 + kLengths, codes);
    if (kind > 1 || slot >= dc.size() || counts.size() < kLengths || symbols.size() < codes ||
        (kind == 0 && !are_sizes(symbols))) {
      return false;
    }
    auto& table = (kind == 0 ? dc : ac)[slot];
    table = HuffmanTable::of(counts, symbols);
    if (!table) {
      return false;
    }
    content.remove_prefix(1 + kLengths + codes);
  }
  return true;
}

// As libjpeg takes it (default_decompress_parms), where that does not depend on more.
bool Headers::is_gray_or_ycbcr() const {
  const std::vector<JpegComponent>& parts = frame->components();
  if (parts.size() == 1) {
    return true;
  }
  const bool is_numbered =
      parts.size() == 3 && parts[0].id == 1 && parts[1].id == 2 && parts[2].id == 3;
  return parts.size() == 3 && (has_jfif || (adobe_transform ? adobe_transform == 1 : is_numbered));
}

bool Headers::is_usual() const {
  constexpr std::size_t kMostBlocks = 10;  // T.81, B.2.3
  if (!is_gray_or_ycbcr() || scan->parts.size() != frame->components().size()) {
    return false;
  }
  const JpegComponent& luma = frame->components()[0];
  std::size_t blocks = 0;
  for (std::size_t i = 0; i < scan->parts.size(); ++i) {
    const JpegScanPart& part = scan->parts[i];
    const JpegComponent& component = frame->components()[i];
    blocks += std::size_t{component.across} * component.down;
    const bool has_tables = part.dc_table < dc.size() && dc[part.dc_table] &&
                            part.ac_table < ac.size() && ac[part.ac_table] &&
                            component.quantisation < quantisations.size() &&
                            quantisations[component.quantisation];
    if (part.component != i || !has_tables || component.across > luma.across ||
        component.down > luma.down) {
      return false;
    }
  }
  return blocks <= kMostBlocks;
}

// What a coefficient adds to the samples of an axis, in the mean over [begin, end): half of
// C(u) * cos((2 x + 1) u pi / 16).
float mean_of_cosine(std::size_t frequency, std::size_t begin, std::size_t end) {
  double sum = 0;
  for (std::size_t x = begin; x < end; ++x) {
    sum += std::cos(static_cast<double>((2 * x + 1) * frequency) * std::numbers::pi / 16);
  }
  const double scale = frequency == 0 ? std::numbers::sqrt2 / 4 : 0.5;
  return static_cast<float>(scale * sum / static_cast<double>(end - begin));
}

using Cosines = std::array<float, kSide>;  // By frequency.

Cosines cosines(std::size_t begin, std::size_t end) {
  Cosines means{};
  for (std::size_t frequency = 0; frequency < kSide; ++frequency) {
    means[frequency] = mean_of_cosine(frequency, begin, end);
  }
  return means;
}

// The cells that a block is cut into along one axis: the means of its cosines over them, and how
// many samples they have. The picture may end within the block.
struct Cut {
  struct Cell {
    Cosines cosines{};
    std::size_t samples = 0;
  };
  std::vector<Cell> cells;

  Cut(std::size_t samples, std::size_t cell) {
    for (std::size_t begin = 0; begin < samples; begin += cell) {
      const std::size_t end = std::min(begin + cell, samples);
      cells.push_back({cosines(begin, end), end - begin});
    }
  }
};

class MeansWalk {
 public:
  MeansWalk(const Headers& headers, unsigned halved)
      : headers_(headers),
        halved_(halved),
        cell_(std::min<std::size_t>(kSide, std::size_t{1} << halved)),
        bits_(headers.coded),
        luma_(headers.frame->components()[0]),
        right_(last_samples(headers.frame->width()), cell_),
        bottom_(last_samples(headers.frame->height()), cell_),
        whole_(kSide, cell_),
        picture_{reduced_axis(headers.frame->width(), halved),
                 reduced_axis(headers.frame->height(), halved),
                 {}} {
    picture_.luma.resize(picture_.x.cells * picture_.y.cells);
    const Quantisation& steps = *headers.quantisations[luma_.quantisation];
    for (std::size_t i = 0; i < kCoefficients; ++i) {
      const std::size_t across = kZigzag[i] % kSide;
      const std::size_t down = kZigzag[i] / kSide;
      const float mean = static_cast<float>(steps[i]) * whole_.cells[0].cosines[across] *
                         whole_.cells[0].cosines[down];
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
    const std::size_t columns = divided(headers_.frame->width(), kSide * across);
    const std::size_t rows = divided(headers_.frame->height(), kSide * down);
    std::size_t unit = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column, ++unit) {
        if (headers_.restart_interval != 0 && unit != 0 && unit % headers_.restart_interval == 0 &&
            !restart(unit)) {
          return std::nullopt;
        }
        for (std::size_t i = 0; i < across * down; ++i) {
          if (!luma_block(column * across + i % across, row * down + i / across)) {
            return std::nullopt;
          }
        }
        if (!is_gray && !pass_chroma()) {
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
  static std::size_t last_samples(std::size_t side) { return (side - 1) % kSide + 1; }

  const HuffmanTable& dc(std::size_t part) const {
    return *headers_.dc[headers_.scan->parts[part].dc_table];
  }
  const HuffmanTable& ac(std::size_t part) const {
    return *headers_.ac[headers_.scan->parts[part].ac_table];
  }

  bool restart(std::size_t unit) {
    constexpr std::size_t kMarkers = 8;
    const std::size_t number = (unit / headers_.restart_interval - 1) % kMarkers;
    last_ = 0;
    return bits_.pass(static_cast<std::uint8_t>(jpeg::kRst0 + number));
  }

  bool pass_chroma() {
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
    std::size_t at = 1;
    bool is_whole = true;
    for (; at < kCoefficients; ++at) {
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
    if (difference.zeros == HuffmanTable::kBroken) {
      return false;
    }
    last_ += difference.value;
    constexpr int kMost = 1 << 16;
    if (std::abs(last_) > kMost) {
      return false;
    }
    const float first = static_cast<float>(last_) * steps_[0];
    const std::size_t width = headers_.frame->width();
    const std::size_t height = headers_.frame->height();
    if (column * kSide >= width || row * kSide >= height) {
      return pass_coefficients(ac(0));  // Beyond the picture.
    }
    const bool is_whole = (column + 1) * kSide <= width && (row + 1) * kSide <= height;
    if (!is_whole) {
      return last_block(column, row, first);
    }
    if (halved_ == kLeastHalved) {
      return four_cells(column, row, first);
    }
    add(column * kSide >> halved_, row * kSide >> halved_, kMiddle + first / kSide, kCoefficients);
    return pass_coefficients(ac(0));
  }

  bool four_cells(std::size_t column, std::size_t row, float first) {
    float across = 0;
    float down = 0;
    float both = 0;
    const bool is_whole = read_coefficients([&](std::size_t at, float value) {
      across += across_[at] * value;
      down += down_[at] * value;
      both += both_[at] * value;
    });
    const float middle = kMiddle + first / kSide;
    float* cell = &picture_.luma[2 * row * picture_.x.cells + 2 * column];
    cell[0] = middle + across + down + both;
    cell[1] = middle - across + down - both;
    cell += picture_.x.cells;
    cell[0] = middle + across - down - both;
    cell[1] = middle - across - down + both;
    return is_whole;
  }

  // In which the picture ends.
  bool last_block(std::size_t column, std::size_t row, float first) {
    std::array<float, kCoefficients> block{};
    block[0] = first;
    const bool is_whole = read_coefficients(
        [&](std::size_t at, float value) { block[kZigzag[at]] = value * steps_[at]; });
    const Cut& x = (column + 1) * kSide > headers_.frame->width() ? right_ : whole_;
    const Cut& y = (row + 1) * kSide > headers_.frame->height() ? bottom_ : whole_;
    for (std::size_t j = 0; j < y.cells.size(); ++j) {
      for (std::size_t i = 0; i < x.cells.size(); ++i) {
        add((column * kSide + i * cell_) >> halved_, (row * kSide + j * cell_) >> halved_,
            kMiddle + mean(block, x.cells[i].cosines, y.cells[j].cosines),
            x.cells[i].samples * y.cells[j].samples);
      }
    }
    return is_whole;
  }

  static float mean(const std::array<float, kCoefficients>& block, const Cosines& across,
                    const Cosines& down) {
    float sum = 0;
    for (std::size_t i = 0; i < kCoefficients; ++i) {
      sum += block[i] * across[i % kSide] * down[i / kSide];
    }
    return sum;
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
      const float rows = samples(headers_.frame->height(), y);
      for (std::size_t x = 0; x < picture_.x.cells; ++x) {
        float& cell = picture_.luma[y * picture_.x.cells + x];
        if (halved_ > kBlockHalved) {
          cell /= rows * samples(headers_.frame->width(), x);
        }
        cell = std::clamp(cell, 0.0F, 255.0F);
      }
    }
  }

  const Headers& headers_;
  const unsigned halved_;
  const std::size_t cell_;  // The side of a cell within a block.
  BitReader bits_;
  const JpegComponent& luma_;
  const Cut right_;  // Of the last column of blocks.
  const Cut bottom_;
  const Cut whole_;
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
  Headers headers;
  if (halved < kLeastHalved || !headers.read(file) || headers.frame->width() != width ||
      headers.frame->height() != height) {
    return std::nullopt;
  }
  return MeansWalk(headers, halved).run();
}

}  // namespace sightingd
