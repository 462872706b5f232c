#include "storage/next_epoch.h"

#include <algorithm>
#include <limits>

namespace sightingd {

Result<std::uint16_t> next_epoch(std::uint16_t of_store, ErasureLedger* ledger, BackupKeys* keys,
                                 TimePoint now) {
  std::uint16_t last = of_store;
  if (keys != nullptr) {
    const auto list = keys->list();
    if (!list) {
      return list.error();
    }
    last = std::max(last, list->last_epoch);
  }
  if (last == std::numeric_limits<std::uint16_t>::max()) {
    return Error{ErrorCode::Storage, "the store was restored 65,535 times: no cursors are left"};
  }
  auto epoch = static_cast<std::uint16_t>(last + 1);
  if (ledger != nullptr) {
    const auto noted = ledger->note_restoration(last, now);
    if (!noted) {
      return noted;
    }
    epoch = *noted;
  }
  if (keys != nullptr) {
    const auto remembered = keys->change([epoch](record::BackupKeyList& list) {
      list.last_epoch = epoch;
      return Result<void>();
    });
    if (!remembered) {
      return remembered.error();
    }
  }
  return epoch;
}

}  // namespace sightingd
