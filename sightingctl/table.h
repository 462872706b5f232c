#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// How a cell stands out on a terminal.
enum class Tint : std::uint8_t { None, Good, Bad, Warn };

/// Rows and columns for people: aligned, in colour when asked.
class Table {
 public:
  struct Column {
    std::string head;
    bool is_number = false;  ///< Aligned right.
  };
  struct Cell {
    // NOLINTNEXTLINE(google-explicit-constructor): a plain text is a cell.
    Cell(std::string the_text, Tint the_tint = Tint::None)
        : text(std::move(the_text)), tint(the_tint) {}
    Cell(const char* the_text) : text(the_text) {}  // NOLINT(google-explicit-constructor)

    std::string text;
    Tint tint = Tint::None;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One cell a column. Control characters are shown as '?': a terminal must not obey them.
  void add(std::vector<Cell> row);
  void print(std::ostream& out, bool colour) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

/// How many columns of a terminal `text` (UTF-8) takes: two for East Asian wide characters
/// (Unicode Standard Annex 11), none for combining marks.
std::size_t display_width(std::string_view text);

/// `text` with every control character replaced by '?'.
std::string without_controls(std::string_view text);

}  // namespace sightingd
