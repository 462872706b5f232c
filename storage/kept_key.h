#pragma once

#include "pipeline/result.h"
#include "storage/database.h"
#include "storage/sealing/secret_key.h"

#include <string_view>

namespace sightingd {

/// Rows of Column::Header that hold a key which the store made once, for itself.
namespace kept_keys {
inline constexpr std::string_view kSigning = "signing-key";  ///< What SigningKey is made from.
inline constexpr std::string_view kAudit = "audit-key";      ///< Of the chain of the audit log.
}  // namespace kept_keys

/// The key that `row` holds; a new one, durable when this returns, if there is none. It lies there
/// like every row: sealed by the ring, so that it stays the same when the store key changes, and in
/// clear as long as the store has no key.
/// For the opening of a store, before its writer begins.
Result<SecretKey> kept_key(Database& database, std::string_view row);

}  // namespace sightingd
