#pragma once

#include "daemon/control/control_server.h"
#include "daemon/http/message.h"
#include "pipeline/result.h"
#include "storage/audit/audit_event.h"
#include "storage/backup/backups.h"
#include "storage/files.h"

#include <boost/asio/awaitable.hpp>

#include <set>
#include <string>

namespace sightingd {

/// Begins a backup and answers with its list: one line. It may take longer than an answer that is
/// no stream.
class BackupBeginning final : public AnswerStream {
 public:
  /// `event`: what is noted in the audit log once it has begun.
  BackupBeginning(const ControlParts& parts, std::set<std::string, std::less<>> held,
                  AuditEvent event);

  boost::asio::awaitable<Result<bool>> next(std::string& part) override;

 private:
  const ControlParts parts_;
  const std::set<std::string, std::less<>> held_;
  AuditEvent event_;
  bool is_done_ = false;
};

/// The files that a backup holds as they are, as NDJSON.
class BackupFilesStream final : public AnswerStream {
 public:
  static constexpr std::size_t kFilesPerPart = 512;

  explicit BackupFilesStream(const ControlParts& parts);

  boost::asio::awaitable<Result<bool>> next(std::string& part) override;

 private:
  Result<void> read_blocking(std::string& part);

  const ControlParts parts_;
  Backups::Files files_;
};

/// The bytes of a file.
class FileStream final : public AnswerStream {
 public:
  static constexpr std::size_t kBytesPerPart = 1 << 20;

  FileStream(const ControlParts& parts, FileDescriptor file);

  boost::asio::awaitable<Result<bool>> next(std::string& part) override;

 private:
  Result<void> read_blocking(std::string& part) const;

  const ControlParts parts_;
  const FileDescriptor file_;
};

}  // namespace sightingd
