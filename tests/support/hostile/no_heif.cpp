#include "tests/support/hostile/hostile_files.h"

namespace sightingd::test {

const HeifPart& hostile_heif() {
  static const HeifPart none;
  return none;
}

}  // namespace sightingd::test
