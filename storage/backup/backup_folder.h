#pragma once

#include "pipeline/result.h"
#include "storage/backup/backup_list.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace sightingd {

/// Where the parts of a backup lie in its folder:
///   backup.json        the list of the newest whole backup: it is there, or there is none
///   files-ID.ndjson    its files, a line each
///   objects/ID         the sealed files of rows
///   photos/NAME.STAMP  photos, and reasons/NUMBER.STAMP, as they lie in the store
namespace backup_folder {

inline constexpr const char* kList = "backup.json";

std::filesystem::path path_of(const std::filesystem::path& folder, const ListedObject& object);
std::filesystem::path path_of(const std::filesystem::path& folder, const ListedFile& file);
std::filesystem::path files_list(const std::filesystem::path& folder, const std::string& id);

/// Nothing when the folder is empty or absent. Fails with Storage and a sentence when it holds
/// something else, or cannot be read.
Result<std::optional<BackupList>> read_list(const std::filesystem::path& folder);

/// Reads the files that a backup holds as they are, one after the other.
class FilesReader {
 public:
  /// Of the backup with this id.
  FilesReader(const std::filesystem::path& folder, const std::string& id);
  /// Nothing at the end. Fails with Storage, reason "damaged".
  Result<std::optional<ListedFile>> next();

 private:
  std::filesystem::path path_;
  std::ifstream lines_;
};

/// Whether the file is there, whole and as it was when it was fetched. Fails with Storage and a
/// sentence that names it, reason "damaged".
Result<void> verify(const std::filesystem::path& file, std::uint64_t bytes,
                    const std::optional<Sha256>& sha256);

}  // namespace backup_folder
}  // namespace sightingd
