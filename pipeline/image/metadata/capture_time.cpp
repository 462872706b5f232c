#include "pipeline/image/metadata/capture_time.h"

#include "pipeline/time.h"

#include <algorithm>

namespace sightingd {
namespace {

constexpr std::size_t kDateTimeLength = 19;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// ".120", cut or filled to milliseconds; empty when there are no digits.
std::string milliseconds(std::string_view fraction) {
  const auto end = std::find_if_not(fraction.begin(), fraction.end(), is_digit);
  std::string digits(fraction.begin(), end);
  if (digits.empty() || end != fraction.end()) {
    return {};
  }
  digits.resize(3, '0');
  return "." + digits;
}

// "Z" or "+hh:mm"; empty for anything else, which would say nothing of the time.
std::string canonical_offset(std::string_view offset) {
  if (offset == "Z" || offset == "z") {
    return "Z";
  }
  const bool is_numeric = offset.size() == 6 && (offset[0] == '+' || offset[0] == '-') &&
                          is_digit(offset[1]) && is_digit(offset[2]) && offset[3] == ':' &&
                          is_digit(offset[4]) && is_digit(offset[5]);
  return is_numeric ? std::string(offset) : std::string();
}

}  // namespace

std::optional<std::string> capture_time(std::string_view date_time, std::string_view fraction,
                                        std::string_view offset) {
  if (date_time.size() != kDateTimeLength) {
    return std::nullopt;
  }
  std::string text(date_time);
  for (const std::size_t dash : {std::size_t{4}, std::size_t{7}}) {
    if (text[dash] == ':') {
      text[dash] = '-';
    }
  }
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') {
    return std::nullopt;
  }
  text[10] = 'T';
  // Whether day and hour exist is the same question as for any RFC 3339 text.
  if (!parse_rfc3339(text + "Z")) {
    return std::nullopt;
  }
  text += milliseconds(trimmed(fraction));
  const std::string with_offset = text + canonical_offset(trimmed(offset));
  return parse_rfc3339(with_offset) ? with_offset : text;
}

std::optional<std::string> capture_time(std::string_view iso) {
  std::string_view rest = iso.substr(std::min(iso.size(), kDateTimeLength));
  std::string_view fraction;
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    fraction = rest.substr(1, end - 1);
    rest = rest.substr(end);
  }
  return capture_time(iso.substr(0, kDateTimeLength), fraction, rest);
}

}  // namespace sightingd
