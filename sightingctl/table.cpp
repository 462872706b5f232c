#include "sightingctl/table.h"

#include <algorithm>
#include <array>
#include <ostream>

namespace sightingd {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// The blocks of UAX 11 that are wide as a whole; single wide characters elsewhere are rare.
constexpr std::array kWide = {
    Range{0x1100, 0x115f},   Range{0x2e80, 0x303e},   Range{0x3041, 0xa4cf},  Range{0xac00, 0xd7a3},
    Range{0xf900, 0xfaff},   Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},  Range{0xffe0, 0xffe6},
    Range{0x1f300, 0x1f64f}, Range{0x1f900, 0x1f9ff}, Range{0x20000, 0x3fffd}};
constexpr std::array kNarrowless = {Range{0x0300, 0x036f}, Range{0x200b, 0x200f},
                                    Range{0xfe00, 0xfe0f}};

template <std::size_t size>
bool is_in(char32_t c, const std::array<Range, size>& ranges) {
  return std::ranges::any_of(ranges,
                             [c](Range range) { return c >= range.first && c <= range.last; });
}

std::size_t width_of(char32_t c) {
  if (is_in(c, kNarrowless)) {
    return 0;
  }
  return is_in(c, kWide) ? 2 : 1;
}

std::string_view escape_of(Tint tint) {
  switch (tint) {
    case Tint::None:
      return "";
    case Tint::Good:
      return "\033[32m";
    case Tint::Bad:
      return "\033[1;31m";
    case Tint::Warn:
      return "\033[33m";
  }
  return "";
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  char32_t character = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0U) == 0x80U) {  // Goes on with the character begun.
      character = (character << 6U) | (byte & 0x3fU);
      continue;
    }
    width += character == 0 ? 0 : width_of(character);
    if (byte < 0x80U) {
      character = byte;
    } else {
      character = byte & (byte < 0xe0U ? 0x1fU : byte < 0xf0U ? 0x0fU : 0x07U);
    }
  }
  return width + (character == 0 ? 0 : width_of(character));
}

std::string without_controls(std::string_view text) {
  std::string shown(text);
  std::ranges::replace_if(
      shown, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return shown;
}

void Table::add(std::vector<Cell> row) {
  row.resize(columns_.size(), Cell(""));
  for (Cell& cell : row) {
    cell.text = without_controls(cell.text);
  }
  rows_.push_back(std::move(row));
}

void Table::print(std::ostream& out, bool colour) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].head);
    for (const auto& row : rows_) {
      width = std::max(width, display_width(row[i].text));
    }
    widths.push_back(width);
  }
  const auto print_cell = [&](std::size_t i, const std::string& text, std::string_view escape) {
    const std::string padding(widths[i] - display_width(text), ' ');
    const bool last = i + 1 == columns_.size();
    if (columns_[i].is_number) {
      out << padding;
    }
    if (colour && !escape.empty()) {
      out << escape << text << "\033[0m";
    } else {
      out << text;
    }
    if (!columns_[i].is_number && !last) {
      out << padding;
    }
    out << (last ? "\n" : "  ");
  };
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    print_cell(i, columns_[i].head, "\033[1m");
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      print_cell(i, row[i].text, escape_of(row[i].tint));
    }
  }
}

}  // namespace sightingd
