#include "daemon/refused_list.h"

#include "pipeline/similarity/hash_list.h"
#include "storage/files.h"

#include <cstddef>
#include <string>

namespace sightingd {
namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20U;

Error mistake(const std::string& what) {
  return {ErrorCode::Malformed, "refuse.pdq_list: " + what};
}

}  // namespace

Result<std::vector<PdqHash>> read_refused_list(const RefuseOptions& options) {
  if (options.pdq_list.empty()) {
    return std::vector<PdqHash>();
  }
  const auto text = read_file(options.pdq_list, kMostBytes + 1);
  if (!text) {
    return mistake(text.error().message);
  }
  if (!*text) {
    return mistake("there is no such file");
  }
  if ((*text)->size() > kMostBytes) {
    return mistake("the file is larger than 256MiB");
  }
  auto hashes = read_hash_list(**text);
  if (!hashes) {
    return mistake(hashes.error().message);
  }
  return hashes;
}

}  // namespace sightingd
