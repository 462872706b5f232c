#pragma once

#include "pipeline/digest.h"
#include "pipeline/result.h"
#include "storage/audit/audit_anchor.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace sightingd {

/// The reasons that operators gave: one file each, sealed by a key of its own that lies elsewhere.
/// The log's chain covers a digest of the sealed bytes, so that a reason can go and the chain stays
/// whole. Not safe to use from two threads at once, but for read() and fault().
class AuditReasons {
 public:
  /// `anchor` must outlive this.
  AuditReasons(std::filesystem::path folder, AuditAnchor& anchor)
      : folder_(std::move(folder)), anchor_(anchor) {}

  /// Seals and keeps the reason of an entry that is about to be written, durably. Gives the digest
  /// of the sealed bytes.
  Result<Sha256> keep(std::uint64_t entry, const std::string& reason) const;

  /// Nothing when it was removed.
  Result<std::optional<std::string>> read(std::uint64_t entry, const Sha256& sealed) const;
  /// Why the reason is neither there as it was written nor removed; nothing when all is well.
  Result<std::optional<std::string>> fault(std::uint64_t entry, const Sha256& sealed) const;

  /// When this returns neither keys nor files are left on the disk.
  Result<void> remove(std::span<const std::uint64_t> entries) const;

 private:
  std::filesystem::path file_of(std::uint64_t entry) const;
  Result<std::optional<std::string>> sealed_bytes(std::uint64_t entry) const;

  std::filesystem::path folder_;
  AuditAnchor& anchor_;
};

}  // namespace sightingd
