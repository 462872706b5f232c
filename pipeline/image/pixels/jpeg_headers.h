#pragma once

#include "pipeline/image/format/jpeg/jpeg_scans.h"
#include "pipeline/image/pixels/huffman_table.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sightingd {

/// What a JPEG file says before its only scan.
struct JpegHeaders {
  static constexpr std::size_t kCoefficients = 64;
  /// The steps of a component's coefficients, in the order of a scan.
  using Quantisation = std::array<std::uint16_t, kCoefficients>;

  std::array<std::optional<Quantisation>, 4> quantisations;
  std::array<std::optional<HuffmanTable>, 4> dc;
  std::array<std::optional<HuffmanTable>, 4> ac;
  std::optional<JpegScans> frame;
  std::optional<JpegScan> scan;
  std::size_t restart_interval = 0;  ///< In units of the scan; 0: none.
  std::string_view coded;            ///< From the scan to the end of the file.

  /// True when they are those of the usual file, which libjpeg takes too, in colours as well:
  /// sequential Huffman coding of 8 bits, gray or YCbCr, luma at full size and colours at whole
  /// parts of it, all components and their tables in this scan.
  bool read(std::string_view file);

 private:
  bool read_segment(std::uint8_t marker, std::string_view content);
  bool read_frame(std::uint8_t marker, std::string_view content);
  bool read_quantisations(std::string_view content);
  bool read_codes(std::string_view content);
  bool is_usual() const;
  bool is_gray_or_ycbcr() const;

  bool has_jfif_ = false;
  std::optional<std::uint8_t> adobe_transform_;
};

}  // namespace sightingd
