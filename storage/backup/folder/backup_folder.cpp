#include "storage/backup/folder/backup_folder.h"

#include <iterator>
#include <system_error>
#include <utility>

namespace sightingd::backup_folder {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 1 << 20;
constexpr std::size_t kMostListBytes = 64 << 20;

Error damaged(const fs::path& path, std::string_view how) {
  return {ErrorCode::Storage, path.string() + " " + std::string(how), "damaged"};
}

}  // namespace

fs::path path_of(const fs::path& folder, const ListedObject& object) {
  return folder / "objects" / object.id;
}

fs::path path_of(const fs::path& folder, const ListedFile& file) {
  const bool is_photo = file.name.starts_with("photos/");
  const std::string name = file.name.substr(file.name.rfind('/') + 1) + "." + file.stamp;
  return folder / (is_photo ? "photos" : "reasons") / name;
}

fs::path files_list(const fs::path& folder, const std::string& id) {
  return folder / ("files-" + id + ".ndjson");
}

Result<std::optional<BackupList>> read_list(const fs::path& folder) {
  std::error_code error;
  const fs::path path = folder / kList;
  if (!fs::exists(path, error)) {
    if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
      if (!fs::exists(folder / kBegun, error)) {
        return Error{ErrorCode::Storage,
                     folder.string() +
                         " holds something else than a backup: name an empty folder, "
                         "or one that holds a backup"};
      }
    }
    return std::optional<BackupList>();
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostListBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || text.empty()) {
    return damaged(path, "cannot be read");
  }
  auto list = parse_backup_list(text);
  if (!list) {
    return damaged(path, "is not the list of a backup that this version knows");
  }
  return std::optional(std::move(*list));
}

Result<BackupList> require_list(const fs::path& folder) {
  auto list = read_list(folder);
  if (!list) {
    return list.error();
  }
  if (!*list) {
    return Error{ErrorCode::Storage, "there is no backup in " + folder.string()};
  }
  return std::move(**list);
}

FilesReader::FilesReader(const fs::path& folder, const BackupList& list)
    : path_(files_list(folder, list.id)),
      files_(list.files),
      expected_(list.files_sha256),
      lines_(path_, std::ios::binary) {}

Result<std::optional<ListedFile>> FilesReader::next() {
  std::string line;
  if (!lines_.is_open()) {
    return damaged(path_, "is missing");
  }
  if (!std::getline(lines_, line)) {
    const auto whole = check_end();
    return whole ? Result<std::optional<ListedFile>>(std::nullopt) : whole.error();
  }
  line += '\n';
  digest_.add(line);
  auto file = parse_listed_file(line);
  if (!file || files_ == 0) {
    return damaged(path_, "is damaged");
  }
  --files_;
  return std::optional(std::move(*file));
}

Result<void> FilesReader::check_end() {
  if (!lines_.eof() || files_ > 0 || !expected_ || digest_.finish() != *expected_) {
    return damaged(path_, "is damaged: it is not the list that was written");
  }
  return {};
}

Result<void> verify(const fs::path& path, std::uint64_t bytes,
                    const std::optional<Sha256>& sha256) {
  std::error_code ignored;
  std::ifstream file(path, std::ios::binary);
  if (!file || !fs::is_regular_file(fs::symlink_status(path, ignored))) {
    return damaged(path, "is missing, or cannot be read");
  }
  RunningDigest digest;
  std::uint64_t size = 0;
  std::string block(kBlock, '\0');
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    digest.add({block.data(), static_cast<std::size_t>(file.gcount())});
    size += static_cast<std::uint64_t>(file.gcount());
  }
  if (file.bad()) {
    return damaged(path, "cannot be read");
  }
  if (size != bytes || !sha256 || digest.finish() != *sha256) {
    return damaged(path, "is damaged: it is not what was fetched");
  }
  return {};
}

}  // namespace sightingd::backup_folder
