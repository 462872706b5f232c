#include "pipeline/image/format/tiff/tiff_directory.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/metadata/exif_extent.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace sightingd {
namespace {

// As libtiff has it; programs write some dozens.
constexpr std::size_t kMostEntries = 4096;
// Over all directories of a chain, which may overlap.
constexpr std::size_t kMostEntriesOfAll = 65'536;

constexpr std::size_t kEntrySize = 12;

// Bytes of one value of each type; 0 for those that TIFF does not have.
std::size_t size_of_type(std::uint16_t type) {
  constexpr std::array<std::size_t, 14> kSizes{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
  return type < kSizes.size() ? kSizes[type] : 0;
}

TiffEntry read_entry(std::string_view file, TiffNumbers numbers, std::size_t at) {
  constexpr std::size_t kInline = 4;
  TiffEntry entry{.tag = numbers.at16(file, at),
                  .type = numbers.at16(file, at + 2),
                  .count = numbers.at32(file, at + 4),
                  .value = {}};
  const std::uint64_t size = std::uint64_t{entry.count} * size_of_type(entry.type);
  const std::uint64_t begin = size <= kInline ? at + 8 : numbers.at32(file, at + 8);
  if (size <= file.size() && begin <= file.size() - size) {
    entry.value = file.substr(begin, size);
  }
  return entry;
}

}  // namespace

bool names_directories(std::uint16_t tag) {
  return tag == tiff::kSubDirectories || names_a_directory(tag);
}

std::uint16_t TiffNumbers::at16(std::string_view bytes, std::size_t at) const {
  return is_big_ ? big16(bytes, at) : little16(bytes, at);
}

std::uint32_t TiffNumbers::at32(std::string_view bytes, std::size_t at) const {
  return is_big_ ? big32(bytes, at) : little32(bytes, at);
}

void TiffNumbers::append16(std::string& bytes, std::size_t value) const {
  is_big_ ? append_big16(bytes, value) : append_little16(bytes, value);
}

void TiffNumbers::append32(std::string& bytes, std::size_t value) const {
  is_big_ ? append_big32(bytes, value) : append_little32(bytes, value);
}

TiffValues::TiffValues(const TiffEntry* entry, TiffNumbers numbers) : numbers_(numbers) {
  const bool is_number =
      entry != nullptr &&
      (entry->type == tiff::kByte || entry->type == tiff::kShort || entry->type == tiff::kLong ||
       (entry->type == tiff::kDirectoryOffset && names_directories(entry->tag)));
  if (is_number) {
    bytes_ = entry->value;
    width_ = size_of_type(entry->type);
    size_ = bytes_.size() / width_;
  }
}

std::uint32_t TiffValues::operator[](std::size_t index) const {
  if (index >= size_) {
    return 0;
  }
  const std::size_t at = index * width_;
  return width_ == 1   ? byte_at(bytes_, at)
         : width_ == 2 ? numbers_.at16(bytes_, at)
                       : numbers_.at32(bytes_, at);
}

std::optional<TiffDirectory> TiffDirectory::read(std::string_view file, TiffNumbers numbers,
                                                 std::size_t at) {
  const std::size_t count = numbers.at16(file, at);
  const std::size_t end = at + 2 + count * kEntrySize;
  if (count == 0 || count > kMostEntries || end > file.size()) {
    return std::nullopt;
  }
  TiffDirectory directory(numbers);
  directory.table_ = file.substr(at, end + 4 - at);
  directory.entries_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    directory.entries_.push_back(read_entry(file, numbers, at + 2 + i * kEntrySize));
  }
  directory.next_ = numbers.at32(file, end);
  return directory;
}

const TiffEntry* TiffDirectory::find(std::uint16_t tag) const {
  const auto found = std::ranges::find(entries_, tag, &TiffEntry::tag);
  return found == entries_.end() ? nullptr : &*found;
}

std::uint32_t TiffDirectory::number(std::uint16_t tag, std::uint32_t otherwise) const {
  const TiffValues all = values(tag);
  return all.size() == 1 ? all[0] : otherwise;
}

std::string_view TiffDirectory::bytes(std::uint16_t tag) const {
  const TiffEntry* entry = find(tag);
  return entry == nullptr ? std::string_view() : entry->value;
}

std::vector<TiffDirectory> tiff_directories(std::string_view file, TiffNumbers numbers) {
  constexpr std::size_t kFirstAt = 4;
  std::vector<TiffDirectory> directories;
  std::set<std::uint32_t> seen;
  std::size_t entries = 0;
  std::uint32_t at = numbers.at32(file, kFirstAt);
  while (at != 0 && seen.insert(at).second) {
    auto directory = TiffDirectory::read(file, numbers, at);
    if (!directory || (entries += directory->entries().size()) > kMostEntriesOfAll) {
      break;
    }
    at = directory->next();
    directories.push_back(std::move(*directory));
  }
  return directories;
}

}  // namespace sightingd
