#include "pipeline/image/format/tiff/tiff_parts.h"

#include "pipeline/image/format/bytes.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace sightingd {
namespace {

constexpr std::size_t kHeader = 8;
// Of all directories that others name. Programs write some dozens of entries in a few of them.
constexpr std::size_t kMostEntries = 65'536;
// 80 megapixels in tiles of 16 x 16 have some 300,000 blocks.
constexpr std::size_t kMostBlocks = 1'000'000;

}  // namespace

TiffParts::TiffParts(std::string_view file, TiffNumbers numbers,
                     const std::vector<TiffDirectory>& directories)
    : file_(file) {
  add(file.substr(0, kHeader));
  std::vector<std::uint32_t> named;
  const auto take = [&](const TiffDirectory& directory) {
    add_directory(directory);
    for (const TiffEntry& entry : directory.entries()) {
      const TiffValues values(names_directories(entry.tag) ? &entry : nullptr, numbers);
      for (std::size_t i = 0; i < values.size() && named.size() < kMostEntries; ++i) {
        named.push_back(values[i]);
      }
    }
  };
  std::ranges::for_each(directories, take);
  std::set<std::uint32_t> seen;
  std::size_t entries = 0;
  for (std::size_t i = 0; i < named.size() && entries < kMostEntries; ++i) {
    if (const auto directory = seen.insert(named[i]).second
                                   ? TiffDirectory::read(file, numbers, named[i])
                                   : std::nullopt) {
      entries += directory->entries().size();
      take(*directory);
    }
  }
  merge();
  std::ranges::sort(blocks_);
}

std::string_view TiffParts::block(std::size_t at, std::uint64_t size) const {
  std::size_t end = file_.size();
  const auto next = std::ranges::upper_bound(extents_, at, {}, &Extent::begin);
  if (next != extents_.begin() && std::prev(next)->end > at) {
    return {};
  }
  if (next != extents_.end()) {
    end = next->begin;
  }
  const auto other = std::ranges::upper_bound(blocks_, at);
  if (other != blocks_.end()) {
    end = std::min<std::size_t>(end, *other);
  }
  return at < end ? slice(file_, at, std::min<std::uint64_t>(size, end - at)) : std::string_view();
}

void TiffParts::add(std::string_view part) {
  if (!part.empty()) {
    const auto begin = static_cast<std::size_t>(part.data() - file_.data());
    extents_.push_back({begin, begin + part.size()});
  }
}

void TiffParts::add_directory(const TiffDirectory& directory) {
  add(directory.table());
  for (const TiffEntry& entry : directory.entries()) {
    add(entry.value);
  }
  for (const std::uint16_t tag : {tiff::kStripOffsets, tiff::kTileOffsets, tiff::kJpegOffset}) {
    const TiffValues offsets = directory.values(tag);
    for (std::size_t i = 0; i < offsets.size() && blocks_.size() < kMostBlocks; ++i) {
      blocks_.push_back(offsets[i]);
    }
  }
}

void TiffParts::merge() {
  std::ranges::sort(extents_, {}, &Extent::begin);
  std::vector<Extent> merged;
  for (const Extent& extent : extents_) {
    if (!merged.empty() && extent.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, extent.end);
    } else {
      merged.push_back(extent);
    }
  }
  extents_ = std::move(merged);
}

}  // namespace sightingd
