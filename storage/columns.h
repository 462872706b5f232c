#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sightingd {

/// The column families. docs/store-format.md describes the rows of each.
enum class Column : std::uint8_t {
  Header,
  Ids,
  Sightings,
  Feed,
  Photos,
  Hashes,
  Showings,
  Links,
  Watches,
  Coverage,
  Positions,
  Pending,
  Suspected,
  Authors,
  Counted,
  Skipped,
  SkipMemory,
  Keys,
  Holds,
};
inline constexpr std::size_t kColumns = 19;

/// As the database calls it.
std::string_view to_text(Column column);

/// Names one row.
struct RowName {
  Column column = Column::Header;
  std::string key;

  friend bool operator==(const RowName&, const RowName&) = default;
};

}  // namespace sightingd
