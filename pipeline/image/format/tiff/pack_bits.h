#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sightingd {

/// Unpacks bytes (TIFF 6.0, section 9) row by row. libtiff does so only where each row is packed
/// for itself, as it should be, and else loses what a run has beyond the end of a row.
class PackBits {
 public:
  /// `packed` must outlive it. With `is_turned` the lowest bit of each of its bytes is the first.
  PackBits(std::string_view packed, bool is_turned) : packed_(packed), is_turned_(is_turned) {}

  /// Fills `row`; false when there is not enough.
  bool next(std::string& row);

 private:
  unsigned take();

  std::string_view packed_;
  bool is_turned_;
  std::size_t copies_ = 0;    // Of `copied_`, that are still to come.
  std::size_t literals_ = 0;  // Bytes that are still to be taken as they are.
  char copied_ = 0;
};

}  // namespace sightingd
