#include "pipeline/similarity/hash_list.h"

#include <cstddef>
#include <string>

namespace sightingd {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

Result<std::vector<PdqHash>> read_hash_list(std::string_view text) {
  std::vector<PdqHash> hashes;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    const std::string_view content = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (content.empty() || content.front() == '#') {
      continue;
    }
    const auto hash = pdq_from_hex(trimmed(content.substr(0, content.find(','))));
    if (!hash) {
      return Error{ErrorCode::Malformed,
                   "line " + std::to_string(line) +
                       " is not a PDQ hash: write 64 hex digits, and nothing but a comma and more "
                       "behind them"};
    }
    hashes.push_back(*hash);
  }
  return hashes;
}

}  // namespace sightingd
