#include "storage/backup/cut_short.h"

#include <system_error>

namespace sightingd {

Result<void> remove_cut_short_backup(const std::filesystem::path& store) {
  std::error_code error;
  std::filesystem::remove_all(store / kBackupFolder, error);
  if (error) {
    return Error{ErrorCode::Storage,
                 "cannot remove what a backup has left in the store: " + error.message()};
  }
  return {};
}

}  // namespace sightingd
