#include "pipeline/image/metadata/capture_time.h"
#include "pipeline/image/metadata/facts.h"

#include <libexif/exif-data.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

namespace sightingd {
namespace {

// Tags by number: libexif 0.6.24 has no name for all of them.
constexpr int kOrientation = 0x0112;
constexpr int kDateTimeOriginal = 0x9003;
constexpr int kOffsetTimeOriginal = 0x9011;
constexpr int kSubSecTimeOriginal = 0x9291;
constexpr int kLatitudeRef = 0x0001;
constexpr int kLatitude = 0x0002;
constexpr int kLongitudeRef = 0x0003;
constexpr int kLongitude = 0x0004;
constexpr int kAltitudeRef = 0x0005;
constexpr int kAltitude = 0x0006;
constexpr int kHorizontalError = 0x001f;

// One directory of a loaded block. Entries of an unexpected type or size are not there.
class Directory {
 public:
  Directory(const ExifData& data, ExifIfd ifd)
      : content_(data.ifd[ifd]), order_(exif_data_get_byte_order(const_cast<ExifData*>(&data))) {}

  std::optional<int> number16(int tag) const {
    const ExifEntry* entry = find(tag, EXIF_FORMAT_SHORT, 1);
    return entry == nullptr ? std::nullopt
                            : std::optional<int>(exif_get_short(entry->data, order_));
  }

  std::optional<int> byte(int tag) const {
    const ExifEntry* entry = find(tag, EXIF_FORMAT_BYTE, 1);
    return entry == nullptr ? std::nullopt : std::optional<int>(entry->data[0]);
  }

  // Up to the first NUL.
  std::string_view text(int tag) const {
    const ExifEntry* entry = find(tag, EXIF_FORMAT_ASCII, 1);
    if (entry == nullptr) {
      return {};
    }
    const std::string_view whole(reinterpret_cast<const char*>(entry->data), entry->size);
    return whole.substr(0, whole.find('\0'));
  }

  // Nothing for a zero denominator or a negative value.
  std::optional<double> rational(int tag, std::size_t index = 0) const {
    if (const ExifEntry* entry = find(tag, EXIF_FORMAT_RATIONAL, index + 1)) {
      const ExifRational value = exif_get_rational(entry->data + 8 * index, order_);
      return ratio(value.numerator, value.denominator);
    }
    if (const ExifEntry* entry = find(tag, EXIF_FORMAT_SRATIONAL, index + 1)) {
      const ExifSRational value = exif_get_srational(entry->data + 8 * index, order_);
      return ratio(value.numerator, value.denominator);
    }
    return std::nullopt;
  }

 private:
  static std::optional<double> ratio(double numerator, double denominator) {
    if (denominator == 0 || numerator / denominator < 0) {
      return std::nullopt;
    }
    return numerator / denominator;
  }

  // An entry of this format with at least `components` whole values.
  const ExifEntry* find(int tag, ExifFormat format, std::size_t components) const {
    const ExifEntry* entry = exif_content_get_entry(content_, static_cast<ExifTag>(tag));
    const std::size_t size = exif_format_get_size(format);
    const bool fits = entry != nullptr && entry->data != nullptr && entry->format == format &&
                      entry->components >= components && entry->size >= components * size;
    return fits ? entry : nullptr;
  }

  ExifContent* content_;
  ExifByteOrder order_;
};

std::optional<Orientation> orientation_of(const Directory& primary) {
  const auto value = primary.number16(kOrientation);
  if (!value || *value < 1 || *value > 8) {
    return std::nullopt;
  }
  return static_cast<Orientation>(*value);
}

// Degrees, minutes and seconds; devices that need no seconds may leave them out, and some
// write up to 99 of them.
std::optional<double> degrees(const Directory& gps, int tag) {
  const auto whole = gps.rational(tag, 0);
  const double minutes = gps.rational(tag, 1).value_or(0);
  const double seconds = gps.rational(tag, 2).value_or(0);
  if (!whole || minutes >= 100 || seconds >= 100) {
    return std::nullopt;
  }
  return *whole + minutes / 60 + seconds / 3600;
}

// 1 or -1; nothing when the hemisphere is not known.
std::optional<int> sign(const Directory& gps, int tag, char positive, char negative) {
  const std::string_view ref = gps.text(tag);
  if (ref.empty()) {
    return std::nullopt;
  }
  const char letter = static_cast<char>(ref[0] & ~0x20);  // Upper case.
  if (letter == positive) {
    return 1;
  }
  return letter == negative ? std::optional(-1) : std::nullopt;
}

std::optional<Location> location_of(const Directory& gps) {
  const auto latitude = degrees(gps, kLatitude);
  const auto longitude = degrees(gps, kLongitude);
  const auto north = sign(gps, kLatitudeRef, 'N', 'S');
  const auto east = sign(gps, kLongitudeRef, 'E', 'W');
  if (!latitude || !longitude || !north || !east) {
    return std::nullopt;
  }
  auto location = location_at(*north * *latitude, *east * *longitude, LocationOrigin::Exif);
  if (location) {
    if (const auto altitude = gps.rational(kAltitude)) {
      const bool below = gps.byte(kAltitudeRef).value_or(0) == 1;
      location->altitude_m = plausible_altitude(below ? -*altitude : *altitude);
    }
    if (const auto error = gps.rational(kHorizontalError)) {
      location->accuracy_m = plausible_accuracy(*error);
    }
  }
  return location;
}

}  // namespace

MetadataFacts read_exif(std::string_view block) {
  // libexif finds a block by this header, and reads at most 64 KiB of it.
  std::string headed("Exif\0\0", 6);
  headed += block.substr(0, 0x10000);
  const std::unique_ptr<ExifData, decltype(&exif_data_unref)> data(exif_data_new(),
                                                                   &exif_data_unref);
  if (!data) {
    throw std::bad_alloc();
  }
  // By default it "corrects" what it reads and hides tags that it does not know.
  exif_data_unset_option(data.get(), EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
  exif_data_unset_option(data.get(), EXIF_DATA_OPTION_IGNORE_UNKNOWN_TAGS);
  exif_data_load_data(data.get(), reinterpret_cast<const unsigned char*>(headed.data()),
                      static_cast<unsigned>(headed.size()));
  const Directory exif(*data, EXIF_IFD_EXIF);
  return {orientation_of(Directory(*data, EXIF_IFD_0)), location_of(Directory(*data, EXIF_IFD_GPS)),
          capture_time(exif.text(kDateTimeOriginal), exif.text(kSubSecTimeOriginal),
                       exif.text(kOffsetTimeOriginal))};
}

}  // namespace sightingd
