#pragma once

#include "pipeline/result.h"
#include "storage/audit/audit_event.h"
#include "storage/sealing/secret_key.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sightingd {

/// The payload of an entry: a record, sealed and bound to the entry's number.
std::string seal_record(const SecretKey& key, std::uint64_t entry, const AuditRecord& record);
/// Fails with Storage, reason "damaged", when it is not what was sealed.
Result<AuditRecord> open_record(const SecretKey& key, std::uint64_t entry,
                                std::string_view payload);

}  // namespace sightingd
