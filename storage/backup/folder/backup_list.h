#pragma once

#include "pipeline/digest.h"
#include "pipeline/result.h"
#include "pipeline/time.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a backup consists of, as text: what the daemon answers to whoever makes one, and what lies
/// in the backup's folder (docs/backup.md).
namespace sightingd {

/// A file of rows or of the audit log.
struct ListedObject {
  std::string id;                     ///< 32 lower-case hex digits: what the sealed file is called.
  std::string file;                   ///< Of the store: "rows/000123.sst".
  std::uint64_t bytes = 0;            ///< Of the sealed file; 0: the backup holds it already.
  std::optional<Sha256> sha256 = {};  ///< Of the sealed file, once it was fetched.

  friend bool operator==(const ListedObject&, const ListedObject&) = default;
};

/// A backup, but for the files that it holds as they are.
struct BackupList {
  std::string id;  ///< 32 lower-case hex digits.
  TimePoint made_at;
  std::optional<TimePoint> expires_at;  ///< Until when it can be opened; nothing: for ever.
  std::vector<ListedObject> objects;
  std::uint64_t files = 0;                  ///< How many files it holds as they are, and
  std::optional<Sha256> files_sha256 = {};  ///< of their list, once it was written.

  friend bool operator==(const BackupList&, const BackupList&) = default;
};

/// One of the files that a backup holds as they are.
struct ListedFile {
  std::string name;   ///< Of the store: "photos/NAME".
  std::string stamp;  ///< Another one when the file has become another: digits, "." and "-".
  std::uint64_t bytes = 0;
  std::optional<Sha256> sha256 = {};  ///< Once it was fetched.

  friend bool operator==(const ListedFile&, const ListedFile&) = default;
};

/// One JSON object and an end of line.
std::string to_json(const BackupList& list);
std::string to_json(const ListedFile& file);

/// Fails with Malformed unless it is one, with names that can lead nowhere else.
Result<BackupList> parse_backup_list(std::string_view json);
Result<ListedFile> parse_listed_file(std::string_view json);

/// Whether this is the name of a file that a backup may hold as an object.
bool is_object_file_name(std::string_view file);
/// Whether this is the name of a file that a backup may hold as it is: nothing outside of the
/// folders of photos and of reasons is.
bool is_backup_file_name(std::string_view name);
/// 32 lower-case hex digits.
bool is_backup_id(std::string_view text);

}  // namespace sightingd
