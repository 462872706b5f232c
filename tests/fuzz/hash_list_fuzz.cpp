// A list of PDQ hashes. Written anew, a hash a line, what was read must be read again.
#include "pipeline/similarity/hash_list.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace sightingd;
  const auto hashes = read_hash_list({reinterpret_cast<const char*>(bytes), size});
  if (!hashes) {
    return 0;
  }
  std::string anew;
  for (const PdqHash& hash : *hashes) {
    anew += to_hex(hash) + '\n';
  }
  const auto again = read_hash_list(anew);
  if (!again || *again != *hashes) {
    std::abort();
  }
  return 0;
}
