#include "daemon/control/backup_streams.h"

#include "daemon/audit/note.h"
#include "daemon/control/route.h"
#include "daemon/workers/on_worker.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;

BackupBeginning::BackupBeginning(const ControlParts& parts, std::set<std::string, std::less<>> held,
                                 AuditEvent event)
    : parts_(parts), held_(std::move(held)), event_(std::move(event)) {}

asio::awaitable<Result<bool>> BackupBeginning::next(std::string& part) {
  part.clear();
  if (is_done_) {
    co_return false;
  }
  is_done_ = true;
  const TimePoint now = parts_.clock.now();
  const auto keep = parts_.operations.backups_kept();
  const Result<BackupList> begun = co_await on_worker(
      parts_.workers, [&] { return parts_.store.backups().begin(held_, now, keep); });
  if (!begun) {
    part = answer_of(begun.error()).body;
    co_return true;
  }
  event_.count = begun->objects.size();
  if (begun->expires_at) {
    event_.details.push_back("until " + format_rfc3339(*begun->expires_at));
  }
  const Result<void> noted = co_await note(parts_.store.audit(), event_);
  part = noted ? to_json(*begun) : answer_of(noted.error()).body;
  co_return true;
}

BackupFilesStream::BackupFilesStream(const ControlParts& parts)
    : parts_(parts), files_(parts.store.backups().files()) {}

asio::awaitable<Result<bool>> BackupFilesStream::next(std::string& part) {
  const Result<void> read =
      co_await on_worker(parts_.workers, [this, &part] { return read_blocking(part); });
  if (!read) {
    co_return read.error();
  }
  co_return !part.empty();
}

Result<void> BackupFilesStream::read_blocking(std::string& part) {
  part.clear();
  for (std::size_t i = 0; i < kFilesPerPart; ++i) {
    const auto file = files_.next();
    if (!file) {
      return file.error();
    }
    if (!*file) {
      return {};
    }
    part += to_json(**file);
  }
  return {};
}

FileStream::FileStream(const ControlParts& parts, FileDescriptor file)
    : parts_(parts), file_(std::move(file)) {}

asio::awaitable<Result<bool>> FileStream::next(std::string& part) {
  const Result<void> read =
      co_await on_worker(parts_.workers, [this, &part] { return read_blocking(part); });
  if (!read) {
    co_return read.error();
  }
  co_return !part.empty();
}

Result<void> FileStream::read_blocking(std::string& part) const {
  part.resize(kBytesPerPart);
  ssize_t count = 0;
  do {
    count = ::read(file_.get(), part.data(), part.size());
  } while (count < 0 && errno == EINTR);
  part.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return count < 0 ? system_error("read a file of a backup") : Result<void>();
}

}  // namespace sightingd
