#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The blocks of metadata that tests put into pictures: EXIF and XMP, well-formed or not.
namespace sightingd::test {

enum class ByteOrder { Little, Big };

/// One entry of an EXIF directory as it will stand there: `value` is written as it is.
struct ExifEntry {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::uint32_t count = 0;
  std::string value = {};
};

/// Makes the bytes of EXIF entries in one byte order.
class ExifValues {
 public:
  explicit ExifValues(ByteOrder order) : order_(order) {}

  ExifEntry byte(std::uint16_t tag, std::uint8_t value) const;
  /// ASCII with its closing NUL.
  ExifEntry text(std::uint16_t tag, std::string_view value) const;
  ExifEntry number16(std::uint16_t tag, std::uint16_t value) const;
  /// Numerators and denominators in turn.
  ExifEntry rationals(std::uint16_t tag, const std::vector<std::uint32_t>& parts) const;

 private:
  ByteOrder order_;
};

/// The directories of an EXIF block; an empty one is left out.
struct ExifDirectories {
  std::vector<ExifEntry> primary = {};  ///< IFD0; pointers to the next two are added.
  std::vector<ExifEntry> exif = {};
  std::vector<ExifEntry> gps = {};
  std::vector<ExifEntry> thumbnail = {};  ///< IFD1.
};

/// A TIFF structure, without the "Exif\0\0" that JPEG puts before it.
std::string exif_block(const ExifDirectories& directories, ByteOrder order = ByteOrder::Little);

/// What a camera writes.
struct CameraExif {
  std::optional<int> orientation = {};
  std::optional<double> latitude = {};  ///< Written as degrees, minutes and 1/10000 seconds.
  std::optional<double> longitude = {};
  std::optional<double> altitude_m = {};
  std::optional<double> accuracy_m = {};
  std::string taken = {};           ///< "2026:01:31 18:22:10"; empty: not written.
  std::string taken_fraction = {};  ///< "120"
  std::string taken_offset = {};    ///< "+08:00"
  std::string maker = "Testcam";
};
std::string exif_block(const CameraExif& camera, ByteOrder order = ByteOrder::Little);

/// An XMP packet with one rdf:Description that has `attributes` (as written in XML, for
/// instance `exif:GPSLatitude="22,13.002N"`) and `elements` inside. The prefixes exif, xmp,
/// photoshop, tiff, Iptc4xmpCore and Iptc4xmpExt are declared.
std::string xmp_packet(std::string_view attributes, std::string_view elements = {});

/// An XMP packet with this place in the exif namespace.
std::string xmp_packet_at(double latitude, double longitude);

/// A data set of IIM 4.2: record 1 to 9, its number, and the value as it will stand there.
struct IptcDataSet {
  int record = 2;
  int number = 0;
  std::string value = {};
};
std::string iptc_record(const std::vector<IptcDataSet>& data_sets);

/// An image resource of Photoshop, for instance 0x0404 with an iptc_record().
std::string photoshop_resource(std::uint16_t id, std::string_view content,
                               std::string_view name = {});

/// A well-formed ICC profile of `size` bytes, at least 160: a header and one tag, a text or, if it
/// is large, a table of colours.
std::string icc_profile(std::size_t size = 256);

}  // namespace sightingd::test
