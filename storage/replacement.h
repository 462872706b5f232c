#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/files.h"

#include <filesystem>

namespace sightingd {

/// A store that is built beside the one that is there and takes its place when it is whole: the one
/// that was there is set aside, in its folder `set-aside/TIME`. Until then nothing of the old one
/// is touched, and nothing of the new one stays if this goes or its program ends; from then on
/// whoever opens the store finishes what was cut short.
class Replacement {
 public:
  /// Makes `store` if need be, locks it, and removes or finishes what an earlier one has left.
  /// Fails with Storage and a sentence; reason "locked".
  static Result<Replacement> begin(const std::filesystem::path& store);
  /// Removes what was built, unless it has taken its place.
  ~Replacement();
  Replacement(Replacement&&) noexcept = default;
  Replacement& operator=(Replacement&&) = delete;

  /// Where it is to be built; empty at first.
  const std::filesystem::path& folder() const { return folder_; }

  /// All that was built is on the disk when this returns.
  Result<void> sync(TimePoint now);
  /// To be called after sync(). Says where the old one lies; empty: there was none.
  Result<std::filesystem::path> take_place();

 private:
  Replacement(std::filesystem::path store, FileDescriptor opened, FileDescriptor lock);

  std::filesystem::path store_;
  std::filesystem::path folder_;
  std::filesystem::path set_aside_;
  FileDescriptor opened_;
  FileDescriptor lock_;
};

/// Finishes a replacement that was cut short, if it was whole, or removes what there is of it. For
/// whoever opens the store, has its lock, and has looked at nothing yet. Fails with Storage.
Result<void> finish_replacement(const std::filesystem::path& store);

}  // namespace sightingd
