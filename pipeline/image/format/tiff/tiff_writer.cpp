#include "pipeline/image/format/tiff/tiff_writer.h"

namespace sightingd {
namespace {

constexpr std::size_t kInline = 4;

std::size_t table_size(std::size_t entries) { return 2 + 12 * entries + 4; }

// Behind the table.
std::size_t size_behind(const TiffTag& tag) {
  return tag.value.size() > kInline ? tag.value.size() + tag.value.size() % 2 : 0;
}

}  // namespace

TiffTag tiff_shorts(TiffNumbers numbers, std::uint16_t tag,
                    const std::vector<std::uint16_t>& values) {
  std::string bytes;
  for (const std::uint16_t value : values) {
    numbers.append16(bytes, value);
  }
  return {tag, tiff::kShort, static_cast<std::uint32_t>(values.size()), std::move(bytes)};
}

TiffTag tiff_longs(TiffNumbers numbers, std::uint16_t tag,
                   const std::vector<std::uint32_t>& values) {
  std::string bytes;
  for (const std::uint32_t value : values) {
    numbers.append32(bytes, value);
  }
  return {tag, tiff::kLong, static_cast<std::uint32_t>(values.size()), std::move(bytes)};
}

std::string tiff_header(TiffNumbers numbers) {
  constexpr std::size_t kSize = 8;
  std::string header = numbers.is_big() ? "MM" : "II";
  numbers.append16(header, 42);
  numbers.append32(header, kSize);
  return header;
}

std::size_t tiff_directory_size(const std::vector<TiffTag>& tags) {
  std::size_t size = table_size(tags.size());
  for (const TiffTag& tag : tags) {
    size += size_behind(tag);
  }
  return size;
}

void append_tiff_directory(std::string& file, TiffNumbers numbers, const std::vector<TiffTag>& tags,
                           std::size_t next) {
  const std::size_t values_at = file.size() + table_size(tags.size());
  std::string values;
  numbers.append16(file, tags.size());
  for (const TiffTag& tag : tags) {
    numbers.append16(file, tag.tag);
    numbers.append16(file, tag.type);
    numbers.append32(file, tag.count);
    if (size_behind(tag) == 0) {
      file += tag.value;
      file.append(kInline - tag.value.size(), '\0');
    } else {
      numbers.append32(file, values_at + values.size());
      values += tag.value;
      values.append(tag.value.size() % 2, '\0');
    }
  }
  numbers.append32(file, next);
  file += values;
}

}  // namespace sightingd
