#pragma once

#include "pipeline/image/format/tiff/tiff_directory.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sightingd {

/// An entry to be written, its value as it will stand in the file.
struct TiffTag {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::uint32_t count = 0;
  std::string value = {};
};

/// An entry with numbers of 16 or 32 bits.
TiffTag tiff_shorts(TiffNumbers numbers, std::uint16_t tag,
                    const std::vector<std::uint16_t>& values);
TiffTag tiff_longs(TiffNumbers numbers, std::uint16_t tag,
                   const std::vector<std::uint32_t>& values);

/// A file's first eight bytes, whose directory follows them.
std::string tiff_header(TiffNumbers numbers);

/// How many bytes the directory and the values of these entries take.
std::size_t tiff_directory_size(const std::vector<TiffTag>& tags);

/// Appends a directory at an even offset: its entries, which must be in ascending order, the
/// offset of the `next` one, and the values that are longer than four bytes, each filled up to an
/// even size with a zero.
void append_tiff_directory(std::string& file, TiffNumbers numbers, const std::vector<TiffTag>& tags,
                           std::size_t next);

}  // namespace sightingd
