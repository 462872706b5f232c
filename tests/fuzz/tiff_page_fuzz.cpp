#include "pipeline/image/format/tiff/tiff_page.h"

#include "pipeline/image/format/tiff/tiff_carriers.h"
#include "pipeline/image/metadata/facts.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sightingd;

// Whoever decodes the page relies on this.
bool is_whole(const TiffPage& page, const ImageLimits& limits) {
  const std::uint64_t blocks = std::uint64_t{page.planes()} * page.bands() * page.columns();
  const bool has_map = page.samples.colours == TiffColours::Palette;
  const std::size_t map = has_map ? std::size_t{6} << page.samples.bits : 0;
  return std::uint64_t{page.width} * page.height <= limits.max_pixels &&
         page.block_row_bytes() > 0 && page.blocks.size() == blocks &&
         page.colour_map.size() == map;
}

}  // namespace

// The directories of a TIFF file, without its pixels: no page leads to more bytes than the file
// has, and a place that comes out is on earth.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ImageLimits limits{.max_pixels = 1'000'000};
  std::uint64_t unread = size;
  Carriers carriers;
  const TiffNumbers numbers(bytes.starts_with("MM"));
  const auto directories = tiff_directories(bytes, numbers);
  const TiffParts parts(bytes, numbers, directories);
  for (const TiffDirectory& directory : directories) {
    add_tiff_carriers(carriers, bytes, directory);
    if (!is_full_picture(directory)) {
      continue;
    }
    const auto page = read_tiff_page(parts, directory, limits, unread);
    if (unread > size || (page && !is_whole(*page, limits))) {
      std::abort();
    }
  }
  const auto location = read_metadata(carriers).location;
  if (location && !(std::abs(location->latitude) <= 90 && std::abs(location->longitude) <= 180)) {
    std::abort();
  }
  return 0;
}
