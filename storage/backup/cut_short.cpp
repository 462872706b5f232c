#include "storage/backup/cut_short.h"

#include "storage/files.h"

#include <array>
#include <string>
#include <system_error>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

/// What a store consists of.
constexpr std::array kParts = {"format", "rows", "photos", "audit"};

Error failed(const std::string& doing, const std::error_code& error) {
  return {ErrorCode::Storage, "cannot " + doing + ": " + error.message()};
}

}  // namespace

Result<void> remove_cut_short_backup(const fs::path& store) {
  std::error_code error;
  fs::remove_all(store / kBackupFolder, error);
  if (error) {
    return Error{ErrorCode::Storage,
                 "cannot remove what a backup has left in the store: " + error.message()};
  }
  return {};
}

Result<void> finish_restoration(const fs::path& store) {
  const fs::path whole = store / restoring::kWhole;
  std::error_code error;
  if (!fs::exists(whole, error)) {
    fs::remove_all(store / restoring::kNew, error);  // It was never whole.
    return error ? failed("remove what a restoration has left", error) : Result<void>();
  }
  const auto name = read_file(whole / restoring::kAsideFile, 100);
  if (!name) {
    return name.error();
  }
  const fs::path aside =
      store / restoring::kSetAside / fs::path(name->value_or("unknown")).filename();
  for (const char* const part : kParts) {
    if (!fs::exists(whole / part, error)) {
      continue;  // It is in its place already.
    }
    for (const fs::path& folder : {store / restoring::kSetAside, aside}) {
      if (fs::exists(store / part, error)) {
        if (auto made = open_folder(folder); !made) {
          return made.error();
        }
      }
    }
    if (fs::exists(store / part, error)) {
      fs::rename(store / part, aside / part, error);
    }
    if (!error) {
      fs::rename(whole / part, store / part, error);
    }
    if (error) {
      return failed("put a restored store in its place", error);
    }
  }
  auto folder = open_folder(store);
  if (!folder) {
    return folder.error();
  }
  if (auto synced = sync_folder(*folder); !synced) {
    return synced;
  }
  fs::remove_all(whole, error);
  return error ? failed("remove " + whole.string(), error) : sync_folder(*folder);
}

}  // namespace sightingd
