#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/heif/heif_file.h"
#include "pipeline/image/format/heif/heif_items.h"
#include "pipeline/image/format/heif/heif_streams.h"
#include "pipeline/image/pixels/decode.h"
#include "pipeline/image/verify/verify.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sightingd;

// How many units of HEVC a decoder reads: slices and parameter sets.
std::size_t units_of_hevc(std::string_view data, std::size_t length_size) {
  constexpr unsigned kLastParameterSet = 34;
  std::size_t count = 0;
  while (data.size() > length_size) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_size; ++i) {
      length = length << 8U | byte_at(data, i);
    }
    count += (byte_at(data, length_size) >> 1U & 0x3FU) <= kLastParameterSet ? 1 : 0;
    data = slice(data, length_size + length);
  }
  return count;
}

// An item is one picture, and its parameter sets stand beside it (ISO/IEC 23008-12, B.2). Of more
// libheif shows the last, and the first is kept.
bool is_one_picture(const HeifItem& item, std::size_t most) {
  const HeifProperty* configuration = item.find("hvcC");
  if (item.type != "hvc1" || configuration == nullptr) {
    return true;
  }
  const std::size_t length_size = hevc_length_size(configuration->content);
  const std::string data = item.data(most);
  const auto bare = bare_hevc(data, length_size);
  return bare && units_of_hevc(*bare, 4) == units_of_hevc(data, length_size);
}

bool is_comparable(std::string_view bytes) {
  const auto found = read_heif_items(bytes);
  return std::ranges::all_of(found->items, [&](const auto& entry) {
    const HeifItem& item = entry.second;
    // libheif leaks what it makes for dav1d of an item without bytes.
    const bool is_empty = item.type == "av01" && item.data(1).empty();
    return !is_empty && is_one_picture(item, bytes.size());
  });
}

}  // namespace

// A HEIC or AVIF file is the same picture before and after it was stripped.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto file = HeifFile::parse(bytes, {.max_pixels = 200'000});
  if (!file) {
    return 0;
  }
  const std::string stripped = file->stripped();
  if (!holds_only_the_picture(file->kind(), stripped, Orientation::Upright)) {
    std::abort();
  }
  const auto kept = decode_heif(stripped);
  if (!is_comparable(bytes)) {
    return 0;
  }
  const auto whole = decode_heif(bytes);
  if (whole && (!kept || whole->width != kept->width || whole->height != kept->height ||
                whole->gray.luma != kept->gray.luma)) {
    std::abort();
  }
  return 0;
}
