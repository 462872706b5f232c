// The lists of a backup, as they lie in its folder: whatever is read is written the same, and no
// name in it leads out of the folders that it belongs to.
#include "storage/backup/folder/backup_list.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sightingd;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

bool leads_out(const std::string& name) {
  return name.starts_with('/') || name.find("..") != std::string::npos ||
         name.find('\0') != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto list = parse_backup_list(text)) {
    for (const ListedObject& object : list->objects) {
      require(!leads_out(object.file) && is_backup_id(object.id));
    }
    const auto again = parse_backup_list(to_json(*list));
    require(again && *again == *list);
  }
  if (const auto file = parse_listed_file(text)) {
    require(!leads_out(file->name) && file->stamp.find('/') == std::string::npos);
    const auto again = parse_listed_file(to_json(*file));
    require(again && *again == *file);
  }
  return 0;
}
