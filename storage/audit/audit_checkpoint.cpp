#include "storage/audit/audit_checkpoint.h"

#include "storage/encoding/record.h"

#include <utility>

namespace sightingd {
namespace {

constexpr std::string_view kPurpose = "sightingd audit checkpoint";

Error unsigned_start() {
  return {ErrorCode::Storage,
          "the audit log is broken at its beginning: entries were cut off without a signature of "
          "this store",
          "broken-chain"};
}

}  // namespace

std::string signed_checkpoint(const AuditCheckpoint& checkpoint, const SigningKey& key) {
  const std::string content = record::encode(checkpoint);
  return key.sign(kPurpose, content) + content;
}

Result<std::optional<AuditCheckpoint>> checkpoint_of(const ChainStart& start,
                                                     const PublicKey& key) {
  if (start.owner.empty()) {
    if (start.after.number != 0) {
      return unsigned_start();
    }
    return std::optional<AuditCheckpoint>();
  }
  const std::string_view bytes = start.owner;
  if (bytes.size() < kSignatureSize) {
    return unsigned_start();
  }
  const std::string_view content = bytes.substr(kSignatureSize);
  if (!is_signed(key, kPurpose, content, bytes.substr(0, kSignatureSize))) {
    return unsigned_start();
  }
  auto checkpoint = record::decode_audit_checkpoint(content);
  if (!checkpoint || checkpoint->after != start.after) {
    return unsigned_start();
  }
  return std::optional(std::move(*checkpoint));
}

}  // namespace sightingd
