#pragma once

#include <cstdint>
#include <string_view>

/// Marker codes of ITU-T T.81, table B.1, and the names of the application segments.
namespace sightingd::jpeg {

inline constexpr std::uint8_t kSof0 = 0xc0;  ///< Baseline.
inline constexpr std::uint8_t kSof1 = 0xc1;  ///< Extended sequential, Huffman.
inline constexpr std::uint8_t kSof2 = 0xc2;  ///< Progressive, Huffman.
inline constexpr std::uint8_t kDht = 0xc4;
inline constexpr std::uint8_t kJpg = 0xc8;
inline constexpr std::uint8_t kSof9 = 0xc9;   ///< Extended sequential, arithmetic.
inline constexpr std::uint8_t kSof10 = 0xca;  ///< Progressive, arithmetic.
inline constexpr std::uint8_t kDac = 0xcc;
inline constexpr std::uint8_t kSof15 = 0xcf;
inline constexpr std::uint8_t kRst0 = 0xd0;
inline constexpr std::uint8_t kRst7 = 0xd7;
inline constexpr std::uint8_t kSoi = 0xd8;
inline constexpr std::uint8_t kEoi = 0xd9;
inline constexpr std::uint8_t kSos = 0xda;
inline constexpr std::uint8_t kDqt = 0xdb;
inline constexpr std::uint8_t kDri = 0xdd;
inline constexpr std::uint8_t kDhp = 0xde;  ///< Hierarchical.
inline constexpr std::uint8_t kApp0 = 0xe0;
inline constexpr std::uint8_t kApp1 = 0xe1;
inline constexpr std::uint8_t kApp2 = 0xe2;
inline constexpr std::uint8_t kApp11 = 0xeb;
inline constexpr std::uint8_t kApp13 = 0xed;
inline constexpr std::uint8_t kApp14 = 0xee;
inline constexpr std::uint8_t kApp15 = 0xef;
inline constexpr std::uint8_t kSof55 = 0xf7;  ///< JPEG-LS (ITU-T T.87).
inline constexpr std::uint8_t kCom = 0xfe;
inline constexpr std::uint8_t kTem = 0x01;

/// Whether a marker stands alone, without a length.
inline bool stands_alone(std::uint8_t marker) {
  return marker == 0 || marker == kTem || (marker >= kRst0 && marker <= kEoi);
}

inline constexpr std::string_view kJfif("JFIF\0", 5);
inline constexpr std::string_view kExif("Exif\0\0", 6);
inline constexpr std::string_view kXmp("http://ns.adobe.com/xap/1.0/\0", 29);
inline constexpr std::string_view kExtendedXmp("http://ns.adobe.com/xmp/extension/\0", 35);
inline constexpr std::string_view kIcc("ICC_PROFILE\0", 12);
inline constexpr std::string_view kPhotoshop("Photoshop 3.0\0", 14);
inline constexpr std::string_view kAdobe("Adobe", 5);

}  // namespace sightingd::jpeg
