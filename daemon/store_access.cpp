#include "daemon/store_access.h"

#include "pipeline/wipe.h"

#include <string>

namespace sightingd {

StoreOptions store_options(const Settings& settings) {
  StoreOptions options = settings.store;
  if (options.erasure_ledger.empty()) {
    options.erasure_ledger = options.path;
    options.erasure_ledger += "-ledger";
  }
  return options;
}

Result<std::optional<SecretKey>> find_store_key(const Settings& settings,
                                                const std::filesystem::path& given) {
  const StoreKeyPlace place =
      given.empty() ? settings.store_key
                    : StoreKeyPlace{.place = {SecretPlace::Kind::File, given}, .is_named = true};
  auto bytes = read_store_key(place, process_environment());
  if (!bytes) {
    return Error{ErrorCode::Forbidden, (given.empty() ? "store.encryption_key: the key "
                                                      : "--key: the key of the store ") +
                                           bytes.error().message};
  }
  if (!*bytes) {
    return std::optional<SecretKey>();
  }
  auto key = SecretKey::of(**bytes);
  wipe(**bytes);
  return key;
}

ExitCode exit_code_of_store(const Error& error) {
  return error.reason == "key"      ? ExitCode::Configuration
         : error.reason == "locked" ? ExitCode::Incomplete
                                    : ExitCode::Store;
}

}  // namespace sightingd
