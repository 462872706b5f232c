#include "pipeline/image/hash/kernels.h"

#include <cstring>

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

constexpr std::size_t kMostLanes = 8;

// One row a sample, one column a frequency.
using Basis = std::array<std::array<float, kPdqFrequencies>, kPdqSamples>;

constexpr Basis cosine_basis() {
  constexpr double kScale = 0.17677669529663688110;  // sqrt(2/64)
  Basis basis{};
  for (std::size_t i = 0; i < kPdqFrequencies; ++i) {
    for (std::size_t j = 0; j < kPdqSamples; ++j) {
      basis[j][i] = static_cast<float>(kScale * cosine((i + 1) * (2 * j + 1)));
    }
  }
  return basis;
}

constexpr Basis kBasis = cosine_basis();

// The bodies are compiled once for each instruction set, inlined into the versions below.
// All sums run in one fixed order; only sums of different results run side by side, in the
// elements of vectors, which fill a register each.
template <std::size_t lanes>
struct Lanes {
  static constexpr std::size_t kCount = lanes;
  typedef float Vector [[gnu::vector_size(lanes * sizeof(float))]];  // No alias may depend.

  [[gnu::always_inline]] static void load(Vector& vector, const float* from) {
    std::memcpy(&vector, from, sizeof(vector));
  }
  [[gnu::always_inline]] static void store(const Vector& vector, float* to) {
    std::memcpy(to, &vector, sizeof(vector));
  }
};

// Averages rows of cells to one line.
template <typename Lanes>
[[gnu::always_inline]] inline void average_rows(const float* cells, std::size_t width,
                                                std::span<const float> weights, float* line) {
  constexpr std::size_t kVectors = 4;
  std::size_t i = 0;
  for (; i + kVectors * Lanes::kCount <= width; i += kVectors * Lanes::kCount) {
    std::array<typename Lanes::Vector, kVectors> sums{};
    const float* from = cells + i;
    for (const float weight : weights) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        typename Lanes::Vector some;
        Lanes::load(some, from + v * Lanes::kCount);
        sums[v] += weight * some;
      }
      from += width;
    }
    for (std::size_t v = 0; v < kVectors; ++v) {
      Lanes::store(sums[v], line + i + v * Lanes::kCount);
    }
  }
  for (; i < width; ++i) {
    float sum = 0;
    const float* from = cells + i;
    for (const float weight : weights) {
      sum += weight * *from;
      from += width;
    }
    line[i] = sum;
  }
}

// As many rows of samples at a time as there are lanes: their lines are laid side by side, so that
// the sums along the rows run side by side.
template <typename Lanes>
[[gnu::always_inline]] inline void sample_body(const GrayPicture& picture,
                                               std::span<const AxisTaps> x, const AxisTaps& y,
                                               float* room, std::span<PdqSamples> samples) {
  const std::size_t width = picture.x.cells;
  float* line = room;
  float* lines = room + width;
  for (std::size_t row = 0; row < kPdqSamples; row += Lanes::kCount) {
    for (std::size_t lane = 0; lane < Lanes::kCount; ++lane) {
      const Taps taps = y[row + lane];
      average_rows<Lanes>(&picture.luma[taps.first * width], width, taps.weights, line);
      for (std::size_t i = 0; i < width; ++i) {
        lines[i * Lanes::kCount + lane] = line[i];
      }
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (std::size_t column = 0; column < kPdqSamples; ++column) {
        const Taps taps = x[i][column];
        const float* from = lines + taps.first * Lanes::kCount;
        typename Lanes::Vector sums{};
        for (const float weight : taps.weights) {
          typename Lanes::Vector some;
          Lanes::load(some, from);
          sums += weight * some;
          from += Lanes::kCount;
        }
        for (std::size_t lane = 0; lane < Lanes::kCount; ++lane) {
          samples[i][(row + lane) * kPdqSamples + column] = sums[lane];
        }
      }
    }
  }
}

template <typename Lanes>
[[gnu::always_inline]] inline void transform_body(const PdqSamples& samples,
                                                  PdqCoefficients& coefficients) {
  constexpr std::size_t kVectors = 4;
  for (std::size_t i = 0; i < kPdqFrequencies; ++i) {
    std::array<float, kPdqSamples> line{};
    for (std::size_t j = 0; j < kPdqSamples; j += kVectors * Lanes::kCount) {
      std::array<typename Lanes::Vector, kVectors> sums{};
      for (std::size_t k = 0; k < kPdqSamples; ++k) {
        for (std::size_t v = 0; v < kVectors; ++v) {
          typename Lanes::Vector some;
          Lanes::load(some, &samples[k * kPdqSamples + j + v * Lanes::kCount]);
          sums[v] += kBasis[k][i] * some;
        }
      }
      for (std::size_t v = 0; v < kVectors; ++v) {
        Lanes::store(sums[v], &line[j + v * Lanes::kCount]);
      }
    }
    std::array<typename Lanes::Vector, kPdqFrequencies / Lanes::kCount> sums{};
    for (std::size_t k = 0; k < kPdqSamples; ++k) {
      for (std::size_t v = 0; v < sums.size(); ++v) {
        typename Lanes::Vector some;
        Lanes::load(some, &kBasis[k][v * Lanes::kCount]);
        sums[v] += line[k] * some;
      }
    }
    for (std::size_t v = 0; v < sums.size(); ++v) {
      Lanes::store(sums[v], &coefficients[i * kPdqFrequencies + v * Lanes::kCount]);
    }
  }
}

[[gnu::always_inline]] inline int step(float a, float b) {
  const int hundredths = static_cast<int>((a - b) * 100 / 255);
  return hundredths < 0 ? -hundredths : hundredths;
}

[[gnu::always_inline]] inline int sum_of_steps_body(const PdqSamples& samples) {
  int sum = 0;
  for (std::size_t i = 0; i + kPdqSamples < samples.size(); ++i) {
    sum += step(samples[i], samples[i + kPdqSamples]);
  }
  for (std::size_t row = 0; row < samples.size(); row += kPdqSamples) {
    for (std::size_t column = 0; column + 1 < kPdqSamples; ++column) {
      sum += step(samples[row + column], samples[row + column + 1]);
    }
  }
  return sum;
}

void sample_baseline(const GrayPicture& picture, std::span<const AxisTaps> x, const AxisTaps& y,
                     float* room, std::span<PdqSamples> samples) {
  sample_body<Lanes<4>>(picture, x, y, room, samples);
}

void transform_baseline(const PdqSamples& samples, PdqCoefficients& coefficients) {
  transform_body<Lanes<4>>(samples, coefficients);
}

int sum_of_steps_baseline(const PdqSamples& samples) { return sum_of_steps_body(samples); }

[[gnu::target("avx2")]] void sample_avx2(const GrayPicture& picture, std::span<const AxisTaps> x,
                                         const AxisTaps& y, float* room,
                                         std::span<PdqSamples> samples) {
  sample_body<Lanes<8>>(picture, x, y, room, samples);
}

[[gnu::target("avx2")]] void transform_avx2(const PdqSamples& samples,
                                            PdqCoefficients& coefficients) {
  transform_body<Lanes<8>>(samples, coefficients);
}

[[gnu::target("avx2")]] int sum_of_steps_avx2(const PdqSamples& samples) {
  return sum_of_steps_body(samples);
}

}  // namespace

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets{InstructionSet::Baseline};
  if (__builtin_cpu_supports("avx2")) {
    sets.push_back(InstructionSet::Avx2);
  }
  return sets;
}

void sample(InstructionSet set, const GrayPicture& picture, std::span<const AxisTaps> x,
            const AxisTaps& y, std::span<PdqSamples> samples) {
  std::vector<float> room((1 + kMostLanes) * picture.x.cells);
  const auto version = set == InstructionSet::Avx2 ? sample_avx2 : sample_baseline;
  version(picture, x, y, room.data(), samples);
}

int sum_of_steps(InstructionSet set, const PdqSamples& samples) {
  return set == InstructionSet::Avx2 ? sum_of_steps_avx2(samples) : sum_of_steps_baseline(samples);
}

PdqCoefficients transform(InstructionSet set, const PdqSamples& samples) {
  PdqCoefficients coefficients{};
  const auto version = set == InstructionSet::Avx2 ? transform_avx2 : transform_baseline;
  version(samples, coefficients);
  return coefficients;
}

}  // namespace sightingd
