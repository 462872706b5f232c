#include "pipeline/image/format/tiff/pack_bits.h"

#include "pipeline/image/format/bytes.h"

namespace sightingd {
namespace {

unsigned turned(unsigned byte) {
  unsigned result = 0;
  for (int i = 0; i < 8; ++i) {
    result = result << 1U | (byte >> i & 1U);
  }
  return result;
}

}  // namespace

unsigned PackBits::take() {
  const unsigned byte = byte_at(packed_, 0);
  packed_.remove_prefix(1);
  return is_turned_ ? turned(byte) : byte;
}

bool PackBits::next(std::string& row) {
  constexpr unsigned kNothing = 128;
  for (std::size_t at = 0; at < row.size();) {
    if (copies_ > 0) {
      row[at++] = copied_;
      --copies_;
      continue;
    }
    if (packed_.empty()) {
      return false;
    }
    const unsigned byte = take();
    if (literals_ > 0) {
      row[at++] = static_cast<char>(byte);
      --literals_;
    } else if (byte < kNothing) {
      literals_ = byte + 1;
    } else if (byte > kNothing && !packed_.empty()) {
      copies_ = 257 - byte;
      copied_ = static_cast<char>(take());
    }
  }
  return true;
}

}  // namespace sightingd
