// Hashtags and handles: what folds folds to itself, and so does what is lowered.
#include "connectors/text/hashtag.h"
#include "connectors/text/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto folded = sightingd::fold_hashtag(text)) {
    require(sightingd::is_utf8(*folded) && !folded->empty());
    require(folded->size() <= sightingd::kMaxHashtagBytes);
    const auto again = sightingd::fold_hashtag(*folded);
    require(again && *again == *folded);
    const auto lowered = sightingd::lower_hashtag(text);
    require(lowered && sightingd::is_utf8(*lowered));
    const auto lowered_and_folded = sightingd::fold_hashtag(*lowered);
    require(lowered_and_folded && *lowered_and_folded == *folded);
  }
  if (const auto handle = sightingd::normalize_handle(text)) {
    const auto again = sightingd::normalize_handle(*handle);
    require(again && *again == *handle);
  }
  return 0;
}
