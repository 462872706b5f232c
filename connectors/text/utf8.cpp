#include "connectors/text/utf8.h"

#include <cstdint>
#include <cstring>

namespace sightingd {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

// How many of the bytes from `from` on are ASCII for certain; looks at eight at once.
std::size_t ascii_run(std::string_view text, std::size_t from) {
  std::size_t at = from;
  for (; text.size() - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & 0x8080808080808080U) != 0) {
      break;
    }
  }
  while (at < text.size() && byte_at(text, at) < 0x80) {
    ++at;
  }
  return at - from;
}

// The allowed values of the second byte of a character, which its first byte decides.
struct SecondByte {
  std::size_t length;  // Of the whole character; 0: no character begins so.
  std::uint8_t low;
  std::uint8_t high;
};

// The rows of table 3-7 for characters beyond ASCII.
SecondByte second_byte(std::uint8_t first) {
  if (first >= 0xc2 && first <= 0xdf) return {2, 0x80, 0xbf};
  if (first == 0xe0) return {3, 0xa0, 0xbf};
  if (first == 0xed) return {3, 0x80, 0x9f};
  if (first >= 0xe1 && first <= 0xef) return {3, 0x80, 0xbf};
  if (first == 0xf0) return {4, 0x90, 0xbf};
  if (first >= 0xf1 && first <= 0xf3) return {4, 0x80, 0xbf};
  if (first == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

// The length of the character beyond ASCII at `at`, or 0 when it is not well-formed.
std::size_t character_length(std::string_view text, std::size_t at) {
  const SecondByte rule = second_byte(byte_at(text, at));
  if (rule.length == 0 || text.size() - at < rule.length || byte_at(text, at + 1) < rule.low ||
      byte_at(text, at + 1) > rule.high) {
    return 0;
  }
  for (std::size_t i = 2; i < rule.length; ++i) {
    if ((byte_at(text, at + i) & 0xc0U) != 0x80) {
      return 0;
    }
  }
  return rule.length;
}

// How many of the bytes from `from` on are well-formed.
std::size_t well_formed_run(std::string_view text, std::size_t from) {
  std::size_t at = from;
  for (;;) {
    at += ascii_run(text, at);
    if (at == text.size()) {
      break;
    }
    const std::size_t length = character_length(text, at);
    if (length == 0) {
      break;
    }
    at += length;
  }
  return at - from;
}

}  // namespace

bool is_utf8(std::string_view text) { return well_formed_run(text, 0) == text.size(); }

std::string repair_utf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t run = well_formed_run(text, at);
    repaired.append(text.substr(at, run));
    at += run;
    if (at < text.size()) {
      repaired.append(kReplacement);
      ++at;
    }
  }
  return repaired;
}

std::string_view cut_utf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) {
    return text;
  }
  std::size_t end = max_bytes;
  while (end > 0 && (byte_at(text, end) & 0xc0U) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

}  // namespace sightingd
