#include "storage/store_folder.h"

#include <string>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockFile = "lock";
constexpr const char* kLedgerFolder = "ledger";

}  // namespace

Result<FileDescriptor> lock_store(const fs::path& directory) {
  auto lock = lock_file(directory / kLockFile);
  if (!lock) {
    return lock.error();
  }
  if (!*lock) {
    return Error{ErrorCode::Storage,
                 "the store " + directory.string() +
                     " is in use by another process: stop that one or wait until it has ended",
                 "locked"};
  }
  return std::move(**lock);
}

fs::path ledger_folder_of(const StoreOptions& options) {
  return options.erasure_ledger.empty() ? options.path / kLedgerFolder : options.erasure_ledger;
}

}  // namespace sightingd
