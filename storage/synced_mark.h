#pragma once

#include "pipeline/result.h"
#include "storage/files.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace sightingd {

/// How far a log was synced, in a small file beside it, so that an opening can tell a write that
/// was never acknowledged from one that was and has been lost.
///
/// The file itself is never synced: it is written after the log was, so it can only lag behind what
/// is durable, and a stale or lost one accuses nobody.
class SyncedMark {
 public:
  /// Opens or creates `path`. Fails with Storage.
  static Result<SyncedMark> open(const std::filesystem::path& path);

  /// What is written at `path`; nothing when that is nothing valid, or cannot be read.
  static std::optional<std::uint64_t> read(const std::filesystem::path& path);

  /// 0 when nothing valid was written.
  std::uint64_t reached() const { return reached_; }
  /// Everything up to `sequence` is durable. Fails with Storage.
  Result<void> advance(std::uint64_t sequence);

 private:
  explicit SyncedMark(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
  std::uint64_t reached_ = 0;
};

}  // namespace sightingd
