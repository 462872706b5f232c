#pragma once

#include "storage/audit/audit_log.h"
#include "storage/check/store_check.h"
#include "storage/store_parts.h"
#include "storage/tables.h"

#include <functional>
#include <memory>

namespace sightingd {

/// Begins to check a store. `newest`: its rows, as they are whenever it is asked. All must outlive
/// what is returned.
std::unique_ptr<StoreCheck> begin_check(const StoreParts& parts, std::function<Tables()> newest,
                                        const AuditLog& audit);

}  // namespace sightingd
