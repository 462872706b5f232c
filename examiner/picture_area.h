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
/// at any time and cannot change its size (memfd_create(2), seals): what is taken is a copy, and
/// only the copy is looked at.
class PictureArea {
 public:
  /// With room for pictures and answers of up to `largest` bytes; memory is used as they come.
  /// Fails with Unavailable.
  static Result<PictureArea> create(std::uint64_t largest);
  ~PictureArea();
  PictureArea(PictureArea&& other) noexcept;
  PictureArea& operator=(PictureArea&&) = delete;

  /// For the examiner, which maps it.
  int descriptor() const { return memory_.get(); }

  /// Fails with Unavailable when the system has no memory for it. At most `largest` bytes.
  Result<void> put(std::string_view picture);
  /// Whether the first `size` bytes are those of `picture`.
  bool holds(std::string_view picture, std::size_t size) const;
  /// Replaces `copy` by the first `size` bytes, at most `largest`. Fails like put.
  Result<void> take(std::size_t size, std::string& copy);
  /// Gives back the memory that only large pictures need.
  void cool();

 private:
  PictureArea(OwnedDescriptor memory, char* begin, std::size_t size);
  // So that touching them cannot fail, which would be a signal.
  Result<void> reserve(std::size_t bytes);

  OwnedDescriptor memory_;
  char* begin_;
  std::size_t size_;
  std::size_t reserved_ = 0;
};

}  // namespace sightingd
