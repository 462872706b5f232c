#include "tests/support/metadata_blocks.h"

#include <cmath>
#include <cstdio>

namespace sightingd::test {
namespace {

constexpr std::uint16_t kByte = 1;
constexpr std::uint16_t kAscii = 2;
constexpr std::uint16_t kShort = 3;
constexpr std::uint16_t kLong = 4;
constexpr std::uint16_t kRational = 5;
constexpr std::uint16_t kExifPointer = 0x8769;
constexpr std::uint16_t kGpsPointer = 0x8825;

std::string number(std::uint32_t value, int bytes, ByteOrder order) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    const int shift = 8 * (order == ByteOrder::Little ? i : bytes - 1 - i);
    text += static_cast<char>(value >> shift);
  }
  return text;
}

std::size_t size_of(const std::vector<ExifEntry>& directory) {
  std::size_t size = 2 + 12 * directory.size() + 4;
  for (const ExifEntry& entry : directory) {
    if (entry.value.size() > 4) {
      size += entry.value.size() + entry.value.size() % 2;
    }
  }
  return size;
}

// A directory that will stand at `offset`; its long values follow it.
std::string write(const std::vector<ExifEntry>& directory, std::size_t offset, std::size_t next,
                  ByteOrder order) {
  std::string table = number(static_cast<std::uint32_t>(directory.size()), 2, order);
  std::string values;
  const std::size_t values_at = offset + 2 + 12 * directory.size() + 4;
  for (const ExifEntry& entry : directory) {
    table +=
        number(entry.tag, 2, order) + number(entry.type, 2, order) + number(entry.count, 4, order);
    if (entry.value.size() <= 4) {
      table += entry.value + std::string(4 - entry.value.size(), '\0');
    } else {
      table += number(static_cast<std::uint32_t>(values_at + values.size()), 4, order);
      values += entry.value + std::string(entry.value.size() % 2, '\0');
    }
  }
  return table + number(static_cast<std::uint32_t>(next), 4, order) + values;
}

std::vector<std::uint32_t> sexagesimal(double degrees) {
  const auto ten_thousandths =
      static_cast<std::uint64_t>(std::llround(std::abs(degrees) * 36'000'000.0));
  return {static_cast<std::uint32_t>(ten_thousandths / 36'000'000U),    1,
          static_cast<std::uint32_t>(ten_thousandths / 600'000U % 60U), 1,
          static_cast<std::uint32_t>(ten_thousandths % 600'000U),       10'000};
}

std::vector<std::uint32_t> hundredths(double value) {
  return {static_cast<std::uint32_t>(std::lround(std::abs(value) * 100)), 100};
}

std::vector<ExifEntry> gps_of(const CameraExif& camera, const ExifValues& make) {
  std::vector<ExifEntry> gps;
  if (camera.latitude) {
    gps.push_back(make.text(0x0001, *camera.latitude < 0 ? "S" : "N"));
    gps.push_back(make.rationals(0x0002, sexagesimal(*camera.latitude)));
  }
  if (camera.longitude) {
    gps.push_back(make.text(0x0003, *camera.longitude < 0 ? "W" : "E"));
    gps.push_back(make.rationals(0x0004, sexagesimal(*camera.longitude)));
  }
  if (camera.altitude_m) {
    gps.push_back(make.byte(0x0005, *camera.altitude_m < 0 ? 1 : 0));
    gps.push_back(make.rationals(0x0006, hundredths(*camera.altitude_m)));
  }
  if (camera.accuracy_m) {
    gps.push_back(make.rationals(0x001f, hundredths(*camera.accuracy_m)));
  }
  return gps;
}

std::string xmp_degrees(double degrees, char positive, char negative) {
  const double magnitude = std::abs(degrees);
  const auto whole = static_cast<int>(magnitude);
  char text[64];
  std::snprintf(text, sizeof text, "%d,%.6f%c", whole, (magnitude - whole) * 60,
                degrees < 0 ? negative : positive);
  return text;
}

}  // namespace

ExifEntry ExifValues::byte(std::uint16_t tag, std::uint8_t value) const {
  return {tag, kByte, 1, std::string(1, static_cast<char>(value))};
}

ExifEntry ExifValues::text(std::uint16_t tag, std::string_view value) const {
  std::string bytes(value);
  bytes += '\0';
  return {tag, kAscii, static_cast<std::uint32_t>(bytes.size()), bytes};
}

ExifEntry ExifValues::number16(std::uint16_t tag, std::uint16_t value) const {
  return {tag, kShort, 1, number(value, 2, order_)};
}

ExifEntry ExifValues::rationals(std::uint16_t tag, const std::vector<std::uint32_t>& parts) const {
  std::string bytes;
  for (const std::uint32_t part : parts) {
    bytes += number(part, 4, order_);
  }
  return {tag, kRational, static_cast<std::uint32_t>(parts.size() / 2), bytes};
}

std::string exif_block(const ExifDirectories& directories, ByteOrder order) {
  ExifDirectories all = directories;
  const auto pointer = [&](std::uint16_t tag) {
    all.primary.push_back({tag, kLong, 1, number(0, 4, order)});
    return all.primary.size() - 1;
  };
  const std::size_t exif_pointer = all.exif.empty() ? 0 : pointer(kExifPointer);
  const std::size_t gps_pointer = all.gps.empty() ? 0 : pointer(kGpsPointer);

  constexpr std::size_t kHeader = 8;
  const std::size_t exif_at = kHeader + size_of(all.primary);
  const std::size_t gps_at = exif_at + (all.exif.empty() ? 0 : size_of(all.exif));
  const std::size_t thumbnail_at = gps_at + (all.gps.empty() ? 0 : size_of(all.gps));
  if (!all.exif.empty()) {
    all.primary[exif_pointer].value = number(static_cast<std::uint32_t>(exif_at), 4, order);
  }
  if (!all.gps.empty()) {
    all.primary[gps_pointer].value = number(static_cast<std::uint32_t>(gps_at), 4, order);
  }

  std::string block = order == ByteOrder::Little ? "II" : "MM";
  block += number(42, 2, order) + number(kHeader, 4, order);
  block += write(all.primary, kHeader, all.thumbnail.empty() ? 0 : thumbnail_at, order);
  if (!all.exif.empty()) {
    block += write(all.exif, exif_at, 0, order);
  }
  if (!all.gps.empty()) {
    block += write(all.gps, gps_at, 0, order);
  }
  if (!all.thumbnail.empty()) {
    block += write(all.thumbnail, thumbnail_at, 0, order);
  }
  return block;
}

std::string exif_block(const CameraExif& camera, ByteOrder order) {
  const ExifValues make(order);
  ExifDirectories directories;
  directories.primary.push_back(make.text(0x010f, camera.maker));
  if (camera.orientation) {
    directories.primary.push_back(
        make.number16(0x0112, static_cast<std::uint16_t>(*camera.orientation)));
  }
  if (!camera.taken.empty()) {
    directories.exif.push_back(make.text(0x9003, camera.taken));
  }
  if (!camera.taken_offset.empty()) {
    directories.exif.push_back(make.text(0x9011, camera.taken_offset));
  }
  if (!camera.taken_fraction.empty()) {
    directories.exif.push_back(make.text(0x9291, camera.taken_fraction));
  }
  directories.gps = gps_of(camera, make);
  return exif_block(directories, order);
}

std::string xmp_packet(std::string_view attributes, std::string_view elements) {
  std::string packet =
      "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">"
      "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
      "<rdf:Description rdf:about=\"\" xmlns:exif=\"http://ns.adobe.com/exif/1.0/\""
      " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\""
      " xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\""
      " xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\""
      " xmlns:Iptc4xmpCore=\"http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/\""
      " xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" ";
  packet.append(attributes).append(">").append(elements);
  packet += "</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>";
  return packet;
}

std::string xmp_packet_at(double latitude, double longitude) {
  return xmp_packet("exif:GPSLatitude=\"" + xmp_degrees(latitude, 'N', 'S') +
                    "\" exif:GPSLongitude=\"" + xmp_degrees(longitude, 'E', 'W') + "\"");
}

std::string iptc_record(const std::vector<IptcDataSet>& data_sets) {
  std::string record;
  for (const IptcDataSet& set : data_sets) {
    record += '\x1c';
    record += static_cast<char>(set.record);
    record += static_cast<char>(set.number);
    record += number(static_cast<std::uint32_t>(set.value.size()), 2, ByteOrder::Big) + set.value;
  }
  return record;
}

std::string photoshop_resource(std::uint16_t id, std::string_view content, std::string_view name) {
  std::string resource = "8BIM" + number(id, 2, ByteOrder::Big);
  resource += static_cast<char>(name.size());
  resource.append(name).append(1 - name.size() % 2, '\0');
  resource += number(static_cast<std::uint32_t>(content.size()), 4, ByteOrder::Big);
  resource.append(content).append(content.size() % 2, '\0');
  return resource;
}

std::string icc_profile(std::size_t size) {
  constexpr std::size_t kTagData = 144;
  const auto big = [](std::size_t value) {
    return number(static_cast<std::uint32_t>(value), 4, ByteOrder::Big);
  };
  std::string profile(size, '\0');
  profile.replace(0, 4, big(size));
  profile.replace(8, 4, big(0x02400000));
  profile.replace(12, 12, "mntrRGB XYZ ");
  profile.replace(36, 4, "acsp");
  profile.replace(128, 4, big(1));
  constexpr std::size_t kLong = 65'536;  // Beyond what a text may be.
  profile.replace(132, 4, size < kLong ? "cprt" : "A2B0");
  profile.replace(136, 4, big(kTagData));
  profile.replace(140, 4, big(size - kTagData));
  profile.replace(kTagData, 4, "text");
  return profile;
}

}  // namespace sightingd::test
