#pragma once

#include "pipeline/image/format/jpeg/jpeg_scans.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd {

/// The tables of a JPEG file, one by one: a segment may define several, and a later definition
/// takes the place of an earlier one (ITU-T T.81, B.2.4). Those that a scan uses are known, so
/// that the others can go: nobody looks at what stands in them.
class JpegTables {
 public:
  /// One DQT, DHT, DAC or DRI segment, in the order of add().
  struct Segment {
    struct Table {
      std::string_view bytes;
      bool is_used = false;
    };
    std::uint8_t marker = 0;
    std::vector<Table> tables;

    bool is_used() const;
  };

  /// Takes a segment apart. False when its content is not made of whole tables.
  bool add(std::uint8_t marker, std::string_view content);

  /// Marks the tables that a decoder looks at for this scan.
  void use(const JpegScans& frame, const JpegScan& scan);

  const std::vector<Segment>& segments() const { return segments_; }

 private:
  using Slot = std::pair<std::uint8_t, std::uint8_t>;  // Marker; class and number.

  void use(std::uint8_t marker, std::size_t slot);

  std::vector<Segment> segments_;
  std::map<Slot, std::pair<std::size_t, std::size_t>> current_;  // Segment and table.
  std::vector<bool> is_quantised_;  // Components whose table was taken in an earlier scan.
};

}  // namespace sightingd
