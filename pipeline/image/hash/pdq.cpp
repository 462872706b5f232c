#include "pipeline/image/hash/pdq.h"

#include "pipeline/image/hash/kernels.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace sightingd {
namespace {

// The reference does not hash pictures with a shorter side.
constexpr std::size_t kShortestSide = 5;

// Largest coefficient below which only rounding decides the bits: flat, striped and
// one-directional pictures reach 0.5, others start above 40.
constexpr float kLeastStableCoefficient = 1;

int step(float a, float b) { return std::abs(static_cast<int>((a - b) * 100 / 255)); }

// The reference's image domain quality: the sum of all steps between neighbours, whole
// hundredths of the range each.
int quality_of(const PdqSamples& samples) {
  int sum = 0;
  for (std::size_t row = 0; row < kPdqSamples; ++row) {
    for (std::size_t column = 0; column < kPdqSamples; ++column) {
      const std::size_t at = row * kPdqSamples + column;
      if (row + 1 < kPdqSamples) {
        sum += step(samples[at], samples[at + kPdqSamples]);
      }
      if (column + 1 < kPdqSamples) {
        sum += step(samples[at], samples[at + 1]);
      }
    }
  }
  return std::min(100, sum / 90);
}

// Sets the bits of the coefficients above the lower median.
PdqHash bits_of(const PdqCoefficients& coefficients) {
  PdqCoefficients sorted = coefficients;
  const auto middle = sorted.begin() + sorted.size() / 2 - 1;
  std::nth_element(sorted.begin(), middle, sorted.end());
  PdqHash hash;
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    if (coefficients[i] > *middle) {
      hash.words[i / 64] |= std::uint64_t{1} << (i % 64);
    }
  }
  return hash;
}

bool is_stable(const PdqCoefficients& coefficients) {
  return std::any_of(coefficients.begin(), coefficients.end(), [](float coefficient) {
    return std::abs(coefficient) >= kLeastStableCoefficient;
  });
}

PdqSamples transposed(const PdqSamples& samples) {
  PdqSamples turned;
  for (std::size_t row = 0; row < kPdqSamples; ++row) {
    for (std::size_t column = 0; column < kPdqSamples; ++column) {
      turned[column * kPdqSamples + row] = samples[row * kPdqSamples + column];
    }
  }
  return turned;
}

bool is_too_small(const GrayPicture& picture) {
  return std::min(picture.x.cells, picture.y.cells) < kShortestSide;
}

PdqFingerprint fingerprint_of(const PdqSamples& samples) {
  const PdqCoefficients coefficients = transform(instruction_sets().back(), samples);
  return {bits_of(coefficients), quality_of(samples), is_stable(coefficients)};
}

// Which axis of the stored picture is read from its other end before sides are swapped.
struct Mirroring {
  bool x = false;
  bool y = false;
};

Mirroring mirroring_of(Orientation orientation) {
  switch (orientation) {
    case Orientation::Upright:
    case Orientation::Transposed:
      return {false, false};
    case Orientation::MirroredLeftRight:
    case Orientation::QuarterTurnLeft:
      return {true, false};
    case Orientation::HalfTurn:
    case Orientation::MirroredDiagonal:
      return {true, true};
    case Orientation::MirroredTopBottom:
    case Orientation::QuarterTurnRight:
      return {false, true};
  }
  return {false, false};
}

}  // namespace

PdqFingerprint pdq_fingerprint(const GrayPicture& stored, Orientation orientation) {
  if (is_too_small(stored)) {
    return {};
  }
  const Mirroring mirrored = mirroring_of(orientation);
  const PdqSamples samples =
      sample(instruction_sets().back(), stored, fixed_width_taps(stored.x, mirrored.x),
             fixed_width_taps(stored.y, mirrored.y));
  return fingerprint_of(swaps_sides(orientation) ? transposed(samples) : samples);
}

PdqFingerprint pdq_reference(const GrayPicture& picture) {
  if (is_too_small(picture)) {
    return {};
  }
  return fingerprint_of(sample(instruction_sets().back(), picture, reference_taps(picture.x.cells),
                               reference_taps(picture.y.cells)));
}

}  // namespace sightingd
