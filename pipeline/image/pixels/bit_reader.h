#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sightingd {

/// Bits of a JPEG scan, most significant first, up to its next marker (ITU-T T.81, F.2.2.5): a zero
/// byte that follows 0xff is none of them. Behind the last bit come zeros; is_exhausted() says when
/// one of those was taken.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  /// So that kEnough bits can be looked at and taken.
  void prepare() {
    if (count_ < kEnough) {
      refill();
    }
  }
  static constexpr int kEnough = 32;

  /// The next `bits`, 1 to kEnough.
  std::uint32_t peek(int bits) const { return static_cast<std::uint32_t>(bits_ >> (64 - bits)); }
  void skip(int bits) {
    bits_ <<= bits;
    count_ -= bits;
  }

  bool is_exhausted() const { return count_ < 0; }

  /// Goes on behind the next marker. False unless it is this one, with nothing before it that was
  /// not taken but what fills up a byte.
  bool pass(std::uint8_t marker) {
    prepare();
    if (count_ < 0 || count_ >= 8 || end_ - at_ < 2 || byte(0) != 0xff || byte(1) != marker) {
      return false;
    }
    at_ += 2;
    bits_ = 0;
    count_ = 0;
    return true;
  }
  bool at_end() const { return at_ == end_; }

 private:
  std::uint8_t byte(int ahead) const { return static_cast<std::uint8_t>(at_[ahead]); }

  // With fewer than kEnough there.
  void refill() {
    if (count_ < 0) {
      return;
    }
    if (end_ - at_ >= 8) {
      std::uint64_t next = 0;
      std::memcpy(&next, at_, sizeof next);
      if constexpr (std::endian::native == std::endian::little) {
        next = __builtin_bswap64(next);
      }
      constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
      const bool has_ff = ((~next - kOnes) & next & (kOnes << 7U)) != 0;
      if (!has_ff) {
        // Bits beyond the whole bytes that are counted stand there already when they are counted.
        bits_ |= next >> count_;
        const int bytes = (63 - count_) / 8;
        at_ += bytes;
        count_ += 8 * bytes;
        return;
      }
    }
    while (count_ <= 56 && at_ < end_) {
      const std::uint8_t next = byte(0);
      const bool is_stuffed = next == 0xff && end_ - at_ > 1 && byte(1) == 0;
      if (next == 0xff && !is_stuffed) {
        return;
      }
      at_ += is_stuffed ? 2 : 1;
      bits_ |= std::uint64_t{next} << (56 - count_);
      count_ += 8;
    }
  }

  const char* at_;
  const char* end_;
  std::uint64_t bits_ = 0;  // From the top.
  int count_ = 0;
};

}  // namespace sightingd
