#include "pipeline/image/hash/taps.h"

#include <algorithm>

namespace sightingd {
namespace {

// The parts of an axis over which the reference's filter is laid.
constexpr std::size_t kParts = 512;

// Consecutive weights.
struct Weights {
  std::size_t first = 0;
  std::vector<double> values;
};

// Cells [begin, end) that one box filter averages around `centre`; cut at the borders.
struct Window {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const { return end - begin; }
};

// The reference's box of `width` cells: floor((width + 2) / 2) of them begin at the centre.
Window window_around(std::size_t centre, std::size_t width, std::size_t cells) {
  const std::size_t after = (width + 2) / 2;
  const std::size_t before = width - after;
  return {centre > before ? centre - before : 0, std::min(cells, centre + after)};
}

Weights reference_weights(std::size_t sample, std::size_t cells) {
  const std::size_t width = (cells + 127) / 128;
  const std::size_t centre = (2 * sample + 1) * cells / 128;
  const Window outer = window_around(centre, width, cells);
  const std::size_t first = window_around(outer.begin, width, cells).begin;
  const std::size_t end = window_around(outer.end - 1, width, cells).end;
  Weights weights{first, std::vector<double>(end - first)};
  for (std::size_t i = outer.begin; i < outer.end; ++i) {
    const Window inner = window_around(i, width, cells);
    const double share = 1.0 / static_cast<double>(outer.size() * inner.size());
    for (std::size_t cell = inner.begin; cell < inner.end; ++cell) {
      weights.values[cell - first] += share;
    }
  }
  return weights;
}

const std::array<Weights, kPdqSamples>& weights_of_parts() {
  static const auto all = [] {
    std::array<Weights, kPdqSamples> weights;
    for (std::size_t sample = 0; sample < kPdqSamples; ++sample) {
      weights[sample] = reference_weights(sample, kParts);
    }
    return weights;
  }();
  return all;
}

// The cells of an axis that its parts lie on.
class Parts {
 public:
  Parts(const Axis& axis, bool mirrored)
      : axis_(axis), mirrored_(mirrored), length_(axis.length / static_cast<double>(kParts)) {}

  // Spreads weights of parts over the cells that the parts overlap.
  void spread(const Weights& weights, Weights& out) const {
    const std::size_t last = weights.first + weights.values.size() - 1;
    out.first = cell_at(begin_of(mirrored_ ? last : weights.first));
    const std::size_t end = cell_at(end_of(mirrored_ ? weights.first : last)) + 1;
    out.values.assign(end - out.first, 0);
    for (std::size_t i = 0; i < weights.values.size(); ++i) {
      const double begins = begin_of(weights.first + i);
      const double ends = end_of(weights.first + i);
      for (std::size_t cell = cell_at(begins); cell <= cell_at(ends); ++cell) {
        const double overlap = std::min(ends, static_cast<double>(cell + 1)) -
                               std::max(begins, static_cast<double>(cell));
        if (overlap > 0) {
          out.values[cell - out.first] += weights.values[i] * overlap / length_;
        }
      }
    }
  }

 private:
  double begin_of(std::size_t part) const {
    return static_cast<double>(mirrored_ ? kParts - 1 - part : part) * length_;
  }
  double end_of(std::size_t part) const {
    return static_cast<double>(mirrored_ ? kParts - part : part + 1) * length_;
  }
  std::size_t cell_at(double place) const {
    return std::min(axis_.cells - 1, static_cast<std::size_t>(place));
  }

  const Axis& axis_;
  bool mirrored_;
  double length_;  // Of a part, in cells.
};

}  // namespace

void AxisTaps::add(std::size_t first, std::span<const double> weights) {
  firsts_[size_] = first;
  for (const double weight : weights) {
    weights_.push_back(static_cast<float>(weight));
  }
  ends_[size_] = weights_.size();
  ++size_;
}

AxisTaps reference_taps(std::size_t cells) {
  AxisTaps taps;
  for (std::size_t sample = 0; sample < kPdqSamples; ++sample) {
    const Weights weights = reference_weights(sample, cells);
    taps.add(weights.first, weights.values);
  }
  return taps;
}

AxisTaps fixed_width_taps(const Axis& axis, bool mirrored) {
  const Parts parts(axis, mirrored);
  AxisTaps taps;
  Weights spread;
  for (const Weights& weights : weights_of_parts()) {
    parts.spread(weights, spread);
    taps.add(spread.first, spread.values);
  }
  return taps;
}

}  // namespace sightingd
