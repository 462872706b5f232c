#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/log/chain.h"
#include "storage/sealing/signing_key.h"

#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// Says, signed, why the log does not begin with its first entry.
struct AuditCheckpoint {
  ChainHead after;                         ///< The entry that the first one in the log follows.
  TimePoint time;                          ///< The entries up to there are older than this.
  std::optional<std::string> broken = {};  ///< The log was not cut, but found broken: where.

  friend bool operator==(const AuditCheckpoint&, const AuditCheckpoint&) = default;
};

/// The bytes that a log keeps of it.
std::string signed_checkpoint(const AuditCheckpoint& checkpoint, const SigningKey& key);

/// Nothing for a log that begins with its first entry. Fails with Storage, reason "broken-chain",
/// when the checkpoint is not signed by `key`, or is another log's.
Result<std::optional<AuditCheckpoint>> checkpoint_of(const ChainStart& start, const PublicKey& key);

}  // namespace sightingd
