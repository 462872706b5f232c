#include "pipeline/image/format/png_text.h"

#include "pipeline/hex.h"
#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/inflate.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace sightingd {
namespace {

struct Text {
  std::string_view keyword;
  std::string content;
};

std::string inflated(std::string_view stream) {
  return inflate_whole(stream, kLargestCarrier).value_or(std::string());
}

// Skips a field that ends with NUL; nothing is left when there is none.
void skip_field(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
}

Text read_text(std::string_view type, std::string_view content) {
  const std::size_t end = content.find('\0');
  if (end == std::string_view::npos) {
    return {};
  }
  const std::string_view keyword = content.substr(0, end);
  std::string_view rest = content.substr(end + 1);
  if (type == "tEXt") {
    return {keyword, std::string(rest.substr(0, kLargestCarrier))};
  }
  if (type == "zTXt") {
    return {keyword, inflated(slice(rest, 1))};
  }
  const bool is_compressed = byte_at(rest, 0) == 1;
  rest = slice(rest, 2);
  skip_field(rest);  // Language.
  skip_field(rest);  // Translated keyword.
  return {keyword, is_compressed ? inflated(rest) : std::string(rest.substr(0, kLargestCarrier))};
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

void read_png_text(std::string_view type, std::string_view content, Carriers& carriers) {
  const Text text = read_text(type, content);
  if (text.keyword == "XML:com.adobe.xmp") {
    add_xmp(carriers, text.content);
  } else if (text.keyword == "Raw profile type exif" || text.keyword == "Raw profile type APP1") {
    add_raw_profile(read_raw_profile(text.content), carriers);
  } else if (text.keyword == "Raw profile type xmp") {
    add_xmp(carriers, read_raw_profile(text.content));
  }
}

}  // namespace sightingd
