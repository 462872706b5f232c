#include "sightingctl/progress.h"

#include <ostream>

namespace sightingd {
namespace {

// ECMA-48: to the start of the line, which is emptied.
constexpr const char* kEmptyLine = "\r\x1b[K";

}  // namespace

Progress::~Progress() {
  if (is_shown_) {
    tool_.err << kEmptyLine << std::flush;
  }
}

void Progress::show(const std::string& how_far) {
  if (tool_.shows_progress) {
    tool_.err << kEmptyLine << how_far << std::flush;
    is_shown_ = true;
  }
}

}  // namespace sightingd
