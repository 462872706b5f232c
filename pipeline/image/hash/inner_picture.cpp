#include "pipeline/image/hash/inner_picture.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace sightingd {
namespace {

constexpr std::size_t kLongestSide = 256;
// Fewer cells than PDQ has samples say too little.
constexpr std::size_t kShortestInside = 64;
constexpr double kMostVariance = 6.0 * 6.0;

// Means of square blocks of cells; the last ones of a row or column may be cut short.
struct Blocks {
  std::size_t cells = 1;  // Along the side of a block.
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<float> luma;
};

Blocks blocks_of(const GrayPicture& picture) {
  Blocks blocks;
  const std::size_t longest = std::max(picture.x.cells, picture.y.cells);
  blocks.cells = (longest + kLongestSide - 1) / kLongestSide;
  blocks.width = (picture.x.cells + blocks.cells - 1) / blocks.cells;
  blocks.height = (picture.y.cells + blocks.cells - 1) / blocks.cells;
  blocks.luma.resize(blocks.width * blocks.height);
  for (std::size_t y = 0; y < picture.y.cells; ++y) {
    const float* row = &picture.luma[y * picture.x.cells];
    float* sums = &blocks.luma[y / blocks.cells * blocks.width];
    for (std::size_t x = 0; x < picture.x.cells; ++x) {
      sums[x / blocks.cells] += row[x];
    }
  }
  const auto cells_in = [&](std::size_t block, std::size_t side) {
    return std::min(blocks.cells, side - block * blocks.cells);
  };
  for (std::size_t y = 0; y < blocks.height; ++y) {
    for (std::size_t x = 0; x < blocks.width; ++x) {
      blocks.luma[y * blocks.width + x] /=
          static_cast<float>(cells_in(x, picture.x.cells) * cells_in(y, picture.y.cells));
    }
  }
  return blocks;
}

// Lines [begin, end) of one axis.
struct Extent {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const { return end - begin; }
  friend bool operator==(const Extent&, const Extent&) = default;
};

// Whether `count` samples, `step` apart, are all of one colour.
bool is_uniform(const float* sample, std::size_t step, std::size_t count) {
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < count; ++i, sample += step) {
    sum += *sample;
    squares += double{*sample} * *sample;
  }
  const double mean = sum / static_cast<double>(count);
  return squares / static_cast<double>(count) - mean * mean < kMostVariance;
}

// Takes uniform lines off both ends of `extent`, while the first stands in the first 45 % of the
// axis and the last in its last 45 %.
template <typename IsUniform>
void trim(Extent& extent, std::size_t lines, IsUniform is_uniform_line) {
  while (extent.begin < extent.end && 100 * extent.begin < 45 * lines &&
         is_uniform_line(extent.begin)) {
    ++extent.begin;
  }
  while (extent.begin < extent.end && 100 * (extent.end - 1) > 55 * lines &&
         is_uniform_line(extent.end - 1)) {
    --extent.end;
  }
}

struct Inside {
  Extent rows;
  Extent columns;

  friend bool operator==(const Inside&, const Inside&) = default;
};

Inside inside_of(const Blocks& blocks) {
  Inside inside{{0, blocks.height}, {0, blocks.width}};
  for (Inside before; before != inside;) {
    before = inside;
    trim(inside.rows, blocks.height, [&](std::size_t row) {
      return is_uniform(&blocks.luma[row * blocks.width + inside.columns.begin], 1,
                        inside.columns.size());
    });
    trim(inside.columns, blocks.width, [&](std::size_t column) {
      return is_uniform(&blocks.luma[inside.rows.begin * blocks.width + column], blocks.width,
                        inside.rows.size());
    });
  }
  return inside;
}

// From blocks to cells. An end that was trimmed moves one block inwards: it may hold some of the
// border.
Extent cells_of(const Extent& extent, std::size_t blocks, std::size_t block_cells,
                std::size_t cells) {
  const std::size_t begin = extent.begin == 0 ? 0 : extent.begin + 1;
  const std::size_t end = extent.end == blocks ? blocks : extent.end - 1;
  if (begin >= end) {
    return {};
  }
  return {begin * block_cells, std::min(cells, end * block_cells)};
}

Axis cut(const Axis& axis, const Extent& cells) {
  return {cells.size(),
          std::min(axis.length, static_cast<double>(cells.end)) - static_cast<double>(cells.begin)};
}

}  // namespace

std::optional<GrayPicture> inner_picture(const GrayPicture& picture) {
  const Blocks blocks = blocks_of(picture);
  const Inside inside = inside_of(blocks);
  if (inside == Inside{{0, blocks.height}, {0, blocks.width}}) {
    return std::nullopt;
  }
  const Extent rows = cells_of(inside.rows, blocks.height, blocks.cells, picture.y.cells);
  const Extent columns = cells_of(inside.columns, blocks.width, blocks.cells, picture.x.cells);
  if (std::min(rows.size(), columns.size()) < kShortestInside) {
    return std::nullopt;
  }
  GrayPicture inner{cut(picture.x, columns), cut(picture.y, rows), {}};
  inner.luma.reserve(rows.size() * columns.size());
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const float* from = &picture.luma[row * picture.x.cells];
    inner.luma.insert(inner.luma.end(), from + columns.begin, from + columns.end);
  }
  return inner;
}

}  // namespace sightingd
