#include "pipeline/image/hash/pdq.h"

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

// The reference's image domain quality.
int quality_of(InstructionSet set, const PdqSamples& samples) {
  return std::min(100, sum_of_steps(set, samples) / 90);
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

PdqCoefficients transposed(const PdqCoefficients& coefficients) {
  PdqCoefficients turned;
  for (std::size_t row = 0; row < kPdqFrequencies; ++row) {
    for (std::size_t column = 0; column < kPdqFrequencies; ++column) {
      turned[column * kPdqFrequencies + row] = coefficients[row * kPdqFrequencies + column];
    }
  }
  return turned;
}

bool is_too_small(const GrayPicture& picture) {
  return std::min(picture.x.cells, picture.y.cells) < kShortestSide;
}

// One of the eight ways to lay a picture on itself: axes are read from their other end, then
// rows and columns change places.
struct Laying {
  bool mirrors_x = false;
  bool mirrors_y = false;
  bool transposes = false;
};

Laying laying_of(Orientation orientation) {
  switch (orientation) {
    case Orientation::Upright:
      return {false, false, false};
    case Orientation::MirroredLeftRight:
      return {true, false, false};
    case Orientation::HalfTurn:
      return {true, true, false};
    case Orientation::MirroredTopBottom:
      return {false, true, false};
    case Orientation::Transposed:
      return {false, false, true};
    case Orientation::QuarterTurnRight:
      return {false, true, true};
    case Orientation::MirroredDiagonal:
      return {true, true, true};
    case Orientation::QuarterTurnLeft:
      return {true, false, true};
  }
  return {};
}

// What undoes `turn`.
Orientation undoing(Turn turn) {
  switch (turn) {
    case Turn::None:
      return Orientation::Upright;
    case Turn::Rotated90:
      return Orientation::QuarterTurnLeft;
    case Turn::Rotated180:
      return Orientation::HalfTurn;
    case Turn::Rotated270:
      return Orientation::QuarterTurnRight;
    case Turn::Mirrored:
      return Orientation::MirroredLeftRight;
    case Turn::MirroredRotated90:  // Turned back to the left, then mirrored.
      return Orientation::MirroredDiagonal;
    case Turn::MirroredRotated180:
      return Orientation::MirroredTopBottom;
    case Turn::MirroredRotated270:
      return Orientation::Transposed;
  }
  return Orientation::Upright;
}

Laying operator*(const Laying& second, const Laying& first) {
  // Mirroring an axis after the transposition is mirroring the other one before it.
  const bool x = first.transposes ? second.mirrors_y : second.mirrors_x;
  const bool y = first.transposes ? second.mirrors_x : second.mirrors_y;
  return {first.mirrors_x != x, first.mirrors_y != y, first.transposes != second.transposes};
}

// The coefficients of a picture as stored and mirrored: all eight layings but for transposition.
class MirroredCoefficients {
 public:
  explicit MirroredCoefficients(const GrayPicture& picture) {
    const InstructionSet set = instruction_sets().back();
    const std::array x{fixed_width_taps(picture.x, false), fixed_width_taps(picture.x, true)};
    std::array<PdqSamples, 2> samples;
    for (const bool mirrors_y : {false, true}) {
      sample(set, picture, x, fixed_width_taps(picture.y, mirrors_y), samples);
      for (const bool mirrors_x : {false, true}) {
        const PdqSamples& mirrored = samples[mirrors_x ? 1 : 0];
        const std::size_t at = place(mirrors_x, mirrors_y);
        qualities_[at] = quality_of(set, mirrored);
        coefficients_[at] = transform(set, mirrored);
      }
    }
  }

  PdqCoefficients coefficients(const Laying& laying) const {
    const PdqCoefficients& mirrored = coefficients_[place(laying.mirrors_x, laying.mirrors_y)];
    return laying.transposes ? transposed(mirrored) : mirrored;
  }

  // The same for both transpositions: neighbours stay neighbours.
  int quality(const Laying& laying) const {
    return qualities_[place(laying.mirrors_x, laying.mirrors_y)];
  }

 private:
  static std::size_t place(bool mirrors_x, bool mirrors_y) {
    return (mirrors_x ? 1U : 0U) + (mirrors_y ? 2U : 0U);
  }

  std::array<PdqCoefficients, 4> coefficients_;
  std::array<int, 4> qualities_{};
};

}  // namespace

TurnedFingerprints turned_fingerprints(const GrayPicture& stored, Orientation orientation) {
  TurnedFingerprints fingerprints;
  if (is_too_small(stored)) {
    return fingerprints;
  }
  const MirroredCoefficients mirrored(stored);
  const Laying upright = laying_of(orientation);
  for (const Turn turn : kTurns) {
    const Laying laying = laying_of(undoing(turn)) * upright;
    fingerprints.turned[static_cast<std::size_t>(turn)] = bits_of(mirrored.coefficients(laying));
  }
  fingerprints.upright = {fingerprints.turned.front(), mirrored.quality(upright),
                          is_stable(mirrored.coefficients(upright))};
  return fingerprints;
}

PdqFingerprint pdq_reference(const GrayPicture& picture, InstructionSet set) {
  if (is_too_small(picture)) {
    return {};
  }
  const AxisTaps x = reference_taps(picture.x.cells);
  PdqSamples samples;
  sample(set, picture, {&x, 1}, reference_taps(picture.y.cells), {&samples, 1});
  const PdqCoefficients coefficients = transform(set, samples);
  return {bits_of(coefficients), quality_of(set, samples), is_stable(coefficients)};
}

}  // namespace sightingd
