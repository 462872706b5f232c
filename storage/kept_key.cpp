#include "storage/kept_key.h"

#include "pipeline/wipe.h"
#include "storage/damaged_store.h"
#include "storage/encoding/record.h"

#include <string>
#include <utility>

namespace sightingd {
namespace {

Error damaged() { return damaged_store("a key in its header cannot be read"); }

Result<SecretKey> make_key(Database& database, std::string_view row) {
  const SecretKey key = SecretKey::random();
  std::string value = record::encode_text(key.bytes());
  Changes changes;
  database.put(changes, Column::Header, row, value);
  wipe(value);
  if (auto written = database.write(std::move(changes)); !written) {
    return written.error();
  }
  if (auto synced = database.sync(); !synced) {
    return synced.error();
  }
  return key;
}

}  // namespace

Result<SecretKey> kept_key(Database& database, std::string_view row) {
  auto value = database.get(Column::Header, row);
  if (!value) {
    return value.error();
  }
  if (!*value) {
    return make_key(database, row);
  }
  auto bytes = record::decode_text(**value);
  wipe(**value);
  if (!bytes) {
    return bytes.error();
  }
  const auto key = SecretKey::of(*bytes);
  wipe(*bytes);
  if (!key) {
    return damaged();
  }
  return *key;
}

}  // namespace sightingd
