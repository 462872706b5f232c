#pragma once

#include "examiner/process.h"
#include "pipeline/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sightingd {

/// Memory that the daemon shares with one examiner: a picture is put there, and what the examiner
/// makes of it is taken from there; neither goes through the socket. The examiner can write to it
/// at any time, and can neither change its size (memfd_create(2), seals) nor, under its filter of
/// system calls, take memory out of it: so touching it is no fault. What is taken is a copy, and
/// only the copy is looked at.
class PictureArea {
 public:
  /// The reason of every failure here. All are Unavailable.
  static constexpr std::string_view kNoMemory = "examiner_memory";

  /// With room for pictures and answers of up to `largest` bytes; memory is used as they come.
  static Result<PictureArea> create(std::uint64_t largest);
  ~PictureArea();
  PictureArea(PictureArea&& other) noexcept;
  PictureArea& operator=(PictureArea&&) = delete;

  /// For the examiner, which maps it.
  int descriptor() const { return memory_.get(); }

  /// At most `largest` bytes. Nothing that was put or taken before is left behind them.
  Result<void> put(std::string_view bytes);
  /// Makes `bytes`, which were put, what lies there now: `size` bytes, at most `largest`. Says
  /// whether it has changed; only then are bytes copied.
  Result<bool> take(std::size_t size, std::string& bytes);
  /// Gives back the memory that only large pictures need.
  void cool();

 private:
  PictureArea(OwnedDescriptor memory, char* begin, std::size_t size);
  // So that touching them cannot fail, which would be a signal.
  Result<void> reserve(std::size_t bytes);
  char* picture() const;

  OwnedDescriptor memory_;
  char* begin_;
  std::size_t size_;
  std::size_t reserved_ = 0;  // From the beginning of the memory.
  std::size_t used_ = 0;      // Bytes that may be of an earlier picture.
};

}  // namespace sightingd
