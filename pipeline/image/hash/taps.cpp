#include "pipeline/image/hash/taps.h"

#include <algorithm>
#include <utility>

namespace sightingd {
namespace {

// Consecutive weights in double precision; rounded to float once, at the end.
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

Taps rounded(const Weights& weights) {
  Taps taps{weights.first, {}};
  taps.weights.assign(weights.values.begin(), weights.values.end());
  return taps;
}

// Spreads weights over [begin, begin + values.size()) / 512 of an axis over its cells.
Weights spread(const Weights& weights, std::size_t samples, const Axis& axis, bool mirrored) {
  const double per_sample = axis.length / static_cast<double>(samples);
  const auto cell_of = [&](double at) {
    return std::min(axis.cells - 1, static_cast<std::size_t>(std::max(0.0, at)));
  };
  const auto ends_of = [&](std::size_t sample) {
    const std::size_t from = mirrored ? samples - 1 - sample : sample;
    return std::pair(static_cast<double>(from) * per_sample,
                     static_cast<double>(from + 1) * per_sample);
  };
  const std::size_t last_sample = weights.first + weights.values.size() - 1;
  const auto [low, high] =
      mirrored ? std::pair(last_sample, weights.first) : std::pair(weights.first, last_sample);
  Weights out{cell_of(ends_of(low).first), {}};
  out.values.resize(cell_of(ends_of(high).second) - out.first + 1);
  for (std::size_t i = 0; i < weights.values.size(); ++i) {
    const auto [begin, end] = ends_of(weights.first + i);
    for (std::size_t cell = cell_of(begin); cell <= cell_of(end); ++cell) {
      const double overlap =
          std::min(end, static_cast<double>(cell + 1)) - std::max(begin, static_cast<double>(cell));
      if (overlap > 0) {
        out.values[cell - out.first] += weights.values[i] * overlap / per_sample;
      }
    }
  }
  return out;
}

}  // namespace

AxisTaps reference_taps(std::size_t cells) {
  AxisTaps taps;
  for (std::size_t sample = 0; sample < kPdqSamples; ++sample) {
    taps[sample] = rounded(reference_weights(sample, cells));
  }
  return taps;
}

AxisTaps fixed_width_taps(const Axis& axis, bool mirrored) {
  constexpr std::size_t kSamples = 512;
  AxisTaps taps;
  for (std::size_t sample = 0; sample < kPdqSamples; ++sample) {
    taps[sample] = rounded(spread(reference_weights(sample, kSamples), kSamples, axis, mirrored));
  }
  return taps;
}

}  // namespace sightingd
