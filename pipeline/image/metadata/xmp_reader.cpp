#include "pipeline/image/metadata/capture_time.h"
#include "pipeline/image/metadata/facts.h"
#include "pipeline/image/metadata/xmp_extent.h"

#include <libxml/parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>

namespace sightingd {
namespace {

constexpr std::string_view kRdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
constexpr std::string_view kExif = "http://ns.adobe.com/exif/1.0/";
constexpr std::string_view kPhotoshop = "http://ns.adobe.com/photoshop/1.0/";

enum Property : std::size_t {
  kLatitude,
  kLatitudeRef,
  kLongitude,
  kLongitudeRef,
  kAltitude,
  kAltitudeRef,
  kHorizontalError,
  kDateTimeOriginal,
  kDateCreated,
  kPropertyCount
};

struct PropertyName {
  std::string_view space;
  std::string_view name;
};
constexpr std::array<PropertyName, kPropertyCount> kProperties{{
    {kExif, "GPSLatitude"},
    {kExif, "GPSLatitudeRef"},
    {kExif, "GPSLongitude"},
    {kExif, "GPSLongitudeRef"},
    {kExif, "GPSAltitude"},
    {kExif, "GPSAltitudeRef"},
    {kExif, "GPSHPositioningError"},
    {kExif, "DateTimeOriginal"},
    {kPhotoshop, "DateCreated"},
}};

// A short text of fixed room: nothing is allocated, so nothing throws, in libxml2's callbacks.
class Value {
 public:
  void append(std::string_view more) {
    const std::size_t count = std::min(more.size(), text_.size() - size_);
    std::copy_n(more.data(), count, text_.data() + size_);
    size_ += count;
    is_cut_ |= count < more.size();
  }

  // Without the white space around it; empty when it did not fit.
  std::string_view text() const {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::string_view whole(text_.data(), is_cut_ ? 0 : size_);
    const std::size_t begin = std::min(whole.find_first_not_of(kSpace), whole.size());
    return whole.substr(begin, whole.find_last_not_of(kSpace) + 1 - begin);
  }

  bool empty() const { return size_ == 0; }

 private:
  std::array<char, 64> text_{};
  std::size_t size_ = 0;
  bool is_cut_ = false;
};

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

// Properties are attributes or children of the rdf:Description elements right below rdf:RDF.
// What is nested deeper describes something else: a place shown, a derived file.
class PacketReader {
 public:
  // The parser that calls back; needed to stop it.
  void watch(xmlParserCtxtPtr parser) { parser_ = parser; }

  const std::array<Value, kPropertyCount>& values() const { return values_; }

  static void on_start(void* self, const xmlChar* name, const xmlChar*, const xmlChar* space, int,
                       const xmlChar**, int attribute_count, int, const xmlChar** attributes) {
    static_cast<PacketReader*>(self)->start(view(space), view(name), attribute_count, attributes);
  }
  static void on_end(void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
    static_cast<PacketReader*>(self)->end();
  }
  static void on_text(void* self, const xmlChar* text, int size) {
    static_cast<PacketReader*>(self)->text(
        {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)});
  }
  // A document type brings entities; XMP has none.
  static void on_document_type(void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
    xmlStopParser(static_cast<PacketReader*>(self)->parser_);
  }

 private:
  static constexpr int kNowhere = -1;

  static std::optional<std::size_t> find(std::string_view space, std::string_view name) {
    for (std::size_t i = 0; i < kProperties.size(); ++i) {
      if (kProperties[i].space == space && kProperties[i].name == name) {
        return i;
      }
    }
    return std::nullopt;
  }

  void start(std::string_view space, std::string_view name, int attribute_count,
             const xmlChar** attributes) {
    ++depth_;
    if (rdf_depth_ == kNowhere && space == kRdf && name == "RDF") {
      rdf_depth_ = depth_;
    } else if (rdf_depth_ != kNowhere && depth_ == rdf_depth_ + 1) {
      read_attributes(attribute_count, attributes);
    } else if (rdf_depth_ != kNowhere && depth_ == rdf_depth_ + 2) {
      open_ = find(space, name);
      if (open_ && !values_[*open_].empty()) {
        open_.reset();  // The first one counts.
      }
    }
  }

  // Five pointers an attribute: name, prefix, namespace, begin and end of the value.
  void read_attributes(int count, const xmlChar** attributes) {
    for (int i = 0; i < count; ++i, attributes += 5) {
      const auto property = find(view(attributes[2]), view(attributes[0]));
      if (property && values_[*property].empty()) {
        values_[*property].append({reinterpret_cast<const char*>(attributes[3]),
                                   static_cast<std::size_t>(attributes[4] - attributes[3])});
      }
    }
  }

  void text(std::string_view piece) {
    if (open_ && depth_ == rdf_depth_ + 2) {
      values_[*open_].append(piece);
    }
  }

  void end() {
    if (depth_ == rdf_depth_ + 2) {
      open_.reset();
    } else if (depth_ == rdf_depth_) {
      rdf_depth_ = kNowhere;
    }
    --depth_;
  }

  xmlParserCtxtPtr parser_ = nullptr;
  int depth_ = 0;
  int rdf_depth_ = kNowhere;
  std::optional<std::size_t> open_;
  std::array<Value, kPropertyCount> values_;
};

void parse(std::string_view packet, PacketReader& reader) {
  xmlSAXHandler handler{};
  handler.initialized = XML_SAX2_MAGIC;
  handler.startElementNs = PacketReader::on_start;
  handler.endElementNs = PacketReader::on_end;
  handler.characters = PacketReader::on_text;
  handler.internalSubset = PacketReader::on_document_type;
  const std::unique_ptr<xmlParserCtxt, decltype(&xmlFreeParserCtxt)> parser(
      xmlCreatePushParserCtxt(&handler, &reader, nullptr, 0, nullptr), &xmlFreeParserCtxt);
  if (!parser) {
    throw std::bad_alloc();
  }
  reader.watch(parser.get());
  // The encoding that a packet declares is not obeyed: what was looked at is what is parsed.
  xmlCtxtUseOptions(parser.get(), XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                      XML_PARSE_IGNORE_ENC);
  const std::string_view part = affordable_part(packet);
  xmlParseChunk(parser.get(), part.data(), static_cast<int>(part.size()), 1);
  if (parser->errNo == XML_ERR_NO_MEMORY) {
    throw std::bad_alloc();  // Not a packet that says nothing.
  }
}

// Takes an unsigned decimal number off the front.
std::optional<double> take_number(std::string_view& rest) {
  double value = 0;
  if (rest.empty() || rest[0] < '0' || rest[0] > '9') {
    return std::nullopt;
  }
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
  if (error != std::errc()) {
    return std::nullopt;
  }
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

bool skip(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) {
    return false;
  }
  rest.remove_prefix(1);
  return true;
}

// "12", "12.5" or "1250/100".
std::optional<double> number_of(std::string_view text) {
  const auto numerator = take_number(text);
  if (numerator && skip(text, '/')) {
    const auto denominator = take_number(text);
    if (!denominator || *denominator == 0 || !text.empty()) {
      return std::nullopt;
    }
    return *numerator / *denominator;
  }
  return text.empty() ? numerator : std::nullopt;
}

std::optional<int> sign_of(char letter, std::string_view letters) {
  const char upper = static_cast<char>(letter & ~0x20);
  if (upper == letters[0]) {
    return 1;
  }
  return upper == letters[1] ? std::optional(-1) : std::nullopt;
}

// "DDD,MM,SSk" or "DDD,MM.mmk" (ISO 16684-1, GPSCoordinate). Some programs write decimal
// degrees instead, with a letter, a sign, or the letter in a property of its own.
std::optional<double> coordinate(std::string_view text, std::string_view ref,
                                 std::string_view letters) {
  const bool is_negative = skip(text, '-');
  const bool is_signed = is_negative || skip(text, '+');
  const auto degrees = take_number(text);
  if (!degrees) {
    return std::nullopt;
  }
  double value = *degrees;
  bool is_decimal = true;
  for (const double parts : {60.0, 3600.0}) {
    if (skip(text, ',')) {
      const auto part = take_number(text);
      if (!part || *part > 60) {
        return std::nullopt;
      }
      value += *part / parts;
      is_decimal = false;
    }
  }
  skip(text, ' ');
  const std::string_view letter = text.empty() ? ref.substr(0, 1) : text;
  if (letter.empty()) {
    return is_decimal ? std::optional(is_negative ? -value : value) : std::nullopt;
  }
  const auto sign = letter.size() == 1 ? sign_of(letter[0], letters) : std::nullopt;
  if (!sign || (is_signed && *sign == (is_negative ? 1 : -1))) {
    return std::nullopt;
  }
  return *sign * value;
}

std::optional<Location> location_of(const std::array<Value, kPropertyCount>& values) {
  const auto latitude = coordinate(values[kLatitude].text(), values[kLatitudeRef].text(), "NS");
  const auto longitude = coordinate(values[kLongitude].text(), values[kLongitudeRef].text(), "EW");
  if (!latitude || !longitude) {
    return std::nullopt;
  }
  auto location = location_at(*latitude, *longitude, LocationOrigin::Xmp);
  if (location) {
    if (const auto altitude = number_of(values[kAltitude].text())) {
      const bool below = values[kAltitudeRef].text() == "1";
      location->altitude_m = plausible_altitude(below ? -*altitude : *altitude);
    }
    if (const auto error = number_of(values[kHorizontalError].text())) {
      location->accuracy_m = plausible_accuracy(*error);
    }
  }
  return location;
}

}  // namespace

MetadataFacts read_xmp(std::string_view packet) {
  PacketReader reader;
  parse(packet, reader);
  const auto& values = reader.values();
  auto captured_at = capture_time(values[kDateTimeOriginal].text());
  if (!captured_at) {
    captured_at = capture_time(values[kDateCreated].text());
  }
  return {std::nullopt, location_of(values), captured_at};
}

}  // namespace sightingd
