#include "storage/audit/audit_event.h"

namespace sightingd {

std::string_view to_text(AuditKind kind) {
  switch (kind) {
    case AuditKind::Started:
      return "start";
    case AuditKind::Stopped:
      return "stop";
    case AuditKind::AccessDenied:
      return "access_denied";
    case AuditKind::FeedRead:
      return "feed_read";
    case AuditKind::SightingRead:
      return "sighting_read";
    case AuditKind::PhotoRead:
      return "photo_read";
    case AuditKind::SkippedRead:
      return "skipped_read";
    case AuditKind::Search:
      return "search";
    case AuditKind::AuditRead:
      return "audit_read";
    case AuditKind::Erasure:
      return "erasure";
    case AuditKind::Hold:
      return "hold";
    case AuditKind::HoldEnd:
      return "hold_end";
    case AuditKind::Refusal:
      return "refusal";
    case AuditKind::RefusalEnd:
      return "refusal_end";
    case AuditKind::ConfigurationChange:
      return "configuration_change";
    case AuditKind::KeyRotation:
      return "key_rotation";
    case AuditKind::EntriesCut:
      return "entries_cut";
    case AuditKind::ReasonRemoval:
      return "reason_removal";
    case AuditKind::LogBroken:
      return "log_broken";
    case AuditKind::StoreCheck:
      return "store_check";
    case AuditKind::PhotoSetAside:
      return "photo_set_aside";
    case AuditKind::Backup:
      return "backup";
    case AuditKind::Restoration:
      return "restoration";
    case AuditKind::Repair:
      return "repair";
  }
  return "";
}

}  // namespace sightingd
