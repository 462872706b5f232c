#include "examiner/protocol.h"
#include "pipeline/image/examine.h"
#include "tests/support/plain_readers.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

// Decoders included. What is found can be told to the daemon, and what is stored can be examined
// again: the same picture, nothing about it. That it holds nothing else is asked of readers that
// share no code with what is tested.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const ImageLimits limits{.max_pixels = 1'000'000, .max_frames = 50};
  const Examination examined = examine({reinterpret_cast<const char*>(data), size}, limits);
  const auto* image = std::get_if<ExaminedImage>(&examined);
  if (image == nullptr) {
    return 0;
  }
  const std::string verdict = write_verdict(examined);
  auto told =
      read_verdict(std::string_view(verdict).substr(kHeaderSize), image->stripped.size(), limits);
  if (auto* told_image = told ? std::get_if<ExaminedImage>(&*told) : nullptr) {
    told_image->stripped = image->stripped;
  }
  if (!told || *told != examined) {
    std::abort();
  }
  const bool is_read_in_full =
      (image->photo.kind != ImageKind::Jpeg || test::libjpeg_reads_all(image->stripped)) &&
      (image->photo.kind != ImageKind::Png || test::libpng_reads_all(image->stripped));
  if (!is_read_in_full) {
    std::abort();
  }
  const Examination examined_again = examine(image->stripped, limits);
  const auto* again = std::get_if<ExaminedImage>(&examined_again);
  if (again == nullptr || again->stripped != image->stripped ||
      again->photo.pdq != image->photo.pdq || again->photo.location || again->photo.captured_at ||
      again->photo.provenance) {
    std::abort();
  }
  return 0;
}
