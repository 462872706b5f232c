#pragma once

#include "pipeline/result.h"
#include "pipeline/running_digest.h"
#include "storage/backup/folder/backup_list.h"

#include <cstdint>
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
/// There from the beginning of a first backup until backup.json is.
inline constexpr const char* kBegun = "backup.begun";

std::filesystem::path path_of(const std::filesystem::path& folder, const ListedObject& object);
std::filesystem::path path_of(const std::filesystem::path& folder, const ListedFile& file);
std::filesystem::path files_list(const std::filesystem::path& folder, const std::string& id);

/// Nothing when the folder is empty or absent. Fails with Storage and a sentence when it holds
/// something else, or cannot be read.
Result<std::optional<BackupList>> read_list(const std::filesystem::path& folder);

/// The same, where there must be one.
Result<BackupList> require_list(const std::filesystem::path& folder);

/// Reads the files that a backup holds as they are, one after the other.
class FilesReader {
 public:
  FilesReader(const std::filesystem::path& folder, const BackupList& list);
  /// Nothing at the end, if it is that of the list. Fails with Storage, reason "damaged".
  Result<std::optional<ListedFile>> next();

 private:
  Result<void> check_end();

  std::filesystem::path path_;
  std::uint64_t files_ = 0;  ///< That are to come.
  std::optional<Sha256> expected_;
  RunningDigest digest_;
  std::ifstream lines_;
};

/// Whether the file is there, no link, whole and as it was when it was fetched, which is known.
/// Fails with Storage and a sentence that names it, reason "damaged".
Result<void> verify(const std::filesystem::path& file, std::uint64_t bytes,
                    const std::optional<Sha256>& sha256);

}  // namespace backup_folder
}  // namespace sightingd
