#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// The tags of TIFF 6.0 and its supplements that are read here.
namespace tiff {

inline constexpr std::uint16_t kNewSubfileType = 254;
inline constexpr std::uint16_t kSubfileType = 255;
inline constexpr std::uint16_t kImageWidth = 256;
inline constexpr std::uint16_t kImageLength = 257;
inline constexpr std::uint16_t kBitsPerSample = 258;
inline constexpr std::uint16_t kCompression = 259;
inline constexpr std::uint16_t kPhotometric = 262;
inline constexpr std::uint16_t kFillOrder = 266;
inline constexpr std::uint16_t kStripOffsets = 273;
inline constexpr std::uint16_t kOrientation = 274;
inline constexpr std::uint16_t kSamplesPerPixel = 277;
inline constexpr std::uint16_t kRowsPerStrip = 278;
inline constexpr std::uint16_t kStripByteCounts = 279;
inline constexpr std::uint16_t kPlanarConfiguration = 284;
inline constexpr std::uint16_t kT4Options = 292;
inline constexpr std::uint16_t kT6Options = 293;
inline constexpr std::uint16_t kPredictor = 317;
inline constexpr std::uint16_t kColorMap = 320;
inline constexpr std::uint16_t kTileWidth = 322;
inline constexpr std::uint16_t kTileLength = 323;
inline constexpr std::uint16_t kTileOffsets = 324;
inline constexpr std::uint16_t kTileByteCounts = 325;
inline constexpr std::uint16_t kInkSet = 332;
inline constexpr std::uint16_t kExtraSamples = 338;
inline constexpr std::uint16_t kSampleFormat = 339;
inline constexpr std::uint16_t kSubDirectories = 330;
inline constexpr std::uint16_t kJpegTables = 347;
inline constexpr std::uint16_t kJpegOffset = 513;  ///< Of a thumbnail.
inline constexpr std::uint16_t kYcbcrCoefficients = 529;
inline constexpr std::uint16_t kYcbcrSubsampling = 530;
inline constexpr std::uint16_t kReferenceBlackWhite = 532;
inline constexpr std::uint16_t kXmp = 700;
inline constexpr std::uint16_t kIptc = 33723;
inline constexpr std::uint16_t kPhotoshop = 34377;
inline constexpr std::uint16_t kExifDirectory = 34665;
inline constexpr std::uint16_t kIccProfile = 34675;
inline constexpr std::uint16_t kGpsDirectory = 34853;
inline constexpr std::uint16_t kDngVersion = 50706;
inline constexpr std::uint16_t kC2pa = 52545;

inline constexpr std::uint16_t kByte = 1;
inline constexpr std::uint16_t kShort = 3;
inline constexpr std::uint16_t kLong = 4;
inline constexpr std::uint16_t kRational = 5;
inline constexpr std::uint16_t kUndefined = 7;
inline constexpr std::uint16_t kDirectoryOffset = 13;  ///< "IFD", TIFF Technical Note 1.

}  // namespace tiff

/// Whether an entry with this tag says where other directories stand, beside the chain of a file:
/// smaller pictures, EXIF, GPS, interoperability.
bool names_directories(std::uint16_t tag);

/// Numbers in the byte order of a file.
class TiffNumbers {
 public:
  explicit constexpr TiffNumbers(bool is_big) : is_big_(is_big) {}

  bool is_big() const { return is_big_; }
  std::uint16_t at16(std::string_view bytes, std::size_t at) const;
  std::uint32_t at32(std::string_view bytes, std::size_t at) const;
  void append16(std::string& bytes, std::size_t value) const;
  void append32(std::string& bytes, std::size_t value) const;

 private:
  bool is_big_;
};

/// An entry of a directory. Its value is empty when its type is not known or when it does not lie
/// in the file.
struct TiffEntry {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::uint32_t count = 0;
  std::string_view value;
};

/// The whole numbers of an entry of type BYTE, SHORT or LONG, or IFD where it names directories;
/// none of any other.
class TiffValues {
 public:
  TiffValues(const TiffEntry* entry, TiffNumbers numbers);

  std::size_t size() const { return size_; }
  /// 0 beyond the end.
  std::uint32_t operator[](std::size_t index) const;

 private:
  TiffNumbers numbers_;
  std::string_view bytes_;
  std::size_t width_ = 0;
  std::size_t size_ = 0;
};

/// One directory of a TIFF file (TIFF 6.0, section 2), as views into the file.
class TiffDirectory {
 public:
  /// Nothing when its table does not lie in the file, or has more entries than any program
  /// writes.
  static std::optional<TiffDirectory> read(std::string_view file, TiffNumbers numbers,
                                           std::size_t at);

  TiffNumbers numbers() const { return numbers_; }
  /// Its bytes in the file, without the values that lie elsewhere.
  std::string_view table() const { return table_; }
  const std::vector<TiffEntry>& entries() const { return entries_; }
  /// Where the next one of the chain stands; 0: there is none.
  std::uint32_t next() const { return next_; }

  /// The first entry with this tag; of several, readers take that.
  const TiffEntry* find(std::uint16_t tag) const;
  bool has(std::uint16_t tag) const { return find(tag) != nullptr; }

  TiffValues values(std::uint16_t tag) const { return {find(tag), numbers_}; }
  /// The only one of them, or what stands for it: of several, readers take none.
  std::uint32_t number(std::uint16_t tag, std::uint32_t otherwise = 0) const;

  /// The bytes of an entry of any type; empty when there is none.
  std::string_view bytes(std::uint16_t tag) const;

 private:
  explicit TiffDirectory(TiffNumbers numbers) : numbers_(numbers) {}

  TiffNumbers numbers_;
  std::string_view table_;
  std::vector<TiffEntry> entries_;
  std::uint32_t next_ = 0;
};

/// A file's directories in the order of their chain: up to one that was seen before, that does not
/// lie in the file, or that is more than a picture needs.
std::vector<TiffDirectory> tiff_directories(std::string_view file, TiffNumbers numbers);

}  // namespace sightingd
