#include "pipeline/image/metadata/xmp_packet.h"

#include "pipeline/image/metadata/xmp_extent.h"

#include <libxml/parser.h>

#include <algorithm>
#include <memory>
#include <new>
#include <optional>

namespace sightingd {
namespace {

constexpr std::string_view kRdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
constexpr std::string_view kExif = "http://ns.adobe.com/exif/1.0/";
constexpr std::string_view kPhotoshop = "http://ns.adobe.com/photoshop/1.0/";
constexpr std::string_view kIptcCore = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/";
constexpr std::string_view kIptcExtension = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";

// What a property is one of: the picture, or a place that is described in it.
enum class Owner { Picture, LocationCreated, LocationShown };

struct PropertyName {
  Owner owner = Owner::Picture;
  std::string_view space;
  std::string_view name;
};

// In the order of XmpProperty.
constexpr std::array<PropertyName, kXmpProperties> kNames{{
    {Owner::Picture, kExif, "GPSLatitude"},
    {Owner::Picture, kExif, "GPSLatitudeRef"},
    {Owner::Picture, kExif, "GPSLongitude"},
    {Owner::Picture, kExif, "GPSLongitudeRef"},
    {Owner::Picture, kExif, "GPSAltitude"},
    {Owner::Picture, kExif, "GPSAltitudeRef"},
    {Owner::Picture, kExif, "GPSHPositioningError"},
    {Owner::Picture, kExif, "GPSMapDatum"},
    {Owner::Picture, kExif, "GPSTimeStamp"},
    {Owner::Picture, kExif, "DateTimeOriginal"},
    {Owner::Picture, kPhotoshop, "DateCreated"},
    {Owner::Picture, kIptcCore, "Location"},
    {Owner::Picture, kPhotoshop, "City"},
    {Owner::Picture, kPhotoshop, "State"},
    {Owner::Picture, kPhotoshop, "Country"},
    {Owner::LocationCreated, kIptcExtension, "Sublocation"},
    {Owner::LocationCreated, kIptcExtension, "City"},
    {Owner::LocationCreated, kIptcExtension, "ProvinceState"},
    {Owner::LocationCreated, kIptcExtension, "CountryName"},
    {Owner::LocationShown, kIptcExtension, "Sublocation"},
    {Owner::LocationShown, kIptcExtension, "City"},
    {Owner::LocationShown, kIptcExtension, "ProvinceState"},
    {Owner::LocationShown, kIptcExtension, "CountryName"},
}};

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

// Properties are attributes or children of the rdf:Description elements right below rdf:RDF.
// What is nested deeper describes something else, of which the two places are worth reading.
class PacketReader {
 public:
  // The parser that calls back; needed to stop it.
  void watch(xmlParserCtxtPtr parser) { parser_ = parser; }

  // After the parser has stopped. A value whose end it did not come to is not known.
  const XmpProperties& finish() {
    if (open_ != nullptr) {
      *open_ = {};
      open_ = nullptr;
    }
    return properties_;
  }

  static void on_start(void* self, const xmlChar* name, const xmlChar*, const xmlChar* space, int,
                       const xmlChar**, int attribute_count, int, const xmlChar** attributes) {
    static_cast<PacketReader*>(self)->start(view(space), view(name), attribute_count, attributes);
  }
  static void on_end(void* self, const xmlChar* name, const xmlChar*, const xmlChar* space) {
    static_cast<PacketReader*>(self)->end(view(space), view(name));
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
  // Depths below rdf:RDF, of a place as rdf:li in a rdf:Bag and of the properties.
  static constexpr int kDescription = 1;
  static constexpr int kProperty = 2;
  static constexpr int kPlace = 4;

  int level() const { return depth_ - rdf_depth_; }

  XmpValue* find(std::string_view space, std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (kNames[i].owner == owner_ && kNames[i].space == space && kNames[i].name == name) {
        return &properties_.values[i];
      }
    }
    return nullptr;
  }

  void start(std::string_view space, std::string_view name, int attribute_count,
             const xmlChar** attributes) {
    ++depth_;
    if (rdf_depth_ == kNowhere) {
      if (space == kRdf && name == "RDF") {
        rdf_depth_ = depth_;
      }
    } else if (level() == kDescription) {
      read_attributes(attribute_count, attributes);
    } else if (level() == kProperty) {
      start_property(space, name, attribute_count, attributes);
    } else if (open_ != nullptr) {
      alternatives_ += space == kRdf && name == "li" ? 1 : 0;
    } else if (owner_ != Owner::Picture && !is_read(owner_)) {
      read_attributes(attribute_count, attributes);
      open(space, name);
    }
  }

  void start_property(std::string_view space, std::string_view name, int attribute_count,
                      const xmlChar** attributes) {
    if (space == kIptcExtension && (name == "LocationCreated" || name == "LocationShown")) {
      owner_ = name == "LocationCreated" ? Owner::LocationCreated : Owner::LocationShown;
      if (!is_read(owner_)) {
        read_attributes(attribute_count, attributes);
      }
    } else {
      open(space, name);
    }
  }

  // The first one counts.
  void open(std::string_view space, std::string_view name) {
    XmpValue* value = find(space, name);
    if (value != nullptr && value->empty()) {
      open_ = value;
      open_depth_ = depth_;
      alternatives_ = 0;
    }
  }

  // Five pointers an attribute: name, prefix, namespace, begin and end of the value.
  void read_attributes(int count, const xmlChar** attributes) {
    for (int i = 0; i < count; ++i, attributes += 5) {
      XmpValue* value = find(view(attributes[2]), view(attributes[0]));
      if (value != nullptr && value->empty()) {
        append_attribute(*value, {reinterpret_cast<const char*>(attributes[3]),
                                  static_cast<std::size_t>(attributes[4] - attributes[3])});
      }
    }
  }

  // libxml2 leaves '&' of an attribute escaped where it does not replace entities.
  static void append_attribute(XmpValue& value, std::string_view text) {
    constexpr std::string_view kAmpersand = "&#38;";
    for (std::size_t at; (at = text.find(kAmpersand)) != std::string_view::npos;) {
      value.append(text.substr(0, at + 1));
      text.remove_prefix(at + kAmpersand.size());
    }
    value.append(text);
  }

  // Of the value itself, or of its first alternative (rdf:Alt/rdf:li).
  void text(std::string_view piece) {
    const bool is_value = depth_ == open_depth_ && alternatives_ == 0;
    const bool is_first = depth_ == open_depth_ + 2 && alternatives_ == 1;
    if (open_ != nullptr && (is_value || is_first)) {
      open_->append(piece);
    }
  }

  void end(std::string_view space, std::string_view name) {
    if (open_ != nullptr && depth_ == open_depth_) {
      open_ = nullptr;
    }
    if (rdf_depth_ != kNowhere && level() == 0) {
      rdf_depth_ = kNowhere;
    } else if (owner_ != Owner::Picture &&
               (level() == kProperty || (level() == kPlace && space == kRdf && name == "li"))) {
      end_place();
    }
    --depth_;
  }

  // A place of which something is known is whole; the next one is another.
  void end_place() {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (kNames[i].owner == owner_ && !properties_.values[i].empty()) {
        (owner_ == Owner::LocationCreated ? is_created_read_ : is_shown_read_) = true;
      }
    }
    if (level() == kProperty) {
      owner_ = Owner::Picture;
    }
  }

  bool is_read(Owner place) const {
    return place == Owner::LocationCreated ? is_created_read_ : is_shown_read_;
  }

  xmlParserCtxtPtr parser_ = nullptr;
  int depth_ = 0;
  int rdf_depth_ = kNowhere;
  Owner owner_ = Owner::Picture;
  bool is_created_read_ = false;
  bool is_shown_read_ = false;
  XmpValue* open_ = nullptr;  // The value whose element is open.
  int open_depth_ = 0;
  int alternatives_ = 0;  // Elements rdf:li inside.
  XmpProperties properties_;
};

}  // namespace

void XmpValue::append(std::string_view more) {
  const std::size_t count = std::min(more.size(), text_.size() - size_);
  std::copy_n(more.data(), count, text_.data() + size_);
  size_ += count;
  is_cut_ |= count < more.size();
}

std::string_view XmpValue::text() const {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::string_view whole(text_.data(), is_cut_ ? 0 : size_);
  const std::size_t begin = std::min(whole.find_first_not_of(kSpace), whole.size());
  return whole.substr(begin, whole.find_last_not_of(kSpace) + 1 - begin);
}

XmpProperties read_properties(std::string_view packet) {
  PacketReader reader;
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
  return reader.finish();
}

}  // namespace sightingd
