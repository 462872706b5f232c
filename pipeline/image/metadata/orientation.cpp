#include "pipeline/image/metadata/orientation.h"

#include "pipeline/image/format/bytes.h"

namespace sightingd {

std::string orientation_block(Orientation orientation) {
  constexpr std::size_t kDirectoryAt = 8;
  constexpr std::size_t kOrientationTag = 0x0112;
  constexpr std::size_t kShort = 3;
  std::string block = "MM";
  append_big16(block, 42);
  append_big32(block, kDirectoryAt);
  append_big16(block, 1);
  append_big16(block, kOrientationTag);
  append_big16(block, kShort);
  append_big32(block, 1);
  append_big16(block, static_cast<std::size_t>(orientation));
  append_big16(block, 0);
  append_big32(block, 0);
  return block;
}

}  // namespace sightingd
