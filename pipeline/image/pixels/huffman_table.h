#pragma once

#include "pipeline/image/pixels/bit_reader.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sightingd {

/// A Huffman table of a JPEG file (ITU-T T.81, annex C), laid out so that most codes are known by
/// one look, together with the number that follows them.
///
/// The reader is to be prepared before each call. A table of DC codes, whose symbols are at most
/// 15, says the difference to the block before as a coefficient; a difference of 0 is kEnd.
class HuffmanTable {
 public:
  /// `counts`: 16 bytes, how many codes there are of each length; `symbols`: one byte a code.
  /// Nothing when they are no such code.
  static std::optional<HuffmanTable> of(std::string_view counts, std::string_view symbols);

  /// A coefficient: how many zeros come before it, and what it is. kEnd zeros: no more of them.
  struct Coefficient {
    std::int16_t value = 0;
    std::uint8_t zeros = 0;
    std::uint8_t bits = 0;  ///< Taken; 0 when the table cannot say by one look.
  };
  static constexpr int kEnd = 64;
  /// Nothing when no code begins so: kBroken zeros.
  static constexpr int kBroken = 255;

  Coefficient read(BitReader& bits) const {
    const Coefficient known = coefficients_[bits.peek(kLook)];
    if (known.bits != 0) {
      bits.skip(known.bits);
      return known;
    }
    const Slow slow = read_slowly(bits);
    bits = slow.bits;
    return slow.coefficient;
  }

  /// The same without its value: how many coefficients that leaves behind, or kEnd or kBroken.
  int pass(BitReader& bits) const {
    const Step known = steps_[bits.peek(kLook)];
    if (known.bits != 0) {
      bits.skip(known.bits);
      return known.coefficients;
    }
    const Slow slow = read_slowly(bits);
    bits = slow.bits;
    const int zeros = slow.coefficient.zeros;
    return zeros >= kEnd ? zeros : zeros + 1;
  }

 private:
  static constexpr int kLook = 10;
  static constexpr int kLongest = 16;
  struct Step {
    std::uint8_t coefficients = 0;
    std::uint8_t bits = 0;
  };
  struct Symbol {
    std::uint8_t symbol = 0;
    std::uint8_t bits = 0;
  };

  HuffmanTable() = default;
  void add(std::uint32_t code, int length, std::uint8_t symbol);
  std::optional<std::uint8_t> read_symbol(BitReader& bits) const;
  // By value: a reader whose address is known is read from memory at every step.
  struct Slow {
    BitReader bits;
    Coefficient coefficient;
  };
  Slow read_slowly(BitReader bits) const;

  // By the next kLook bits.
  std::array<Coefficient, 1U << kLook> coefficients_{};
  std::array<Step, 1U << kLook> steps_{};
  std::array<Symbol, 1U << kLook> symbols_{};
  // By length: the first 16 bits beyond its codes, and the symbol of a code less the code.
  std::array<std::uint32_t, kLongest + 1> limits_{};
  std::array<int, kLongest + 1> offsets_{};
  std::array<std::uint8_t, 256> in_order_{};
};

}  // namespace sightingd
