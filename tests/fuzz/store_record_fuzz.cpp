// Records of the store: whatever decodes must encode to the same bytes, or, when it was written
// in an older format, to a record that does; and nothing else may happen. The checksum is made
// right, so that the fields behind it are reached.
#include "storage/encoding/record.h"

#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sightingd;

std::string with_right_checksum(std::string_view content) {
  std::string record(content);
  const auto sum = static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(record.data()), record.size()));
  for (unsigned shift = 0; shift < 32; shift += 8) {
    record.push_back(static_cast<char>(sum >> shift & 0xFFU));
  }
  return record;
}

template <typename Decode>
void check(const std::string& record, Decode decode) {
  const auto decoded = decode(record);
  if (!decoded) {
    return;
  }
  const std::string written = record::encode(*decoded);
  const bool is_older = record.front() < written.front();
  if (is_older ? record::encode(*decode(written)) != written : written != record) {
    std::abort();
  }
}

void check_all(const std::string& record) {
  check(record, record::decode_sighting);
  check(record, record::decode_photo);
  check(record, record::decode_showing);
  check(record, record::decode_feed_row);
  check(record, record::decode_hash_row);
  check(record, record::decode_id_row);
  check(record, record::decode_coverage_row);
  check(record, record::decode_skip_count_row);
  check(record, record::decode_counters);
  check(record, record::decode_row_names);
  check(record, record::decode_backup_keys);
  check(record, record::decode_header);
  check(record, record::decode_day);
  check(record, record::decode_ledger_entry);
  check(record, record::decode_audit_record);
  check(record, record::decode_audit_checkpoint);
  check(record, record::decode_chain_head);
  static_cast<void>(record::decode_text(record));
  static_cast<void>(record::decode_number(record));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_all(std::string(input));
  check_all(with_right_checksum(input));
  return 0;
}
