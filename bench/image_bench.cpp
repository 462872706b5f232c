// What examining a picture costs, beside the parts that nobody can avoid, in the same run:
// decoding at reduced size and digesting twice. The photo is drawn, with camera noise, at the
// size and weight of the campaign's: 1280x960, about 190 kB.
#include "pipeline/digest.h"
#include "pipeline/image/examine.h"
#include "pipeline/image/format/jpeg/jpeg_file.h"
#include "pipeline/image/hash/fingerprints.h"
#include "pipeline/image/pixels/decode.h"
#include "tests/support/pictures.h"

#include <benchmark/benchmark.h>

namespace sightingd {
namespace {

constexpr int kWidth = 1280;
constexpr int kHeight = 960;

test::Picture photo() { return test::with_noise(test::draw_scene(7, kWidth, kHeight), 7, 10); }

test::Extras camera_extras() {
  return {.exif = test::exif_block(test::CameraExif{.orientation = 6,
                                                    .latitude = 22.2167,
                                                    .longitude = 113.55,
                                                    .taken = "2026:01:31 18:22:10"}),
          .icc = test::icc_profile(560)};
}

const std::string& jpeg() {
  static const std::string file = test::encode_jpeg(photo(), camera_extras(), {.quality = 86});
  return file;
}

void examine_file(benchmark::State& state, const std::string& file) {
  const ImageLimits limits;
  for (auto _ : state) {
    benchmark::DoNotOptimize(examine(file, limits));
  }
  state.counters["bytes"] = static_cast<double>(file.size());
}

void BM_ExamineJpeg(benchmark::State& state) { examine_file(state, jpeg()); }
BENCHMARK(BM_ExamineJpeg)->Unit(benchmark::kMillisecond);

void BM_ReferenceDecodeAndTwoDigests(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode_jpeg(jpeg(), kWidth, kHeight));
    benchmark::DoNotOptimize(sha256(jpeg()));
    benchmark::DoNotOptimize(sha256(jpeg()));
  }
}
BENCHMARK(BM_ReferenceDecodeAndTwoDigests)->Unit(benchmark::kMillisecond);

void BM_StripJpeg(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(JpegFile::parse(jpeg(), {})->stripped(Orientation::Upright));
  }
}
BENCHMARK(BM_StripJpeg)->Unit(benchmark::kMillisecond);

void BM_HashReducedPicture(benchmark::State& state) {
  const GrayPicture picture = decode_jpeg(jpeg(), kWidth, kHeight).value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(fingerprints_of(picture, Orientation::Upright));
  }
}
BENCHMARK(BM_HashReducedPicture)->Unit(benchmark::kMillisecond);

void BM_ExamineProgressiveJpeg(benchmark::State& state) {
  examine_file(state, test::encode_jpeg(photo(), {}, {.quality = 80, .progressive = true}));
}
BENCHMARK(BM_ExamineProgressiveJpeg)->Unit(benchmark::kMillisecond);

void BM_ExaminePng(benchmark::State& state) { examine_file(state, test::encode_png(photo())); }
BENCHMARK(BM_ExaminePng)->Unit(benchmark::kMillisecond);

void BM_ExamineWebp(benchmark::State& state) { examine_file(state, test::encode_webp(photo())); }
BENCHMARK(BM_ExamineWebp)->Unit(benchmark::kMillisecond);

void BM_ExamineGif(benchmark::State& state) { examine_file(state, test::encode_gif({photo()})); }
BENCHMARK(BM_ExamineGif)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sightingd

BENCHMARK_MAIN();
