// exchanges.json of a replay directory, and the targets in it.
#include "connectors/http/replay_index.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto index = sightingd::ReplayIndex::parse(text);
  const auto target = sightingd::canonical_replay_target(text);
  if (sightingd::canonical_replay_target(target) != target) {
    std::abort();
  }
  if (index) {
    index->find("GET", target, "");
    index->find("GET", "/a", "t");
  }
  return 0;
}
