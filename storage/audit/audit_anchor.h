#pragma once

#include "pipeline/result.h"
#include "storage/log/chain.h"
#include "storage/sealing/secret_key.h"

#include <cstdint>
#include <optional>
#include <span>

namespace sightingd {

/// Keeps what must not lie beside the audit log: how far it reaches, and the keys of reasons.
/// Called from any thread but that of the store's writer.
class AuditAnchor {
 public:
  virtual ~AuditAnchor() = default;

  AuditAnchor(const AuditAnchor&) = delete;
  AuditAnchor& operator=(const AuditAnchor&) = delete;

  /// The newest head that was kept; nothing when none was.
  virtual Result<std::optional<ChainHead>> head() const = 0;
  /// Keeps a head, soon: does not wait. Survives the end of the process once it is kept, and of
  /// the machine's power with the store's next synced write.
  virtual void keep_head(const ChainHead& head) = 0;

  /// The key that seals the reason of an entry; durable when this returns.
  virtual Result<void> keep_reason_key(std::uint64_t entry, const SecretKey& key) = 0;
  /// Nothing when the entry has none, or not any more.
  virtual Result<std::optional<SecretKey>> reason_key(std::uint64_t entry) const = 0;
  /// When this returns no byte of the keys is left on the disk.
  virtual Result<void> drop_reason_keys(std::span<const std::uint64_t> entries) = 0;

 protected:
  AuditAnchor() = default;
};

}  // namespace sightingd
