#include "pipeline/image/format/jpeg/jpeg_file.h"
#include "pipeline/image/pixels/jpeg_means.h"
#include "tests/support/plain_readers.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

// What is read without a decoder, libjpeg reads too, to the last byte of the file. Small files that
// are reduced: long and low ones.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto file = JpegFile::parse(bytes, {.max_pixels = 200'000});
  if (!file) {
    return 0;
  }
  const auto means = means_of_jpeg(bytes, file->width(), file->height());
  if (!means) {
    return 0;
  }
  const bool are_luma =
      means->luma.size() == means->x.cells * means->y.cells &&
      std::ranges::all_of(means->luma, [](float luma) { return luma >= 0 && luma <= 255; });
  if (!are_luma || !test::libjpeg_reads_all(bytes)) {
    std::abort();
  }
  return 0;
}
