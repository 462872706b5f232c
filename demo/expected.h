#pragma once

#include "demo/campaign.h"

#include <string>

namespace sightingd::demo {

/// When a reader looks: at first, or once everything has happened that happens while it watches.
enum class Moment : std::uint8_t { First, Later };

/// What the source shows at `moment`, oldest first.
std::vector<const Post*> shown(const Campaign& campaign, Moment moment);

/// The post as it stands at `moment`.
std::string text_at(const Post& post, Moment moment);

/// What must come out of the campaign, counted from its design, as JSON (`expected.json`).
std::string expected_json(const Campaign& campaign);

}  // namespace sightingd::demo
