#pragma once

#include "pipeline/facts.h"
#include "pipeline/result.h"
#include "storage/ledger/erasure_ledger.h"
#include "storage/tables.h"

#include <cstdint>
#include <vector>

namespace sightingd {

/// What a store that has done the ledger's entries up to `done` has to be told, in order, so that
/// it has done all: after a crash between the ledger and the store, and in a copy of the store that
/// was brought back. 0: nobody knows what it has done. Reads every sighting if there is anything to
/// do. Fails with Storage.
Result<std::vector<Facts>> facts_owed(const ErasureLedger& ledger, const Tables& tables,
                                      std::uint64_t done);

}  // namespace sightingd
