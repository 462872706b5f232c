#include "storage/store_folder.h"

#include "storage/damaged_store.h"

#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockFile = "lock";
constexpr const char* kLedgerFolder = "ledger";
constexpr const char* kFormatFile = "format";

Result<unsigned> parse_format(const fs::path& directory, const std::string& text) {
  unsigned format = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, format);
  if (error != std::errc() || std::string_view(rest, end) != "\n" || format == 0) {
    return damaged_store("its format file cannot be read");
  }
  if (format > kStoreFormat) {
    return Error{ErrorCode::Storage,
                 "the store " + directory.string() + " has format " + std::to_string(format) +
                     " and this version knows format " + std::to_string(kStoreFormat) +
                     ": install the version that wrote it or a newer one",
                 "newer-format"};
  }
  return format;
}

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

Result<std::optional<unsigned>> read_format(const fs::path& directory) {
  const auto text = read_file(directory / kFormatFile);
  if (!text) {
    return text.error();
  }
  if (!*text) {
    return std::optional<unsigned>();
  }
  const auto format = parse_format(directory, **text);
  return format ? Result<std::optional<unsigned>>(*format) : format.error();
}

Result<void> write_format(const fs::path& directory) {
  const fs::path temporary = directory / "format.new";
  std::error_code error;
  fs::remove(temporary, error);
  if (auto written = write_new_file(temporary, std::to_string(kStoreFormat) + "\n"); !written) {
    return written;
  }
  fs::rename(temporary, directory / kFormatFile, error);
  if (error) {
    return Error{ErrorCode::Storage, "cannot name the format of the store: " + error.message()};
  }
  const auto folder = open_folder(directory);
  return folder ? sync_folder(*folder) : folder.error();
}

fs::path set_aside_folder(const fs::path& store, TimePoint at) {
  return store / kSetAsideFolder / file_name_of(at);
}

std::string file_name_of(TimePoint time) {
  std::string name = format_rfc3339(time);
  std::erase(name, ':');
  return name;
}

fs::path ledger_folder_of(const StoreOptions& options) {
  return options.erasure_ledger.empty() ? options.path / kLedgerFolder : options.erasure_ledger;
}

}  // namespace sightingd
