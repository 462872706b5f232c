#pragma once

#include "pipeline/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// Looks up one environment variable.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The environment of this process. Not thread-safe against those who change it.
Environment process_environment();

/// Why a configuration is loaded.
enum class Purpose : std::uint8_t {
  Run,    ///< To be used: every secret must be there.
  Check,  ///< To be looked at, perhaps by another user: secrets may be out of reach.
  Store,  ///< For what stands in it besides: no secret is looked for.
};

/// How secrets are reached while a configuration is read.
struct SecretAccess {
  Environment environment;
  Purpose purpose = Purpose::Run;
};

/// Where a secret lies. The configuration holds only this, never the secret.
struct SecretPlace {
  enum class Kind : std::uint8_t {
    Credential,  ///< A systemd credential: a file of this name in $CREDENTIALS_DIRECTORY.
    File,        ///< An absolute path.
    Variable,    ///< An environment variable.
  };
  Kind kind = Kind::File;
  std::string name;

  friend bool operator==(const SecretPlace&, const SecretPlace&) = default;
};

/// Reads an access token. One newline at its end is dropped; what remains must be 1 to 4096
/// printable ASCII characters without spaces, because it becomes part of an HTTP header.
///
/// Fails with Forbidden when a file cannot be opened, or may be read by everyone or written by
/// its group; with Gone when it does not exist; with Malformed when the content cannot be a token;
/// with Unavailable when a credential is asked for outside a systemd unit. A message never holds
/// any part of the secret.
Result<std::string> read_token(const SecretPlace& place, const Environment& environment);

/// Where the key of the store lies (`[store] encryption_key`).
struct StoreKeyPlace {
  SecretPlace place{SecretPlace::Kind::Credential, "store-key"};
  /// The configuration names it: then it must be there.
  bool is_named = false;

  /// Of the place alone.
  friend bool operator==(const StoreKeyPlace& a, const StoreKeyPlace& b) {
    return a.place == b.place;
  }
};

/// A store key: this many bytes, as they come from a source of randomness.
inline constexpr std::size_t kStoreKeySize = 32;

/// Reads the store's key: kStoreKeySize bytes. Nothing when none is named and the credential is not
/// there; then a store that was never encrypted stays so.
///
/// Fails as read_token() does, with Malformed for another length. Whoever takes the key wipes it.
Result<std::optional<std::string>> read_store_key(const StoreKeyPlace& place,
                                                  const Environment& environment);

}  // namespace sightingd
