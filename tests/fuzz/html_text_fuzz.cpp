// HTML -> plain text: always UTF-8, never longer than asked, no control character but '\n'.
#include "connectors/text/ascii.h"
#include "connectors/text/html_text.h"
#include "connectors/text/utf8.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view html(reinterpret_cast<const char*>(data), size);
  for (const std::size_t limit : {std::size_t{7}, std::size_t{64} << 10}) {
    const auto text = sightingd::html_to_text(html, limit);
    const bool printable = std::ranges::all_of(
        text, [](char c) { return c == ' ' || c == '\n' || !sightingd::is_space_or_control(c); });
    if (text.size() > limit || !sightingd::is_utf8(text) || !printable) {
      std::abort();
    }
  }
  return 0;
}
