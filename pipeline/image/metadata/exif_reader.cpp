#include "pipeline/image/metadata/capture_time.h"
#include "pipeline/image/metadata/coordinate_text.h"
#include "pipeline/image/metadata/exif_extent.h"
#include "pipeline/image/metadata/facts.h"

#include <libexif/exif-data.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
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
constexpr int kTimeStamp = 0x0007;
constexpr int kMapDatum = 0x0012;
constexpr int kDateStamp = 0x001d;
constexpr int kHorizontalError = 0x001f;

// Of a coordinate in text; more is something else.
constexpr std::size_t kLongestCoordinate = 64;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

struct Fraction {
  double numerator = 0;
  double denominator = 0;

  double value() const { return numerator / denominator; }
  bool is_unset() const { return numerator == 0 && denominator == 0; }
};

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

  std::optional<Fraction> fraction(int tag, std::size_t index) const {
    if (const ExifEntry* entry = find(tag, EXIF_FORMAT_RATIONAL, index + 1)) {
      const ExifRational value = exif_get_rational(entry->data + 8 * index, order_);
      return Fraction{double(value.numerator), double(value.denominator)};
    }
    if (const ExifEntry* entry = find(tag, EXIF_FORMAT_SRATIONAL, index + 1)) {
      const ExifSRational value = exif_get_srational(entry->data + 8 * index, order_);
      return Fraction{double(value.numerator), double(value.denominator)};
    }
    return std::nullopt;
  }

  // Nothing for a zero denominator.
  std::optional<double> rational(int tag, std::size_t index = 0) const {
    const auto value = fraction(tag, index);
    return value && value->denominator != 0 ? std::optional(value->value()) : std::nullopt;
  }

 private:
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

// Degrees, minutes and seconds. Devices that need no seconds, or no minutes either, leave them out
// or write 0/0; some write up to 99 of them. A part behind one that is missing or has a fraction is
// a contradiction: what it means is not guessed.
std::optional<double> degrees(const Directory& gps, int tag) {
  constexpr double kMost = 100;
  std::array<double, 3> parts{};
  bool is_whole = false;  // No more parts may come.
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = gps.fraction(tag, i);
    if (!part || part->is_unset()) {
      is_whole = true;
      continue;
    }
    if (part->denominator == 0 || (is_whole && part->numerator != 0)) {
      return std::nullopt;
    }
    parts[i] = part->value();
    is_whole = is_whole || parts[i] != std::floor(parts[i]);
  }
  const auto [whole, minutes, seconds] = parts;
  const auto first = gps.rational(tag);
  const bool are_parts = minutes >= 0 && minutes < kMost && seconds >= 0 && seconds < kMost;
  if (!first || whole < 0 || !are_parts) {
    return std::nullopt;
  }
  return whole + minutes / 60 + seconds / 3600;
}

// Degrees, north and east positive; nothing when the hemisphere is not known.
std::optional<double> coordinate(const Directory& gps, int tag, int ref_tag,
                                 std::string_view letters) {
  const std::string_view ref = gps.text(ref_tag);
  const std::string_view text = gps.text(tag);
  if (!text.empty()) {
    // Text where numbers belong. One comma may stand for a decimal point or before minutes.
    const bool is_clear = std::ranges::count(text, ',') != 1 && text.size() <= kLongestCoordinate;
    const bool names_hemisphere = !ref.empty() || text.find_first_of("NSEWnsew") != text.npos;
    return is_clear && names_hemisphere ? coordinate_of(text, ref, letters) : std::nullopt;
  }
  const auto magnitude = degrees(gps, tag);
  const auto sign = ref.empty() ? std::nullopt : hemisphere(ref[0], letters);
  return magnitude && sign ? std::optional(*sign * *magnitude) : std::nullopt;
}

std::optional<Location> location_of(const Directory& gps) {
  const auto latitude = coordinate(gps, kLatitude, kLatitudeRef, "NS");
  const auto longitude = coordinate(gps, kLongitude, kLongitudeRef, "EW");
  if (!latitude || !longitude) {
    return std::nullopt;
  }
  auto location =
      location_at({*latitude, *longitude}, trimmed(gps.text(kMapDatum)), LocationOrigin::Exif);
  if (location) {
    if (const auto altitude = gps.rational(kAltitude)) {
      // 1 is below; so is 3 since EXIF 3.0, which tells the sea (2, 3) from the ellipsoid (0, 1).
      const int ref = gps.byte(kAltitudeRef).value_or(0);
      location->altitude_m = plausible_altitude(*altitude, ref == 1 || ref == 3);
    }
    if (const auto error = gps.rational(kHorizontalError)) {
      location->accuracy_m = plausible_accuracy(*error);
    }
  }
  return location;
}

// Some programs write the fraction behind the seconds, and nothing or something else as SubSecTime.
std::optional<std::string> taken_at(const Directory& exif) {
  constexpr std::size_t kDateTime = 19;
  const std::string_view text = exif.text(kDateTimeOriginal);
  const bool has_fraction = text.size() > kDateTime && text[kDateTime] == '.';
  return capture_time(has_fraction ? text.substr(0, kDateTime) : text,
                      has_fraction ? text.substr(kDateTime + 1) : exif.text(kSubSecTimeOriginal),
                      exif.text(kOffsetTimeOriginal));
}

// When the position was taken, in UTC: GPSDateStamp and GPSTimeStamp, neither without the other.
std::optional<std::string> fix_time(const Directory& gps) {
  const std::string_view date = gps.text(kDateStamp);
  const auto hours = gps.rational(kTimeStamp, 0);
  const auto minutes = gps.rational(kTimeStamp, 1);
  const auto seconds = gps.rational(kTimeStamp, 2);
  const auto is_below = [](const std::optional<double>& value, double limit) {
    return value && *value >= 0 && *value < limit;
  };
  constexpr std::size_t kDateLength = 10;
  if (date.size() != kDateLength || !is_below(hours, 24) || !is_below(minutes, 60) ||
      !is_below(seconds, 60) || *hours != std::floor(*hours) || *minutes != std::floor(*minutes)) {
    return std::nullopt;
  }
  const auto milliseconds = static_cast<int>(*seconds * 1000 + 1e-6);
  std::array<char, 16> time{};
  std::snprintf(time.data(), time.size(), " %02d:%02d:%02d", static_cast<int>(*hours),
                static_cast<int>(*minutes), milliseconds / 1000);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), "%03d", milliseconds % 1000);
  return capture_time(std::string(date) + time.data(),
                      milliseconds % 1000 == 0 ? "" : fraction.data(), "Z");
}

}  // namespace

MetadataFacts read_exif(std::string_view block) {
  block = block.substr(0, 0x10000);  // libexif reads no more.
  if (!is_affordable_exif(block)) {
    return {};
  }
  std::string headed("Exif\0\0", 6);  // By which it finds a block.
  headed += block;
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
  const Directory gps(*data, EXIF_IFD_GPS);
  return {.orientation = orientation_of(Directory(*data, EXIF_IFD_0)),
          .location = location_of(gps),
          .captured_at = taken_at(exif),
          .fixed_at = fix_time(gps)};
}

}  // namespace sightingd
