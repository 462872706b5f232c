#include "pipeline/image/pixels/huffman_table.h"

#include "pipeline/image/format/bytes.h"

#include <cstddef>

namespace sightingd {
namespace {

// T.81, F.2.2.1 and F.12: a number of so many bits; those that begin with 0 are negative.
int extended(std::uint32_t bits, int size) {
  const auto number = static_cast<int>(bits);
  return size == 0 || (bits >> (size - 1) & 1U) != 0 ? number : number - (1 << size) + 1;
}

int take_number(BitReader& bits, int size) {
  if (size == 0) {
    return 0;
  }
  const int number = extended(bits.peek(size), size);
  bits.skip(size);
  return number;
}

int zeros_of(std::uint8_t symbol) { return symbol >> 4U; }
int size_of(std::uint8_t symbol) { return symbol & 15U; }

// Sixteen zeros are the only coefficients that are coded as such (T.81, F.1.2.2.1).
bool ends_block(std::uint8_t symbol) { return size_of(symbol) == 0 && zeros_of(symbol) != 15; }

}  // namespace

std::optional<HuffmanTable> HuffmanTable::of(std::string_view counts, std::string_view symbols) {
  HuffmanTable table;
  std::uint32_t code = 0;
  std::size_t next = 0;
  for (int length = 1; length <= kLongest; ++length, code <<= 1U) {
    const std::size_t count = byte_at(counts, static_cast<std::size_t>(length - 1));
    // A code of all ones is none (T.81, annex C).
    const bool is_full = count != 0 && code + count >= 1U << length;
    if (is_full || next + count > symbols.size() || next + count > table.in_order_.size()) {
      return std::nullopt;
    }
    table.offsets_[static_cast<std::size_t>(length)] =
        static_cast<int>(next) - static_cast<int>(code);
    for (std::size_t i = 0; i < count; ++i, ++next, ++code) {
      table.in_order_[next] = byte_at(symbols, next);
      table.add(code, length, table.in_order_[next]);
    }
    table.limits_[static_cast<std::size_t>(length)] = code << (kLongest - length);
  }
  return next == symbols.size() ? std::optional(table) : std::nullopt;
}

void HuffmanTable::add(std::uint32_t code, int length, std::uint8_t symbol) {
  if (length > kLook) {
    return;
  }
  const int size = size_of(symbol);
  const int free = kLook - length;  // Bits behind the code.
  for (std::uint32_t behind = 0; behind < 1U << free; ++behind) {
    const std::size_t look = code << free | behind;
    symbols_[look] = {symbol, static_cast<std::uint8_t>(length)};
    const auto bits = static_cast<std::uint8_t>(length + size);
    if (ends_block(symbol)) {
      steps_[look] = {kEnd, static_cast<std::uint8_t>(length)};
      coefficients_[look] = {0, kEnd, static_cast<std::uint8_t>(length)};
      continue;
    }
    steps_[look] = {static_cast<std::uint8_t>(zeros_of(symbol) + 1), bits};
    if (size <= free) {
      const int value = extended(behind >> (free - size), size);
      coefficients_[look] = {static_cast<std::int16_t>(value),
                             static_cast<std::uint8_t>(zeros_of(symbol)), bits};
    }
  }
}

std::optional<std::uint8_t> HuffmanTable::read_symbol(BitReader& bits) const {
  const Symbol known = symbols_[bits.peek(kLook)];
  if (known.bits != 0) {
    bits.skip(known.bits);
    return known.symbol;
  }
  const std::uint32_t look = bits.peek(kLongest);
  for (int length = kLook + 1; length <= kLongest; ++length) {
    if (look < limits_[static_cast<std::size_t>(length)]) {
      const int place = static_cast<int>(look >> (kLongest - length)) +
                        offsets_[static_cast<std::size_t>(length)];
      bits.skip(length);
      return in_order_[static_cast<std::size_t>(place)];
    }
  }
  return std::nullopt;
}

HuffmanTable::Slow HuffmanTable::read_slowly(BitReader bits) const {
  const auto symbol = read_symbol(bits);
  if (!symbol) {
    return {bits, {0, kBroken, 0}};
  }
  if (ends_block(*symbol)) {
    return {bits, {0, kEnd, 0}};
  }
  const auto value = static_cast<std::int16_t>(take_number(bits, size_of(*symbol)));
  return {bits, {value, static_cast<std::uint8_t>(zeros_of(*symbol)), 0}};
}

}  // namespace sightingd
