#pragma once

#include "pipeline/result.h"
#include "storage/audit/audit_log.h"

#include <boost/asio/awaitable.hpp>

namespace sightingd {

/// Notes an event in the audit log, and comes back to the awaiting strand when it is durable: what
/// it audits may be answered then. `log` must outlive the call. Not cancelled: it takes one sync.
boost::asio::awaitable<Result<void>> note(AuditLog& log, AuditEvent event);

/// The same, without waiting.
void note_soon(AuditLog& log, AuditEvent event);

}  // namespace sightingd
