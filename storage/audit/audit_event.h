#pragma once

#include "pipeline/digest.h"
#include "pipeline/time.h"
#include "storage/encoding/lookup_hash.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// What can be audited. The numbers are stored and never change.
enum class AuditKind : std::uint8_t {
  Started = 1,
  Stopped = 2,
  AccessDenied = 3,
  FeedRead = 4,
  SightingRead = 5,
  PhotoRead = 6,
  SkippedRead = 7,
  Search = 8,     ///< For photos that are the same picture.
  AuditRead = 9,  ///< The audit log itself.
  Erasure = 10,
  Hold = 11,
  HoldEnd = 12,
  Refusal = 13,  ///< A picture or post is refused from then on.
  RefusalEnd = 14,
  ConfigurationChange = 15,
  KeyRotation = 16,
  EntriesCut = 17,     ///< `count` older entries were cut off behind a signed checkpoint.
  ReasonRemoval = 18,  ///< Of entry `count`.
  LogBroken = 19,      ///< The log before this entry was found broken and set aside.
  StoreCheck = 20,
  PhotoSetAside = 21,  ///< Its file was damaged; it is fetched again.
  Backup = 22,
  Restoration = 23,  ///< The store was brought back from a backup.
  Repair = 24,       ///< What could be read of the store, which was damaged, is the store now.
};
inline constexpr AuditKind kLastAuditKind = AuditKind::Repair;

/// "photo_read": as the API and the report name it.
std::string_view to_text(AuditKind kind);

/// Who was at the other end of the control socket, as the kernel said.
struct AuditPeer {
  std::uint32_t uid = 0;
  std::uint32_t pid = 0;  ///< 0 when the kernel did not say.

  friend bool operator==(const AuditPeer&, const AuditPeer&) = default;
};

/// Something that happened and must be known later, without a word about those it happened to:
/// no text, name, place, URL or id. The one exception is `reason`, which an operator wrote; it is
/// sealed apart from the log.
struct AuditEvent {
  AuditKind kind = AuditKind::Started;
  TimePoint time;
  std::optional<AuditPeer> peer = {};  ///< Absent: the daemon itself.
  /// Of the API: "GET /v1/photos/*", never what stood in place of the "*". May be empty.
  std::string route = {};
  /// Whom or what it was about: Store::audit_subject() of an id.
  std::optional<LookupHash> subject = {};
  /// Of records read, erased, …; 0 when there was none, or nothing to count.
  std::uint64_t count = 0;
  /// The first and the last cursor that a reader of the feed was given.
  std::string first_cursor = {};
  std::string last_cursor = {};
  /// Names of settings and watches, the mode of a start: never of persons. At most
  /// kMostAuditDetails of at most kMostAuditDetailBytes; what is more is left out.
  std::vector<std::string> details = {};
  /// What the operator gave as reason; at most kMostAuditReasonBytes, what is more is cut.
  std::optional<std::string> reason = {};

  friend bool operator==(const AuditEvent&, const AuditEvent&) = default;
};
inline constexpr std::size_t kMostAuditDetails = 64;
inline constexpr std::size_t kMostAuditDetailBytes = 200;
inline constexpr std::size_t kMostAuditReasonBytes = 4096;

/// What the chain holds of an event: all but the reason, of which it covers the sealed bytes.
struct AuditRecord {
  AuditEvent event;  ///< Without a reason.
  std::optional<Sha256> sealed_reason = {};

  friend bool operator==(const AuditRecord&, const AuditRecord&) = default;
};

}  // namespace sightingd
