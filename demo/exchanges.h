#pragma once

#include "demo/campaign.h"

#include <string>
#include <string_view>

namespace sightingd::demo {

/// Where the invented server lives. Nothing is ever asked of it: its answers are recorded.
inline constexpr std::string_view kOrigin = "https://demo.example";

/// `exchanges.json` of docs/replay.md: what that server answers to a reader of the campaign's
/// hashtags and of its followed account. Asked again, the newest page shows what has happened
/// meanwhile: a post has arrived, one was edited, one is gone.
std::string exchanges_json(const Campaign& campaign);

}  // namespace sightingd::demo
