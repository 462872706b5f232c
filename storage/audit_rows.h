#pragma once

#include "pipeline/result.h"
#include "storage/audit/audit_anchor.h"
#include "storage/database.h"
#include "storage/writer.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>

namespace sightingd {

/// Keeps in the store's header what the audit log must not have beside it. Every change is the
/// writer's, so that it never meets a row that is just being sealed anew.
class AuditRows final : public AuditAnchor {
 public:
  /// All must outlive this.
  AuditRows(Database& database, DurableMoment& durable, Writer& writer)
      : database_(database), durable_(durable), writer_(writer) {}

  Result<std::optional<ChainHead>> head() const override;
  void keep_head(const ChainHead& head) override;
  Result<void> keep_reason_key(std::uint64_t entry, const SecretKey& key) override;
  Result<std::optional<SecretKey>> reason_key(std::uint64_t entry) const override;
  Result<void> drop_reason_keys(std::span<const std::uint64_t> entries) override;

 private:
  void write_newest_head();
  Result<void> run_on_writer(const std::function<Result<void>()>& task);

  Database& database_;
  DurableMoment& durable_;
  Writer& writer_;
  std::mutex mutex_;
  std::optional<ChainHead> newest_;  ///< Until the writer has written it.
};

}  // namespace sightingd
