#include "storage/replacement.h"

#include "storage/store_folder.h"

#include <unistd.h>

#include <array>
#include <string>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

/// Here the new store is built. Nothing in it counts.
constexpr const char* kBuilding = "building";
/// Here it lies when it is whole: from then on it is the store.
constexpr const char* kBuilt = "built";
/// In that folder: where what was there before goes.
constexpr const char* kAsideFile = "set-aside";

/// What a store consists of.
constexpr std::array kParts = {"format", "rows", "photos", "audit"};

Error failed(const std::string& doing, const std::error_code& error) {
  return {ErrorCode::Storage, "cannot " + doing + ": " + error.message()};
}

/// Where nothing was set aside before.
fs::path unused_folder(const fs::path& store, TimePoint now) {
  const fs::path wanted = set_aside_folder(store, now);
  fs::path folder = wanted;
  for (int i = 2; fs::exists(folder); ++i) {
    folder = wanted.string() + "-" + std::to_string(i);
  }
  return folder;
}

}  // namespace

Replacement::Replacement(fs::path store, FileDescriptor opened, FileDescriptor lock)
    : store_(std::move(store)),
      folder_(store_ / kBuilding),
      opened_(std::move(opened)),
      lock_(std::move(lock)) {}

Replacement::~Replacement() {
  if (opened_) {  // Not moved from.
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
}

Result<Replacement> Replacement::begin(const fs::path& store) {
  std::error_code error;
  fs::create_directories(store, error);
  auto opened = open_folder(store);
  if (!opened) {
    return opened.error();
  }
  auto lock = lock_store(store);
  if (!lock) {
    return lock.error();
  }
  if (auto finished = finish_replacement(store); !finished) {
    return finished.error();
  }
  Replacement begun(store, std::move(*opened), std::move(*lock));
  if (auto made = open_folder(begun.folder_); !made) {
    return made.error();
  }
  return begun;
}

Result<void> Replacement::sync(TimePoint now) {
  set_aside_ = unused_folder(store_, now);
  if (auto written = write_new_file(folder_ / kAsideFile, set_aside_.filename().string());
      !written) {
    return written;
  }
  return ::syncfs(opened_.get()) == 0 ? Result<void>() : system_error("write the new store");
}

Result<fs::path> Replacement::take_place() {
  std::error_code error;
  fs::rename(folder_, store_ / kBuilt, error);
  if (error) {
    return failed("put the new store in its place", error);
  }
  if (auto synced = sync_folder(opened_); !synced) {
    return synced.error();
  }
  if (auto finished = finish_replacement(store_); !finished) {
    return finished.error();
  }
  return fs::exists(set_aside_, error) ? set_aside_ : fs::path();
}

Result<void> finish_replacement(const fs::path& store) {
  const fs::path built = store / kBuilt;
  std::error_code error;
  if (!fs::exists(built, error)) {
    fs::remove_all(store / kBuilding, error);  // It was never whole.
    return error ? failed("remove what a restoration or a repair has left", error) : Result<void>();
  }
  const auto name = read_file(built / kAsideFile, 100);
  if (!name) {
    return name.error();
  }
  const fs::path aside = store / kSetAsideFolder / fs::path(name->value_or("unknown")).filename();
  for (const char* const part : kParts) {
    if (!fs::exists(built / part, error)) {
      continue;  // It is in its place already.
    }
    for (const fs::path& folder : {store / kSetAsideFolder, aside}) {
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
      fs::rename(built / part, store / part, error);
    }
    if (error) {
      return failed("put the new store in its place", error);
    }
  }
  auto folder = open_folder(store);
  if (!folder) {
    return folder.error();
  }
  if (auto synced = sync_folder(*folder); !synced) {
    return synced;
  }
  fs::remove_all(built, error);
  return error ? failed("remove " + built.string(), error) : sync_folder(*folder);
}

}  // namespace sightingd
