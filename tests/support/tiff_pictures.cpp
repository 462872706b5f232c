#include "tests/support/tiff_pictures.h"

#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

namespace sightingd::test {
namespace {

// A file of libtiff's that lies in memory.
struct MemoryFile {
  std::string bytes;
  std::size_t at = 0;
};

tmsize_t read_memory(thandle_t handle, void* into, tmsize_t size) {
  auto& file = *static_cast<MemoryFile*>(handle);
  const std::size_t count = std::min(static_cast<std::size_t>(size),
                                     file.bytes.size() - std::min(file.at, file.bytes.size()));
  std::memcpy(into, file.bytes.data() + file.at, count);
  file.at += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t write_memory(thandle_t handle, void* from, tmsize_t size) {
  auto& file = *static_cast<MemoryFile*>(handle);
  const auto count = static_cast<std::size_t>(size);
  file.bytes.resize(std::max(file.bytes.size(), file.at + count));
  std::memcpy(file.bytes.data() + file.at, from, count);
  file.at += count;
  return size;
}

toff_t seek_memory(thandle_t handle, toff_t offset, int whence) {
  auto& file = *static_cast<MemoryFile*>(handle);
  file.at = static_cast<std::size_t>(offset) + (whence == SEEK_CUR   ? file.at
                                                : whence == SEEK_END ? file.bytes.size()
                                                                     : 0);
  return file.at;
}

int close_memory(thandle_t) { return 0; }
toff_t size_of_memory(thandle_t handle) { return static_cast<MemoryFile*>(handle)->bytes.size(); }

int map_memory(thandle_t handle, void** base, toff_t* size) {
  auto& file = *static_cast<MemoryFile*>(handle);
  *base = file.bytes.data();
  *size = file.bytes.size();
  return 1;
}
void unmap_memory(thandle_t, void*, toff_t) {}

int stay_silent(TIFF*, void*, const char*, const char*, va_list) { return 1; }

using TiffHandle = std::unique_ptr<TIFF, decltype(&TIFFClose)>;

TiffHandle open_memory(MemoryFile& file, const char* mode) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(
      TIFFOpenOptionsAlloc(), &TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), stay_silent, nullptr);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), stay_silent, nullptr);
  return {TIFFClientOpenExt("", mode, &file, read_memory, write_memory, seek_memory, close_memory,
                            size_of_memory, map_memory, unmap_memory, options.get()),
          &TIFFClose};
}

std::string number(std::uint32_t value, int bytes, ByteOrder order) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    text += static_cast<char>(value >> 8 * (order == ByteOrder::Little ? i : bytes - 1 - i));
  }
  return text;
}

// ---- Samples

std::uint8_t luma(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

std::uint8_t clamped(double value) {
  return static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
}

// Of one pixel, 8 bits each.
std::vector<std::uint8_t> samples_of(const std::uint8_t* rgb, int photometric) {
  const std::uint8_t y = luma(rgb);
  switch (photometric) {
    case 0:
      return {static_cast<std::uint8_t>(255 - y)};
    case 1:
    case 3:
      return {y};
    case 5:
      return {static_cast<std::uint8_t>(255 - rgb[0]), static_cast<std::uint8_t>(255 - rgb[1]),
              static_cast<std::uint8_t>(255 - rgb[2]), 0};
    case 6:
      return {y, clamped(128 + 0.564 * (rgb[2] - y)), clamped(128 + 0.713 * (rgb[0] - y))};
    case 8:
      return {y, 0, 0};
    default:
      return {rgb[0], rgb[1], rgb[2]};
  }
}

int samples_a_pixel(const TiffOptions& options) {
  const std::uint8_t black[3] = {0, 0, 0};
  return static_cast<int>(samples_of(black, options.photometric).size()) +
         (options.alpha.empty() ? 0 : 1);
}

class RowWriter {
 public:
  explicit RowWriter(const TiffOptions& options) : options_(options) {}

  void add(std::uint8_t sample) {
    if (options_.bits >= 8) {
      row_ +=
          number(options_.bits == 16 ? sample * 257U : sample, options_.bits / 8, options_.order);
      return;
    }
    held_ = held_ << options_.bits | sample >> (8 - options_.bits);
    count_ += options_.bits;
    if (count_ == 8) {
      row_ += static_cast<char>(held_);
      held_ = 0;
      count_ = 0;
    }
  }

  std::string finish() {
    if (count_ > 0) {
      row_ += static_cast<char>(held_ << (8 - count_));
    }
    return row_;
  }

 private:
  const TiffOptions& options_;
  std::string row_;
  int held_ = 0;
  int count_ = 0;
};

struct Area {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

// What lies beyond the picture repeats its last row and column. `plane` -1: all samples.
std::string area_of(const Picture& picture, const Area& area, int plane,
                    const TiffOptions& options) {
  std::string bytes;
  for (int y = area.y; y < area.y + area.height; ++y) {
    RowWriter row(options);
    for (int x = area.x; x < area.x + area.width; ++x) {
      const int column = std::min(x, picture.width - 1);
      const int line = std::min(y, picture.height - 1);
      std::vector<std::uint8_t> samples = samples_of(picture.at(column, line), options.photometric);
      if (!options.alpha.empty()) {
        samples.push_back(options.alpha[static_cast<std::size_t>(line * picture.width + column)]);
      }
      for (std::size_t i = 0; i < samples.size(); ++i) {
        if (plane < 0 || plane == static_cast<int>(i)) {
          row.add(samples[i]);
        }
      }
    }
    bytes += row.finish();
  }
  return bytes;
}

// ---- Blocks

std::string with_bits_turned(std::string bytes) {
  for (char& c : bytes) {
    int turned = 0;
    for (int i = 0; i < 8; ++i) {
      turned |= (c >> i & 1) << (7 - i);
    }
    c = static_cast<char>(turned);
  }
  return bytes;
}

struct CodedBlock {
  std::string bytes;
  std::string jpeg_tables;
};

CodedBlock coded(std::string samples, const Area& area, int count, const TiffOptions& options) {
  if (options.compression == 1) {
    return {options.fill_order == 2 ? with_bits_turned(samples) : samples, {}};
  }
  MemoryFile file;
  {
    const auto tiff = open_memory(file, options.order == ByteOrder::Little ? "wl" : "wb");
    TIFF* t = tiff.get();
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, area.width);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, area.height);
    TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, area.height);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, options.bits);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, count);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, 1);
    TIFFSetField(t, TIFFTAG_FILLORDER, options.fill_order);
    TIFFSetField(t, TIFFTAG_COMPRESSION, options.compression);
    const bool is_jpeg = options.compression == 7;
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, is_jpeg ? options.photometric : 1);
    if (is_jpeg && options.photometric == 6) {
      TIFFSetField(t, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      TIFFSetField(t, TIFFTAG_YCBCRSUBSAMPLING, options.subsampling, options.subsampling);
    }
    if (options.predictor != 1) {
      TIFFSetField(t, TIFFTAG_PREDICTOR, options.predictor);
    }
    if (options.bits == 16 && options.order == ByteOrder::Big) {
      for (std::size_t i = 0; i + 1 < samples.size(); i += 2) {
        std::swap(samples[i], samples[i + 1]);  // libtiff takes the machine's order.
      }
    }
    if (TIFFWriteEncodedStrip(t, 0, samples.data(), static_cast<tmsize_t>(samples.size())) < 0) {
      throw std::runtime_error("libtiff did not encode a test picture");
    }
  }
  file.at = 0;
  const auto tiff = open_memory(file, "r");
  CodedBlock block;
  block.bytes.resize(static_cast<std::size_t>(TIFFRawStripSize(tiff.get(), 0)));
  TIFFReadRawStrip(tiff.get(), 0, block.bytes.data(), static_cast<tmsize_t>(block.bytes.size()));
  std::uint32_t size = 0;
  const char* tables = nullptr;
  if (TIFFGetField(tiff.get(), TIFFTAG_JPEGTABLES, &size, &tables) == 1) {
    block.jpeg_tables.assign(tables, size);
  }
  return block;
}

// Libtiff's JPEG encoder is given RGB and makes YCbCr of it.
TiffOptions as_libtiff_takes_it(TiffOptions options) {
  if (options.compression == 7 && options.photometric == 6) {
    options.photometric = 2;
  }
  return options;
}

std::string colour_map(const TiffOptions& options) {
  std::string map;
  for (int colour = 0; colour < 3; ++colour) {
    for (unsigned i = 0; i < 1U << options.bits; ++i) {
      map += number(i * 0xffffU / ((1U << options.bits) - 1), 2, options.order);
    }
  }
  return map;
}

ExifEntry shorts(std::uint16_t tag, const std::vector<int>& values, ByteOrder order) {
  std::string bytes;
  for (const int value : values) {
    bytes += number(static_cast<std::uint32_t>(value), 2, order);
  }
  return {tag, 3, static_cast<std::uint32_t>(values.size()), bytes};
}

ExifEntry longs(std::uint16_t tag, const std::vector<std::uint32_t>& values, ByteOrder order) {
  std::string bytes;
  for (const std::uint32_t value : values) {
    bytes += number(value, 4, order);
  }
  return {tag, 4, static_cast<std::uint32_t>(values.size()), bytes};
}

ExifEntry bytes_entry(std::uint16_t tag, std::uint16_t type, const std::string& value) {
  return {tag, type, static_cast<std::uint32_t>(value.size()), value};
}

// The directory that will stand at the end of `file`.
void append_directory(std::string& file, std::vector<ExifEntry> entries, ByteOrder order,
                      bool is_last) {
  std::ranges::stable_sort(entries, {}, &ExifEntry::tag);
  const std::size_t values_at = file.size() + 2 + 12 * entries.size() + 4;
  std::string table = number(static_cast<std::uint32_t>(entries.size()), 2, order);
  std::string values;
  for (const ExifEntry& entry : entries) {
    table +=
        number(entry.tag, 2, order) + number(entry.type, 2, order) + number(entry.count, 4, order);
    if (entry.value.size() <= 4) {
      table += entry.value + std::string(4 - entry.value.size(), '\0');
    } else {
      table += number(static_cast<std::uint32_t>(values_at + values.size()), 4, order);
      values += entry.value + std::string(entry.value.size() % 2, '\0');
    }
  }
  const std::size_t end = values_at + values.size();
  file += table + number(is_last ? 0 : static_cast<std::uint32_t>(end), 4, order) + values;
}

}  // namespace

void TiffPageParts::set(const ExifEntry& entry) {
  remove(entry.tag);
  entries.push_back(entry);
}

void TiffPageParts::remove(std::uint16_t tag) {
  std::erase_if(entries, [tag](const ExifEntry& entry) { return entry.tag == tag; });
}

TiffPageParts tiff_page(const Picture& picture, const TiffOptions& options) {
  const ByteOrder order = options.order;
  const TiffOptions drawn = as_libtiff_takes_it(options);
  const int samples = samples_a_pixel(options);
  const int block_width = options.tile > 0 ? options.tile : picture.width;
  const int block_height = options.tile > 0             ? options.tile
                           : options.rows_per_strip > 0 ? options.rows_per_strip
                                                        : picture.height;
  TiffPageParts page{.is_tiled = options.tile > 0};
  std::string tables;
  for (int plane = options.planar ? 0 : -1; plane < (options.planar ? samples : 0); ++plane) {
    for (int y = 0; y < picture.height; y += block_height) {
      for (int x = 0; x < picture.width; x += block_width) {
        const int rows = page.is_tiled ? block_height : std::min(block_height, picture.height - y);
        const Area area{x, y, block_width, rows};
        const CodedBlock block = coded(area_of(picture, area, plane, drawn), area,
                                       options.planar ? 1 : samples, options);
        page.blocks.push_back(block.bytes);
        tables = block.jpeg_tables;
      }
    }
  }
  page.entries = {
      longs(256, {static_cast<std::uint32_t>(picture.width)}, order),
      longs(257, {static_cast<std::uint32_t>(picture.height)}, order),
      shorts(258, std::vector<int>(static_cast<std::size_t>(samples), options.bits), order),
      shorts(259, {options.compression}, order),
      shorts(262, {options.photometric}, order),
      shorts(277, {samples}, order),
      shorts(284, {options.planar ? 2 : 1}, order)};
  if (page.is_tiled) {
    page.set(shorts(322, {block_width}, order));
    page.set(shorts(323, {block_height}, order));
  } else {
    page.set(shorts(278, {block_height}, order));
  }
  if (options.fill_order != 1) {
    page.set(shorts(266, {options.fill_order}, order));
  }
  if (options.predictor != 1) {
    page.set(shorts(317, {options.predictor}, order));
  }
  if (options.photometric == 3) {
    page.set({320, 3, 3U << options.bits, colour_map(options)});
  }
  if (!options.alpha.empty()) {
    page.set(shorts(338, {options.extra}, order));
  }
  if (!tables.empty()) {
    page.set(bytes_entry(347, 7, tables));
  }
  if (options.photometric == 6) {
    const int subsampling = options.compression == 7 ? options.subsampling : 1;
    page.set(shorts(530, {subsampling, subsampling}, order));
  }
  return page;
}

void add_extras(TiffPageParts& page, const Extras& extras) {
  if (!extras.xmp.empty()) {
    page.set(bytes_entry(700, 1, extras.xmp));
  }
  if (!extras.icc.empty()) {
    page.set(bytes_entry(34675, 7, extras.icc));
  }
  if (!extras.comment.empty()) {
    page.set(bytes_entry(270, 2, extras.comment + '\0'));
    page.set(bytes_entry(65000, 7, extras.comment));
  }
  if (extras.c2pa) {
    page.set(bytes_entry(52545, 7, "jumb of c2pa"));
  }
}

std::string tiff_file(const std::vector<TiffPageParts>& pages, ByteOrder order,
                      std::string_view exif) {
  constexpr std::size_t kHeader = 8;
  std::string file(exif);
  std::vector<ExifEntry> of_exif;
  if (exif.empty()) {
    file = (order == ByteOrder::Little ? "II" : "MM") + number(42, 2, order) + number(0, 4, order);
  } else {
    // Its first directory stands behind the header. The offsets in it stay right.
    const auto read = [&](std::size_t at, int bytes) {
      std::uint32_t value = 0;
      for (int i = 0; i < bytes; ++i) {
        const auto byte = static_cast<std::uint8_t>(exif[at + static_cast<std::size_t>(i)]);
        value |= static_cast<std::uint32_t>(byte)
                 << 8 * (order == ByteOrder::Little ? i : bytes - 1 - i);
      }
      return value;
    };
    for (std::size_t i = 0; i < read(kHeader, 2); ++i) {
      const std::size_t at = kHeader + 2 + 12 * i;
      // As a value of four bytes, whatever lies there.
      of_exif.push_back({static_cast<std::uint16_t>(read(at, 2)),
                         static_cast<std::uint16_t>(read(at + 2, 2)), read(at + 4, 4),
                         std::string(exif.substr(at + 8, 4))});
    }
  }
  std::size_t link = 4;  // Where the offset of the next directory stands.
  for (const TiffPageParts& page : pages) {
    std::vector<std::uint32_t> offsets;
    std::vector<std::uint32_t> sizes;
    for (const std::string& block : page.blocks) {
      offsets.push_back(static_cast<std::uint32_t>(file.size()));
      const auto size = static_cast<std::uint32_t>(block.size());
      sizes.push_back(page.sizes == BlockSizes::Said      ? size
                      : page.sizes == BlockSizes::TooLong ? size + 3'000
                                                          : 0);
      file += block;
    }
    file.resize(file.size() + file.size() % 2);
    TiffPageParts whole = page;
    if (!page.gps.empty()) {
      whole.set(longs(34853, {static_cast<std::uint32_t>(file.size())}, order));
      append_directory(file, page.gps, order, true);
    }
    file.replace(link, 4, number(static_cast<std::uint32_t>(file.size()), 4, order));
    if (&page == &pages.front()) {
      std::ranges::for_each(of_exif, [&](const ExifEntry& entry) { whole.set(entry); });
    }
    whole.set(longs(page.is_tiled ? 324 : 273, offsets, order));
    if (page.sizes != BlockSizes::Missing) {
      whole.set(longs(page.is_tiled ? 325 : 279, sizes, order));
    }
    link = file.size() + 2 + 12 * whole.entries.size();
    append_directory(file, whole.entries, order, &page == &pages.back());
  }
  return file;
}

std::string encode_tiff(const Picture& picture, const Extras& extras, TiffOptions options) {
  if (!extras.exif.empty()) {
    options.order = extras.exif.starts_with("MM") ? ByteOrder::Big : ByteOrder::Little;
  }
  TiffPageParts page = tiff_page(picture, options);
  add_extras(page, extras);
  return tiff_file({page}, options.order, extras.exif) + extras.trailer;
}

std::vector<std::uint32_t> libtiff_pixels(std::string_view file, std::uint16_t page) {
  MemoryFile memory{std::string(file)};
  const auto tiff = open_memory(memory, "r");
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  if (!tiff || (page > 0 && TIFFSetDirectory(tiff.get(), page) != 1) ||
      TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &width) != 1 ||
      TIFFGetField(tiff.get(), TIFFTAG_IMAGELENGTH, &height) != 1) {
    return {};
  }
  constexpr std::uint64_t kMostPixels = 16'000'000;
  if (std::uint64_t{width} * height > kMostPixels) {
    return {};
  }
  std::vector<std::uint32_t> pixels(std::size_t{width} * height);
  const bool is_read = TIFFReadRGBAImageOriented(tiff.get(), width, height, pixels.data(),
                                                 ORIENTATION_TOPLEFT, 1) == 1;
  return is_read ? pixels : std::vector<std::uint32_t>();
}

std::uint16_t libtiff_directories(std::string_view file) {
  MemoryFile memory{std::string(file)};
  const auto tiff = open_memory(memory, "r");
  return tiff ? static_cast<std::uint16_t>(TIFFNumberOfDirectories(tiff.get())) : std::uint16_t{0};
}

}  // namespace sightingd::test
