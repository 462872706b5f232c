#include "storage/check/row_shape.h"

#include "pipeline/result.h"
#include "storage/encoding/record.h"

namespace sightingd {
namespace {

template <typename T>
bool decodes(Result<T> (*decode)(std::string_view), std::string_view value) {
  return decode(value).has_value();
}

}  // namespace

bool is_record(Column column, std::string_view value) {
  switch (column) {
    case Column::Ids:
      return decodes(record::decode_id_row, value);
    case Column::Sightings:
      return decodes(record::decode_sighting, value);
    case Column::Feed:
      return decodes(record::decode_feed_row, value);
    case Column::Photos:
      return decodes(record::decode_photo, value);
    case Column::Hashes:
      return decodes(record::decode_hash_row, value);
    case Column::Showings:
      return decodes(record::decode_showing, value);
    case Column::Coverage:
      return decodes(record::decode_coverage_row, value);
    case Column::Authors:
      return decodes(record::decode_number, value);
    case Column::SkipMemory:
      return decodes(record::decode_day, value);
    default:
      return true;
  }
}

}  // namespace sightingd
