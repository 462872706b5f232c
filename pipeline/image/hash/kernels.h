#pragma once

#include "pipeline/image/hash/taps.h"

#include <array>
#include <span>
#include <vector>

namespace sightingd {

/// PDQ keeps the 16 x 16 lowest frequencies without the constant one.
inline constexpr std::size_t kPdqFrequencies = 16;

/// 64 x 64 luma samples, row by row.
using PdqSamples = std::array<float, kPdqSamples * kPdqSamples>;

/// 16 x 16 cosine coefficients; the row is the vertical frequency.
using PdqCoefficients = std::array<float, kPdqFrequencies * kPdqFrequencies>;

/// The instructions that a version of the kernels was compiled for. All give equal bits:
/// no version contracts, reassociates or approximates.
enum class InstructionSet { Baseline, Avx2 };

/// Those that this processor has, the fastest last.
std::vector<InstructionSet> instruction_sets();

/// Averages `picture` to 64 x 64 samples, once with each of `x`.
void sample(InstructionSet set, const GrayPicture& picture, std::span<const AxisTaps> x,
            const AxisTaps& y, std::span<PdqSamples> samples);

/// The sum of all steps between neighbours, side by side and one above the other, in whole
/// hundredths of the range of luma each.
int sum_of_steps(InstructionSet set, const PdqSamples& samples);

/// D A D^T with D[i][j] = sqrt(2/64) cos(pi/128 (i+1) (2j+1)).
PdqCoefficients transform(InstructionSet set, const PdqSamples& samples);

}  // namespace sightingd
