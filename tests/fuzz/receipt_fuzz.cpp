// A receipt that somebody brings.
#include "daemon/api/receipt.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto receipt = sightingd::parse_receipt({reinterpret_cast<const char*>(bytes), size});
  if (!receipt) {
    return 0;
  }
  const auto again = sightingd::parse_receipt(sightingd::receipt_json(*receipt));
  // Escaping may make it too large; otherwise nothing changes.
  if (again && *again != *receipt) {
    std::abort();
  }
  return 0;
}
