#include "storage/sealing/wrapped_key.h"

#include "pipeline/wipe.h"
#include "storage/sealing/seal.h"

namespace sightingd {
namespace {

constexpr std::uint8_t kMark = 2;
static_assert(kWrappedKeySize == SecretKey::kSize + sealing::kOverhead);

}  // namespace

std::string KeyWrapping::wrap(const SecretKey& key, const SecretKey& store_key) const {
  return sealing::seal(store_key.derived(purpose), kMark, place, key.bytes());
}

std::optional<SecretKey> KeyWrapping::unwrap(std::string_view wrapped,
                                             const SecretKey& store_key) const {
  const SecretKey opens = store_key.derived(purpose);
  for (; wrapped.size() >= kWrappedKeySize; wrapped.remove_prefix(kWrappedKeySize)) {
    std::string bytes;
    if (sealing::open(opens, place, wrapped.substr(0, kWrappedKeySize), bytes)) {
      auto key = SecretKey::of(bytes);
      wipe(bytes);
      return key;
    }
  }
  return std::nullopt;
}

}  // namespace sightingd
