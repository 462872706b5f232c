#include "pipeline/geo/place_name.h"
#include "pipeline/image/format/bytes.h"
#include "pipeline/image/metadata/facts.h"

#include <libxml/encoding.h>

#include <algorithm>
#include <array>

namespace sightingd {
namespace {

// The standard allows 32 bytes of the one-byte encodings that it was written for, and 64 for a
// country; programs that write UTF-8 need up to four times as much.
constexpr std::size_t kLongestText = 128;

// Data sets of IIM 4.2, record times 256 plus number.
constexpr std::size_t kCodedCharacterSet = 0x015A;
constexpr std::size_t kCity = 0x025A;
constexpr std::size_t kSublocation = 0x025C;
constexpr std::size_t kState = 0x025F;
constexpr std::size_t kCountry = 0x0265;

struct DataSet {
  std::size_t id = 0;
  std::string_view value;
};

// Takes a data set off the front; nothing at the end, or where none begins.
std::optional<DataSet> take_data_set(std::string_view& record) {
  constexpr std::size_t kHeader = 5;
  constexpr std::size_t kIsExtended = 0x8000;
  if (record.size() < kHeader || byte_at(record, 0) != 0x1C) {
    return std::nullopt;
  }
  const std::size_t id = big16(record, 1);
  std::size_t size = big16(record, 3);
  record.remove_prefix(kHeader);
  if (size >= kIsExtended) {
    // The size of the size, which is never more than four bytes long.
    const std::size_t size_size = size - kIsExtended;
    if (size_size != 4 || record.size() < size_size) {
      return std::nullopt;
    }
    size = big32(record, 0);
    record.remove_prefix(size_size);
  }
  if (size > record.size()) {
    return std::nullopt;
  }
  const DataSet found{.id = id, .value = record.substr(0, size)};
  record.remove_prefix(size);
  return found;
}

// What 1:90 says, if it is there.
enum class Encoding { NotSaid, Utf8, Latin1, Other };

// By the escape sequences of ISO 2022: UTF-8, and the right half of Latin-1 as G1, G2 or G3.
Encoding encoding_of(std::string_view escape) {
  if (escape.starts_with("\x1b%G")) {
    return Encoding::Utf8;
  }
  const bool is_latin1 =
      escape.starts_with("\x1b-A") || escape.starts_with("\x1b.A") || escape.starts_with("\x1b/A");
  return is_latin1 ? Encoding::Latin1 : Encoding::Other;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kPadding(" \0", 2);
  const std::size_t begin = std::min(text.find_first_not_of(kPadding), text.size());
  return text.substr(begin, text.find_last_not_of(kPadding) + 1 - begin);
}

std::string from_latin1(std::string_view text) {
  std::string utf8(2 * text.size(), '\0');  // At most two bytes for each.
  int read = static_cast<int>(text.size());
  int written = static_cast<int>(utf8.size());
  isolat1ToUTF8(reinterpret_cast<unsigned char*>(utf8.data()), &written,
                reinterpret_cast<const unsigned char*>(text.data()), &read);
  utf8.resize(static_cast<std::size_t>(std::max(written, 0)));
  return utf8;
}

// As UTF-8; what is none in the end is left out by place_name.
std::string decoded(std::string_view text, Encoding encoding) {
  if (text.size() > kLongestText) {
    return {};
  }
  text = trimmed(text);
  const bool is_latin1 =
      encoding == Encoding::Latin1 || (encoding == Encoding::NotSaid && !is_place_name(text));
  const bool is_ascii = std::ranges::none_of(text, [](char c) { return (c & 0x80) != 0; });
  if (encoding == Encoding::Other && !is_ascii) {
    return {};
  }
  return is_latin1 ? from_latin1(text) : std::string(text);
}

std::optional<std::string> place_of(std::string_view record) {
  struct Part {
    std::size_t id;
    std::string PlaceParts::*text;
    std::string_view value = {};
  };
  std::array<Part, 4> parts{{{kSublocation, &PlaceParts::sublocation},
                             {kCity, &PlaceParts::city},
                             {kState, &PlaceParts::state},
                             {kCountry, &PlaceParts::country}}};
  Encoding encoding = Encoding::NotSaid;
  while (const auto data_set = take_data_set(record)) {
    if (data_set->id == kCodedCharacterSet) {
      encoding = encoding_of(data_set->value);
    }
    const auto part = std::ranges::find(parts, data_set->id, &Part::id);
    if (part != parts.end() && part->value.empty()) {
      part->value = data_set->value;
    }
  }
  PlaceParts place;
  for (const Part& part : parts) {
    place.*part.text = decoded(part.value, encoding);
  }
  return place_name(place);
}

}  // namespace

MetadataFacts read_iptc(std::string_view record) {
  MetadataFacts facts;
  facts.location = location_named(place_of(record), LocationOrigin::Iptc);
  return facts;
}

}  // namespace sightingd
