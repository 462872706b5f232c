#pragma once

#include "daemon/api/status.h"

#include <string>

namespace sightingd {

/// The page at `/`: a whole HTML document that loads nothing else and renews itself.
/// Aggregates only: no photo, text, place, name or hashtag; watches and sources are numbered in
/// the order of the configuration.
std::string status_page(const Status& status);

/// What the page may do, for its `Content-Security-Policy`: show its own style, nothing else.
std::string status_page_policy();

}  // namespace sightingd
