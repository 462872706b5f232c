#include "storage/audit/sealed_record.h"

#include "storage/encoding/record.h"
#include "storage/sealing/seal.h"

namespace sightingd {
namespace {

constexpr std::uint8_t kMark = 1;  // The form of a sealed entry.

std::string place_of(std::uint64_t entry) { return "audit entry " + std::to_string(entry); }

}  // namespace

std::string seal_record(const SecretKey& key, std::uint64_t entry, const AuditRecord& record) {
  return sealing::seal(key, kMark, place_of(entry), record::encode(record));
}

Result<AuditRecord> open_record(const SecretKey& key, std::uint64_t entry,
                                std::string_view payload) {
  std::string record;
  if (!sealing::open(key, place_of(entry), payload, record)) {
    return Error{ErrorCode::Storage,
                 "entry " + std::to_string(entry) + " of the audit log cannot be opened",
                 "damaged"};
  }
  return record::decode_audit_record(record);
}

}  // namespace sightingd
