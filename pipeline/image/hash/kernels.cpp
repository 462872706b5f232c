#include "pipeline/image/hash/kernels.h"

namespace sightingd {
namespace {

constexpr double kPi = 3.14159265358979323846;

// cos(pi/128 `step`) by its power series: the same table from every compiler and libm.
constexpr double cosine(std::size_t step) {
  step %= 256;
  if (step > 128) {
    step = 256 - step;
  }
  const bool negative = step > 64;
  const double angle = kPi / 128 * static_cast<double>(negative ? 128 - step : step);
  double term = 1;
  double sum = 1;
  for (int n = 1; n <= 12; ++n) {
    term *= -angle * angle / ((2 * n - 1) * (2 * n));
    sum += term;
  }
  return negative ? -sum : sum;
}

using Basis = std::array<std::array<float, kPdqSamples>, kPdqFrequencies>;

constexpr Basis cosine_basis() {
  constexpr double kScale = 0.17677669529663688110;  // sqrt(2/64)
  Basis basis{};
  for (std::size_t i = 0; i < kPdqFrequencies; ++i) {
    for (std::size_t j = 0; j < kPdqSamples; ++j) {
      basis[i][j] = static_cast<float>(kScale * cosine((i + 1) * (2 * j + 1)));
    }
  }
  return basis;
}

constexpr Basis kBasis = cosine_basis();

// The bodies are compiled once for each instruction set, inlined into the versions below.
// All sums run in one fixed order; only sums of different results run side by side.

[[gnu::always_inline]] inline void sample_body(const GrayPicture& picture, const AxisTaps& x,
                                               const AxisTaps& y, float* line,
                                               PdqSamples& samples) {
  const std::size_t width = picture.x.cells;
  for (std::size_t row = 0; row < kPdqSamples; ++row) {
    for (std::size_t i = 0; i < width; ++i) {
      line[i] = 0;
    }
    const float* cells = &picture.luma[y[row].first * width];
    for (const float weight : y[row].weights) {
      for (std::size_t i = 0; i < width; ++i) {
        line[i] += weight * cells[i];
      }
      cells += width;
    }
    for (std::size_t column = 0; column < kPdqSamples; ++column) {
      const float* from = line + x[column].first;
      float sum = 0;
      for (const float weight : x[column].weights) {
        sum += weight * *from++;
      }
      samples[row * kPdqSamples + column] = sum;
    }
  }
}

[[gnu::always_inline]] inline void transform_body(const PdqSamples& samples,
                                                  PdqCoefficients& coefficients) {
  for (std::size_t i = 0; i < kPdqFrequencies; ++i) {
    std::array<float, kPdqSamples> line{};
    for (std::size_t k = 0; k < kPdqSamples; ++k) {
      for (std::size_t j = 0; j < kPdqSamples; ++j) {
        line[j] += kBasis[i][k] * samples[k * kPdqSamples + j];
      }
    }
    for (std::size_t j = 0; j < kPdqFrequencies; ++j) {
      float sum = 0;
      for (std::size_t k = 0; k < kPdqSamples; ++k) {
        sum += line[k] * kBasis[j][k];
      }
      coefficients[i * kPdqFrequencies + j] = sum;
    }
  }
}

void sample_baseline(const GrayPicture& picture, const AxisTaps& x, const AxisTaps& y, float* line,
                     PdqSamples& samples) {
  sample_body(picture, x, y, line, samples);
}

void transform_baseline(const PdqSamples& samples, PdqCoefficients& coefficients) {
  transform_body(samples, coefficients);
}

[[gnu::target("avx2")]] void sample_avx2(const GrayPicture& picture, const AxisTaps& x,
                                         const AxisTaps& y, float* line, PdqSamples& samples) {
  sample_body(picture, x, y, line, samples);
}

[[gnu::target("avx2")]] void transform_avx2(const PdqSamples& samples,
                                            PdqCoefficients& coefficients) {
  transform_body(samples, coefficients);
}

}  // namespace

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets{InstructionSet::Baseline};
  if (__builtin_cpu_supports("avx2")) {
    sets.push_back(InstructionSet::Avx2);
  }
  return sets;
}

PdqSamples sample(InstructionSet set, const GrayPicture& picture, const AxisTaps& x,
                  const AxisTaps& y) {
  PdqSamples samples{};
  std::vector<float> line(picture.x.cells);
  const auto version = set == InstructionSet::Avx2 ? sample_avx2 : sample_baseline;
  version(picture, x, y, line.data(), samples);
  return samples;
}

PdqCoefficients transform(InstructionSet set, const PdqSamples& samples) {
  PdqCoefficients coefficients{};
  const auto version = set == InstructionSet::Avx2 ? transform_avx2 : transform_baseline;
  version(samples, coefficients);
  return coefficients;
}

}  // namespace sightingd
