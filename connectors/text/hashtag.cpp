#include "connectors/text/hashtag.h"

#include "connectors/text/ascii.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>

namespace sightingd {
namespace {

// Unfolded text longer than this is refused unread: folding grows a character at most 18-fold
// and never shrinks one below a third, so a valid hashtag is far shorter.
constexpr std::size_t kMaxUnfoldedBytes = 4 * kMaxHashtagBytes;
constexpr std::size_t kMaxUserBytes = 64;   // Mastodon allows 30, Pleroma 64.
constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035, in text form.

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

Error malformed(std::string message) { return {ErrorCode::Malformed, std::move(message)}; }

// A capital I with a dot: of all characters only this one becomes two in lower case whatever is
// around it (Unicode, SpecialCasing.txt), which utf8proc_tolower() cannot give.
constexpr utf8proc_int32_t kDottedCapitalI = 0x130;
constexpr std::string_view kDottedSmallI = "i\u0307";

constexpr int kNfkc = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
constexpr int kNfkcCasefold = kNfkc | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;

// Nothing when the text is not UTF-8.
std::optional<std::string> mapped_by(int mapping, std::string_view text) {
  const auto options = static_cast<utf8proc_option_t>(mapping);
  utf8proc_uint8_t* mapped = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
  const std::unique_ptr<utf8proc_uint8_t, Free> owner(mapped);
  if (length < 0) {
    return std::nullopt;
  }
  return std::string(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length));
}

// The first character of `utf8`, which is taken off it; nothing at its end.
std::optional<utf8proc_int32_t> take_character(std::string_view& utf8) {
  utf8proc_int32_t codepoint = 0;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                       static_cast<utf8proc_ssize_t>(utf8.size()), &codepoint);
  if (length <= 0) {
    return std::nullopt;
  }
  utf8.remove_prefix(static_cast<std::size_t>(length));
  return codepoint;
}

void append(std::string& text, utf8proc_int32_t codepoint) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto length = utf8proc_encode_char(codepoint, bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

std::string in_lower_case(std::string_view utf8) {
  std::string lowered;
  while (const auto codepoint = take_character(utf8)) {
    if (*codepoint == kDottedCapitalI) {
      lowered += kDottedSmallI;
    } else {
      append(lowered, utf8proc_tolower(*codepoint));
    }
  }
  return lowered;
}

bool is_ignorable(utf8proc_int32_t codepoint) {
  return utf8proc_get_property(codepoint)->ignorable != 0;
}

// Joiners and marks of direction, as copied text has them around a word; a variation selector at
// its end belongs to it.
bool is_ignorable_behind_a_word(utf8proc_int32_t codepoint) {
  return is_ignorable(codepoint) && utf8proc_category(codepoint) == UTF8PROC_CATEGORY_CF;
}

std::string_view without_ignorable_ends(std::string_view utf8) {
  for (std::string_view rest = utf8; !rest.empty(); utf8 = rest) {
    const auto codepoint = take_character(rest);
    if (!codepoint || !is_ignorable(*codepoint)) {
      break;
    }
  }
  std::size_t length = 0;
  for (std::string_view rest = utf8; const auto codepoint = take_character(rest);) {
    length = is_ignorable_behind_a_word(*codepoint) ? length : utf8.size() - rest.size();
  }
  return utf8.substr(0, length);
}

std::string_view without_signs(std::string_view tag) {
  if (tag.starts_with('#')) {
    tag.remove_prefix(1);
    if (tag.ends_with('#')) {
      tag.remove_suffix(1);
    }
  }
  return tag;
}

// What cannot be part of one tag: '#', white space and control characters.
bool ends_a_hashtag(utf8proc_int32_t codepoint) {
  switch (utf8proc_category(codepoint)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
      return true;
    default:
      return codepoint == '#';
  }
}

bool is_one_word(std::string_view utf8) {
  while (!utf8.empty()) {
    const auto codepoint = take_character(utf8);
    if (!codepoint || ends_a_hashtag(*codepoint)) {
      return false;
    }
  }
  return true;
}

bool is_user(std::string_view text) {
  return !text.empty() && text.size() <= kMaxUserBytes && std::ranges::all_of(text, [](char c) {
    return is_ascii_alphanumeric(c) || c == '_' || c == '.' || c == '-';
  });
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_ascii_digit);
}

bool is_host(std::string_view text) {
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    if (!is_port(text.substr(colon + 1))) {
      return false;
    }
    text = text.substr(0, colon);
  }
  return !text.empty() && text.size() <= kMaxHostBytes && is_ascii_alphanumeric(text.front()) &&
         is_ascii_alphanumeric(text.back()) && text.find("..") == std::string_view::npos &&
         std::ranges::all_of(
             text, [](char c) { return is_ascii_alphanumeric(c) || c == '.' || c == '-'; });
}

}  // namespace

Result<std::string> fold_hashtag(std::string_view text) {
  if (text.size() > kMaxUnfoldedBytes) {
    return malformed("a hashtag has at most 300 bytes");
  }
  const auto folded = mapped_by(kNfkcCasefold, text);
  if (!folded) {
    return malformed("a hashtag must be UTF-8");
  }
  const std::string_view tag = without_signs(*folded);
  if (tag.empty()) {
    return malformed("a hashtag must not be empty");
  }
  if (tag.size() > kMaxHashtagBytes) {
    return malformed("a hashtag has at most 300 bytes");
  }
  if (!is_one_word(tag)) {
    return malformed("a hashtag is one word: no space, control character or '#' inside");
  }
  return std::string(tag);
}

Result<std::string> lower_hashtag(std::string_view text) {
  auto folded = fold_hashtag(text);
  if (!folded) {
    return folded;
  }
  const auto normal = mapped_by(kNfkc, text);
  if (!normal) {
    return malformed("a hashtag must be UTF-8");
  }
  const std::string_view bare = without_signs(without_ignorable_ends(*normal));
  std::string lowered = in_lower_case(without_ignorable_ends(bare));
  // Signs that hide behind ignorable characters are left in it.
  const auto again = fold_hashtag(lowered);
  return again && *again == *folded ? std::move(lowered) : std::move(*folded);
}

Result<std::string> normalize_handle(std::string_view text) {
  if (text.starts_with('@')) {
    text.remove_prefix(1);
  }
  const auto at = text.find('@');
  if (at == std::string_view::npos) {
    return malformed("an account is written user@host");
  }
  const std::string_view user = text.substr(0, at);
  const std::string_view host = text.substr(at + 1);
  if (!is_user(user)) {
    return malformed("the user of an account has letters, digits, '_', '.' and '-'");
  }
  if (!is_host(host)) {
    return malformed("the host of an account is a domain name (an international one as xn--...)");
  }
  std::string handle(text);
  std::transform(handle.begin() + static_cast<std::ptrdiff_t>(at), handle.end(),
                 handle.begin() + static_cast<std::ptrdiff_t>(at), ascii_lower);
  return handle;
}

}  // namespace sightingd
