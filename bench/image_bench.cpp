// image-bench
//
// What examining a photo costs, each figure beside its reference, in turns on one core: the whole
// stage, beside libjpeg-turbo's gray decode at an eighth of the size; strip and verify, beside
// libjpeg-turbo's copy without markers (`jpegtran -copy none`); PDQ of 512 x 512 luma samples,
// beside code that follows its definition. The photos are drawn, with camera noise, at the size
// and weight of the campaign's: 1280x960, about 190 kB. Prints a line of JSON for each; times are
// CPU time of this thread a photo, in milliseconds, the mean
// over the photos of the least of some rounds.
#include "pipeline/digest.h"
#include "pipeline/image/examine.h"
#include "pipeline/image/format/jpeg/jpeg_file.h"
#include "pipeline/image/hash/fingerprints.h"
#include "pipeline/image/hash/kernels.h"
#include "pipeline/image/hash/pdq.h"
#include "pipeline/image/pixels/decode.h"
#include "pipeline/image/verify/verify.h"
#include "tests/support/gray_pictures.h"

#include <turbojpeg.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sightingd::bench {
namespace {

constexpr int kWidth = 1280;
constexpr int kHeight = 960;
constexpr int kPhotos = 12;
constexpr int kRounds = 6;
constexpr int kInARow = 3;
constexpr std::size_t kSide = 512;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "image-bench: %s\n", what);
  std::exit(1);
}

std::string camera_jpeg(int seed) {
  const test::Extras extras{
      .exif = test::exif_block(test::CameraExif{.orientation = 6,
                                                .latitude = 22.2167,
                                                .longitude = 113.55,
                                                .taken = "2026:01:31 18:22:10"}),
      .icc = test::icc_profile(560)};
  return test::encode_jpeg(test::with_noise(test::draw_scene(seed, kWidth, kHeight), seed, 10),
                           extras, {.quality = 86});
}

GrayPicture gray_picture(int seed) {
  return test::unreduced(test::with_noise(test::draw_scene(seed, kSide, kSide), seed, 10));
}

// ---- References

struct TurboJpeg {
  explicit TurboJpeg(tjhandle made) : handle(made) {
    if (handle == nullptr) {
      fail("libjpeg-turbo cannot be initialised");
    }
  }
  ~TurboJpeg() { tjDestroy(handle); }
  TurboJpeg(const TurboJpeg&) = delete;
  TurboJpeg& operator=(const TurboJpeg&) = delete;

  tjhandle handle;
};

const unsigned char* bytes_of(const std::string& file) {
  return reinterpret_cast<const unsigned char*>(file.data());
}

void decode_an_eighth(const TurboJpeg& decoder, const std::string& file) {
  static std::vector<unsigned char> gray(kWidth / 8 * kHeight / 8);
  if (tjDecompress2(decoder.handle, bytes_of(file), file.size(), gray.data(), kWidth / 8, 0,
                    kHeight / 8, TJPF_GRAY, 0) != 0) {
    fail("libjpeg-turbo cannot decode");
  }
}

void copy_without_markers(const TurboJpeg& transformer, const std::string& file) {
  tjtransform transform{};
  transform.op = TJXOP_NONE;
  transform.options = TJXOPT_COPYNONE;
  unsigned char* out = nullptr;
  unsigned long size = 0;
  if (tjTransform(transformer.handle, bytes_of(file), file.size(), 1, &out, &size, &transform, 0) !=
      0) {
    fail("libjpeg-turbo cannot transform");
  }
  tjFree(out);
}

// PDQ as its definition reads (docs/fingerprints.md names it): two box filters over all rows and
// columns, 64 x 64 samples of the result, the transform, the median.
class DefinedPdq {
 public:
  PdqHash operator()(const std::vector<float>& luma, std::size_t width, std::size_t height) {
    luma_ = luma;
    passed_.resize(luma.size());
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t row = 0; row < height; ++row) {
        filter(&luma_[row * width], &passed_[row * width], width, 1);
      }
      for (std::size_t column = 0; column < width; ++column) {
        filter(&passed_[column], &luma_[column], height, width);
      }
    }
    return transformed(width, height);
  }

 private:
  // Means of windows of ceil(size / 128) samples; the window moves along.
  static void filter(const float* in, float* out, std::size_t size, std::size_t step) {
    const std::size_t window = (size + 127) / 128;
    const std::size_t after = (window + 2) / 2;
    const std::size_t before = window - after;
    float sum = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < std::min(after, size); ++i, ++count) {
      sum += in[i * step];
    }
    for (std::size_t i = 0; i < size; ++i) {
      out[i * step] = sum / static_cast<float>(count);
      if (i + after < size) {
        sum += in[(i + after) * step];
        ++count;
      }
      if (i >= before) {
        sum -= in[(i - before) * step];
        --count;
      }
    }
  }

  PdqHash transformed(std::size_t width, std::size_t height) const {
    constexpr std::size_t kSamples = 64;
    constexpr std::size_t kFrequencies = 16;
    const auto basis = [](std::size_t i, std::size_t j) {
      static const auto table = [] {
        std::vector<float> values;
        for (std::size_t a = 1; a <= kFrequencies; ++a) {
          for (std::size_t b = 0; b < kSamples; ++b) {
            values.push_back(static_cast<float>(
                std::sqrt(2.0 / 64) *
                std::cos(M_PI / 128 * static_cast<double>(a) * static_cast<double>(2 * b + 1))));
          }
        }
        return values;
      }();
      return table[i * kSamples + j];
    };
    std::vector<float> samples;
    for (std::size_t row = 0; row < kSamples; ++row) {
      for (std::size_t column = 0; column < kSamples; ++column) {
        samples.push_back(
            luma_[(2 * row + 1) * height / 128 * width + (2 * column + 1) * width / 128]);
      }
    }
    std::vector<float> half(kFrequencies * kSamples);
    for (std::size_t i = 0; i < kFrequencies; ++i) {
      for (std::size_t j = 0; j < kSamples; ++j) {
        for (std::size_t k = 0; k < kSamples; ++k) {
          half[i * kSamples + j] += basis(i, k) * samples[k * kSamples + j];
        }
      }
    }
    std::vector<float> coefficients(kFrequencies * kFrequencies);
    for (std::size_t i = 0; i < kFrequencies; ++i) {
      for (std::size_t j = 0; j < kFrequencies; ++j) {
        for (std::size_t k = 0; k < kSamples; ++k) {
          coefficients[i * kFrequencies + j] += half[i * kSamples + k] * basis(j, k);
        }
      }
    }
    std::vector<float> sorted = coefficients;
    std::nth_element(sorted.begin(), sorted.begin() + 127, sorted.end());
    PdqHash hash;
    for (std::size_t i = 0; i < coefficients.size(); ++i) {
      hash.words[i / 64] |= std::uint64_t{coefficients[i] > sorted[127] ? 1U : 0U} << i % 64;
    }
    return hash;
  }

  std::vector<float> luma_;
  std::vector<float> passed_;
};

// ---- Measuring

double now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

struct Contender {
  const char* name;
  std::function<void(int)> work;
};

// What each takes at least: some times in a row, so that it finds its data in the caches, and in
// turns, so that a slow moment of the machine meets all of them.
std::vector<double> least(const std::vector<Contender>& contenders, int photo) {
  std::vector<double> least(contenders.size(), 1e9);
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      for (int again = 0; again < kInARow; ++again) {
        const double begun = now();
        contenders[i].work(photo);
        least[i] = std::min(least[i], now() - begun);
      }
    }
  }
  return least;
}

void measure(const char* what, const std::vector<Contender>& contenders) {
  std::vector<double> times(contenders.size());
  for (int photo = 0; photo < kPhotos; ++photo) {
    const std::vector<double> of_photo = least(contenders, photo);
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      times[i] += of_photo[i];
    }
  }
  std::printf("{\"what\": \"%s\"", what);
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    std::printf(", \"%s\": %.4f", contenders[i].name, times[i] / kPhotos);
  }
  std::printf("}\n");
  std::fflush(stdout);
}

void measure_stage(const std::vector<std::string>& photos) {
  const TurboJpeg decoder(tjInitDecompress());
  const TurboJpeg transformer(tjInitTransform());
  const auto stage = [&](int photo) {
    const std::string& file = photos[static_cast<std::size_t>(photo)];
    const Examination examined = examine(file, {});
    const auto& image = std::get<ExaminedImage>(examined);
    if (sha256(file) == sha256(image.stripped)) {
      fail("nothing was stripped");
    }
  };
  const auto strip = [&](int photo) {
    const std::string& file = photos[static_cast<std::size_t>(photo)];
    const std::string stripped = JpegFile::parse(file, {})->stripped(Orientation::QuarterTurnRight);
    if (!holds_only_the_picture(ImageKind::Jpeg, stripped, Orientation::QuarterTurnRight)) {
      fail("what was stripped is not verified");
    }
  };
  measure("stage",
          {{"reference_ms",
            [&](int photo) { decode_an_eighth(decoder, photos[static_cast<std::size_t>(photo)]); }},
           {"ms", stage}});
  measure("strip", {{"reference_ms",
                     [&](int photo) {
                       copy_without_markers(transformer, photos[static_cast<std::size_t>(photo)]);
                     }},
                    {"ms", strip}});
}

// What the stage consists of.
void measure_parts(const std::vector<std::string>& photos) {
  std::vector<GrayPicture> decoded;
  for (const std::string& photo : photos) {
    decoded.push_back(decode_jpeg(photo, kWidth, kHeight).value());
  }
  measure("parts", {{"two_digests_ms",
                     [&](int photo) {
                       const std::string& file = photos[static_cast<std::size_t>(photo)];
                       if (sha256(file) != sha256(file)) {
                         fail("a digest changes");
                       }
                     }},
                    {"decode_ms",
                     [&](int photo) {
                       if (!decode_jpeg(photos[static_cast<std::size_t>(photo)], kWidth, kHeight)) {
                         fail("a photo cannot be decoded");
                       }
                     }},
                    {"fingerprints_ms", [&](int photo) {
                       if (fingerprints_of(decoded[static_cast<std::size_t>(photo)],
                                           Orientation::QuarterTurnRight)
                               .forms.empty()) {
                         fail("a photo has no fingerprint");
                       }
                     }}});
}

void measure_pdq() {
  std::vector<GrayPicture> pictures;
  for (int seed = 0; seed < kPhotos; ++seed) {
    pictures.push_back(gray_picture(seed));
  }
  DefinedPdq defined;
  int different = 0;
  for (const GrayPicture& picture : pictures) {
    for (const InstructionSet set : instruction_sets()) {
      different += distance(defined(picture.luma, kSide, kSide), pdq_reference(picture, set).hash);
    }
  }
  std::vector<Contender> contenders{
      {"reference_ms",
       [&](int photo) { defined(pictures[static_cast<std::size_t>(photo)].luma, kSide, kSide); }}};
  for (const InstructionSet set : instruction_sets()) {
    contenders.push_back(
        {set == InstructionSet::Avx2 ? "avx2_ms" : "baseline_ms",
         [&, set](int photo) { pdq_reference(pictures[static_cast<std::size_t>(photo)], set); }});
  }
  measure("pdq", contenders);
  std::printf("{\"what\": \"pdq_bits\", \"different\": %d}\n", different);
}

int run() {
  std::vector<std::string> photos;
  std::size_t bytes = 0;
  for (int seed = 1; seed <= kPhotos; ++seed) {
    photos.push_back(camera_jpeg(seed));
    bytes += photos.back().size();
  }
  std::printf("{\"what\": \"photos\", \"kilobytes\": %.0f}\n",
              static_cast<double>(bytes) / kPhotos / 1000);
  measure_stage(photos);
  measure_parts(photos);
  measure_pdq();
  return 0;
}

}  // namespace
}  // namespace sightingd::bench

int main() { return sightingd::bench::run(); }
