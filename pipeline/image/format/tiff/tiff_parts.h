#pragma once

#include "pipeline/image/format/tiff/tiff_directory.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sightingd {

/// What lies where in a TIFF file, so that nothing else is taken for samples of a picture: its
/// header, directories, those that they name (EXIF, GPS and their like), their values, and where
/// the blocks of all pictures begin.
class TiffParts {
 public:
  /// Views into `file`. `directories` are all of the file's.
  TiffParts(std::string_view file, TiffNumbers numbers,
            const std::vector<TiffDirectory>& directories);

  std::string_view file() const { return file_; }

  /// The bytes from `at` on, `size` at most, up to the next part that begins behind it. Empty
  /// where a header, a directory or a value lies.
  std::string_view block(std::size_t at, std::uint64_t size) const;

 private:
  struct Extent {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  void add(std::string_view part);
  void add_directory(const TiffDirectory& directory);
  void merge();

  std::string_view file_;
  std::vector<Extent> extents_;  // In order; none touches another.
  std::vector<std::uint32_t> blocks_;
};

}  // namespace sightingd
