#pragma once

#include "pipeline/result.h"

#include <string>
#include <string_view>

namespace sightingd {

/// What is stored is not what was stored. `what` completes "the store is damaged: ...". Its reason
/// is "damaged".
inline Error damaged_store(std::string_view what) {
  return {ErrorCode::Storage,
          std::string("the store is damaged: ")
              .append(what)
              .append("; bring a backup back (sightingctl restore), or save what can be read "
                      "(sightingctl repair)"),
          "damaged"};
}

}  // namespace sightingd
