#include "pipeline/image/format/tiff/tiff_carriers.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/tiff/tiff_writer.h"
#include "pipeline/image/metadata/exif_extent.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace sightingd {
namespace {

// Of an EXIF or GPS directory: dates, texts of coordinates and all numbers are shorter, notes of
// makers are not; cameras write some fifty entries.
constexpr std::size_t kLongestValue = 128;
constexpr std::size_t kMostEntries = 100;

std::vector<TiffTag> short_values(std::string_view file, const TiffDirectory& directory,
                                  std::uint16_t pointer) {
  std::vector<TiffTag> tags;
  const std::uint32_t at = directory.number(pointer);
  const auto sub = at == 0 ? std::nullopt : TiffDirectory::read(file, directory.numbers(), at);
  if (!sub) {
    return tags;
  }
  for (const TiffEntry& entry : sub->entries()) {
    // What stands where it points to would not be taken over.
    if (!names_a_directory(entry.tag) && !entry.value.empty() &&
        entry.value.size() <= kLongestValue && tags.size() < kMostEntries) {
      tags.push_back({entry.tag, entry.type, entry.count, std::string(entry.value)});
    }
  }
  return tags;
}

std::string exif_of(std::string_view file, const TiffDirectory& directory) {
  const TiffNumbers numbers = directory.numbers();
  const auto exif = short_values(file, directory, tiff::kExifDirectory);
  const auto gps = short_values(file, directory, tiff::kGpsDirectory);
  const std::uint32_t said = directory.number(tiff::kOrientation, 1);
  const std::uint32_t turn = said >= 1 && said <= 8 ? said : 1;
  const auto primary = [&](std::size_t exif_at, std::size_t gps_at) {
    std::vector<TiffTag> tags{
        tiff_shorts(numbers, tiff::kOrientation, {static_cast<std::uint16_t>(turn)})};
    if (!exif.empty()) {
      tags.push_back(
          tiff_longs(numbers, tiff::kExifDirectory, {static_cast<std::uint32_t>(exif_at)}));
    }
    if (!gps.empty()) {
      tags.push_back(
          tiff_longs(numbers, tiff::kGpsDirectory, {static_cast<std::uint32_t>(gps_at)}));
    }
    return tags;
  };
  std::string block = tiff_header(numbers);
  const std::size_t exif_at = block.size() + tiff_directory_size(primary(0, 0));
  const std::size_t gps_at = exif_at + (exif.empty() ? 0 : tiff_directory_size(exif));
  append_tiff_directory(block, numbers, primary(exif_at, gps_at), 0);
  for (const auto* tags : {&exif, &gps}) {
    if (!tags->empty()) {
      append_tiff_directory(block, numbers, *tags, 0);
    }
  }
  return block;
}

// Programs give it the type LONG, which it is not: libraries then turn its bytes around in files
// of the other byte order.
std::string iptc_of(std::string_view record) {
  constexpr char kBegins = 0x1c;
  constexpr std::size_t kLong = 4;
  std::string turned(record.substr(0, kLargestCarrier));
  if (!record.starts_with(kBegins) && record.size() >= kLong && record[kLong - 1] == kBegins) {
    for (std::size_t at = 0; at + kLong <= turned.size(); at += kLong) {
      std::reverse(turned.begin() + static_cast<std::ptrdiff_t>(at),
                   turned.begin() + static_cast<std::ptrdiff_t>(at + kLong));
    }
  }
  return turned;
}

}  // namespace

void add_tiff_carriers(Carriers& carriers, std::string_view file, const TiffDirectory& directory) {
  // The first says how the picture is turned; of others only those that say more count.
  const bool says_more = directory.has(tiff::kExifDirectory) || directory.has(tiff::kGpsDirectory);
  if (carriers.exif.size() < kMostCarriers && (carriers.exif.empty() || says_more)) {
    add_exif(carriers, exif_of(file, directory));
  }
  add_xmp(carriers, directory.bytes(tiff::kXmp));
  add_photoshop(carriers, directory.bytes(tiff::kPhotoshop));
  if (carriers.photoshop.size() < kMostCarriers) {
    add_photoshop(carriers, iptc_of(directory.bytes(tiff::kIptc)));
  }
  carriers.has_c2pa |= directory.has(tiff::kC2pa);
}

}  // namespace sightingd
