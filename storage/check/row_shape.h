#pragma once

#include "storage/columns.h"

#include <string_view>

namespace sightingd {

/// Whether the value of a row is a record of its column. Of columns whose rows are of several
/// kinds, or empty, the seal alone says it.
bool is_record(Column column, std::string_view value);

}  // namespace sightingd
