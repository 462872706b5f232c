#include "tests/support/hostile/hostile_files.h"

namespace sightingd::test {

const HostilePart& hostile_heif() {
  static const HostilePart none;
  return none;
}

}  // namespace sightingd::test
