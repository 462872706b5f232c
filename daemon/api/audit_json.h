#pragma once

#include "daemon/api/transparency_report.h"
#include "storage/audit/audit_log.h"

#include <string>

/// The audit log as JSON (docs/api.md).
namespace sightingd {

/// Appends one entry as a line.
void append_audit_entry(const AuditEntry& entry, std::string& out);

/// One object on one line, newline included.
std::string verdict_json(const AuditVerdict& verdict, const PublicKey& signer);
std::string transparency_json(const TransparencyReport& report);

}  // namespace sightingd
