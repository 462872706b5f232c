#pragma once

#include "storage/store.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace sightingd {

/// Whether there is room to take in more: ingest pauses before the disk is full, so that what is
/// there can still be read and erased. Asks the file system at most once a second.
class FreeSpace {
 public:
  /// `store` must outlive this. At least `keep_free` bytes are to be left free at `path`.
  FreeSpace(const Store& store, std::filesystem::path path, std::uint64_t keep_free)
      : store_(store), path_(std::move(path)), keep_free_(keep_free) {}

  /// Why nothing is taken in: a sentence, empty when there is room.
  std::string complaint(std::chrono::steady_clock::time_point now) const;
  std::string complaint() const { return complaint(std::chrono::steady_clock::now()); }

 private:
  const Store& store_;
  const std::filesystem::path path_;
  const std::uint64_t keep_free_;
  mutable std::chrono::steady_clock::time_point asked_at_;
  mutable bool is_low_ = false;
};

}  // namespace sightingd
