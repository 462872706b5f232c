#pragma once

#include "daemon/http/message.h"
#include "storage/audit/audit_event.h"

#include <optional>

namespace sightingd {

/// What a handler says of its work for the audit log. Its kind, the caller and the route are filled
/// in already.
struct Audited {
  AuditEvent event;
  bool has_happened = false;  ///< Whether there is something to note at all.
};

/// Nothing when the kernel did not say.
inline std::optional<AuditPeer> audit_peer(const std::optional<Peer>& peer) {
  if (!peer) {
    return std::nullopt;
  }
  return AuditPeer{.uid = static_cast<std::uint32_t>(peer->uid),
                   .pid = static_cast<std::uint32_t>(peer->pid)};
}

}  // namespace sightingd
