#include "pipeline/image/metadata/icc_profile.h"

#include "pipeline/image/format/bytes.h"

namespace sightingd {

bool is_icc_profile(std::string_view bytes) {
  constexpr std::size_t kHeader = 128;
  constexpr std::size_t kTagEntry = 12;
  if (bytes.size() < kHeader + 4 || bytes.size() > kLargestIccProfile ||
      big32(bytes, 0) != bytes.size() || bytes.substr(36, 4) != "acsp") {
    return false;
  }
  const std::uint64_t tags = big32(bytes, kHeader);
  const std::uint64_t table_end = kHeader + 4 + tags * kTagEntry;
  if (table_end > bytes.size()) {
    return false;
  }
  for (std::size_t at = kHeader + 4; at < table_end; at += kTagEntry) {
    const std::uint64_t offset = big32(bytes, at + 4);
    const std::uint64_t size = big32(bytes, at + 8);
    if (offset < table_end || offset + size > bytes.size()) {
      return false;
    }
  }
  return true;
}

}  // namespace sightingd
