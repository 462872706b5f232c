#include "pipeline/image/format/png/png_text.h"

#include "pipeline/hex.h"
#include "pipeline/image/format/bytes.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace sightingd {
namespace {

constexpr std::string_view kXmpKeyword = "XML:com.adobe.xmp";
constexpr std::string_view kRawExif = "Raw profile type exif";
constexpr std::string_view kRawApp1 = "Raw profile type APP1";
constexpr std::string_view kRawXmp = "Raw profile type xmp";
constexpr std::string_view kRawIptc = "Raw profile type iptc";
constexpr std::string_view kRawPhotoshop = "Raw profile type 8bim";

bool is_photoshop(std::string_view keyword) {
  return keyword == kRawIptc || keyword == kRawPhotoshop;
}

bool is_worth_reading(std::string_view keyword) {
  return keyword == kXmpKeyword || keyword == kRawExif || keyword == kRawApp1 ||
         keyword == kRawXmp || is_photoshop(keyword);
}

// Skips a field that ends with NUL; nothing is left when there is none.
void skip_field(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
}

// What follows the keyword (PNG, section 11.3.3), inflated if need be.
std::string read_text(std::string_view type, std::string_view rest, InflateAllowance& allowance) {
  const auto inflated = [&](std::string_view stream) {
    return allowance.inflate(stream, kLargestCarrier).value_or(std::string());
  };
  if (type == "tEXt") {
    return std::string(rest.substr(0, kLargestCarrier));
  }
  if (type == "zTXt") {
    return inflated(slice(rest, 1));
  }
  const bool is_compressed = byte_at(rest, 0) == 1;
  rest = slice(rest, 2);
  skip_field(rest);  // Language.
  skip_field(rest);  // Translated keyword.
  return is_compressed ? inflated(rest) : std::string(rest.substr(0, kLargestCarrier));
}

// A name, a length, then hex digits broken into lines.
std::string read_raw_profile(std::string_view content) {
  std::string digits;
  std::size_t line_begin = 0;
  for (int line = 0; line_begin < content.size(); ++line) {
    const std::size_t line_end = std::min(content.find('\n', line_begin), content.size());
    if (line >= 3) {
      digits += content.substr(line_begin, line_end - line_begin);
    }
    line_begin = line_end + 1;
  }
  std::erase_if(digits, [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) == 0; });
  std::vector<std::uint8_t> bytes(digits.size() / 2);
  if (!read_hex(digits, bytes)) {
    return {};
  }
  return {bytes.begin(), bytes.end()};
}

void add_raw_profile(std::string_view profile, Carriers& carriers) {
  constexpr std::string_view kXmpHeader("http://ns.adobe.com/xap/1.0/\0", 29);
  if (profile.starts_with(kXmpHeader)) {
    add_xmp(carriers, profile.substr(kXmpHeader.size()));
  } else {
    add_exif(carriers, profile);
  }
}

}  // namespace

void read_png_text(std::string_view type, std::string_view content, InflateAllowance& allowance,
                   Carriers& carriers) {
  const std::size_t end = content.find('\0');
  const std::string_view keyword = content.substr(0, end);
  if (end == std::string_view::npos || !is_worth_reading(keyword)) {
    return;
  }
  const std::string text = read_text(type, content.substr(end + 1), allowance);
  if (keyword == kXmpKeyword) {
    add_xmp(carriers, text);
  } else if (keyword == kRawXmp) {
    add_xmp(carriers, read_raw_profile(text));
  } else if (is_photoshop(keyword)) {
    add_photoshop(carriers, read_raw_profile(text));
  } else {
    add_raw_profile(read_raw_profile(text), carriers);
  }
}

}  // namespace sightingd
