#include "pipeline/image/hash/inner_picture.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>

namespace sightingd {
namespace {

// Fewer cells than PDQ has samples say too little.
constexpr std::size_t kShortestInside = 64;
// Standard deviation of a line, and from one line to another.
constexpr double kMostDeviation = 6;

// Lines [begin, end) of one axis.
struct Extent {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const { return end - begin; }
  friend bool operator==(const Extent&, const Extent&) = default;
};

// The luma of `count` samples, `step` apart, if all are of one colour.
std::optional<double> level_of(const float* sample, std::size_t step, std::size_t count) {
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < count; ++i, sample += step) {
    sum += *sample;
    squares += double{*sample} * *sample;
  }
  const double mean = sum / static_cast<double>(count);
  if (squares / static_cast<double>(count) - mean * mean >= kMostDeviation * kMostDeviation) {
    return std::nullopt;
  }
  return mean;
}

bool is_same(std::optional<double> level, std::optional<double> other) {
  return level && other && std::abs(*level - *other) < kMostDeviation;
}

// What is left of `extent` without the border at its ends: lines of the colour of the outermost
// one, in the first or last 45 % of the axis, up to a line that is not of nearly the colour of the
// one before. When `both`, then only if there is one of the same colour at either end.
template <typename LevelOfLine>
Extent trimmed(const Extent& extent, std::size_t lines, bool both, LevelOfLine level) {
  const std::optional<double> first = level(extent.begin);
  const std::optional<double> last = level(extent.end - 1);
  if (both && !is_same(first, last)) {
    return extent;
  }
  Extent left = extent;
  while (100 * left.begin < 45 * lines && is_same(level(left.begin), first)) {
    ++left.begin;
  }
  if (left.begin > extent.begin && is_same(level(left.begin), level(left.begin - 1))) {
    left.begin = extent.begin;  // It goes over into the picture: a sky.
  }
  while (100 * left.end > 55 * lines && is_same(level(left.end - 1), last)) {
    --left.end;
  }
  if (left.end < extent.end && is_same(level(left.end - 1), level(left.end))) {
    left.end = extent.end;
  }
  return both && (left.begin == extent.begin || left.end == extent.end) ? extent : left;
}

struct Inside {
  Extent rows;
  Extent columns;

  friend bool operator==(const Inside&, const Inside&) = default;
};

// Without one border after the other. A picture may end in one colour, too: once a border is off,
// only what is on both sides is another.
Inside inside_of(const GrayPicture& picture) {
  const std::size_t width = picture.x.cells;
  Inside inside{{0, picture.y.cells}, {0, width}};
  bool again = false;
  for (Inside before; before != inside; again = true) {
    before = inside;
    inside.rows = trimmed(inside.rows, picture.y.cells, again, [&](std::size_t row) {
      return level_of(&picture.luma[row * width + inside.columns.begin], 1, inside.columns.size());
    });
    inside.columns = trimmed(inside.columns, width, again, [&](std::size_t column) {
      return level_of(&picture.luma[inside.rows.begin * width + column], width, inside.rows.size());
    });
  }
  return inside;
}

// An end that was trimmed moves one cell inwards: it may hold some of the border.
Extent inwards(const Extent& extent, std::size_t cells) {
  const std::size_t begin = extent.begin == 0 ? 0 : extent.begin + 1;
  const std::size_t end = extent.end == cells ? cells : extent.end - 1;
  return begin < end ? Extent{begin, end} : Extent{};
}

Axis cut(const Axis& axis, const Extent& cells) {
  return {cells.size(),
          std::min(axis.length, static_cast<double>(cells.end)) - static_cast<double>(cells.begin)};
}

}  // namespace

std::optional<GrayPicture> inner_picture(const GrayPicture& picture) {
  if (std::min(picture.x.cells, picture.y.cells) < kShortestInside) {
    return std::nullopt;
  }
  const Inside inside = inside_of(picture);
  if (inside == Inside{{0, picture.y.cells}, {0, picture.x.cells}}) {
    return std::nullopt;
  }
  const Extent rows = inwards(inside.rows, picture.y.cells);
  const Extent columns = inwards(inside.columns, picture.x.cells);
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
