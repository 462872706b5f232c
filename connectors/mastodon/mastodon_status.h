#pragma once

#include "connectors/mastodon/mastodon_json.h"
#include "connectors/text/json_document.h"

#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// The longest text of a post and the longest alternative text of a picture.
inline constexpr std::size_t kMaxPostTextBytes = std::size_t{64} << 10;
inline constexpr std::size_t kMaxAltBytes = std::size_t{16} << 10;

/// Pictures and hashtags of a post beyond these are not read; servers let 16 and some 100 pass.
inline constexpr std::size_t kMaxImages = 64;
inline constexpr std::size_t kMaxHashtags = 256;

/// Reads where a Status stands in its timeline: `id` and `posted_at`, nothing else.
MastodonItem read_place(const JsonValue& status);

/// Reads a Status (docs.joinmastodon.org/entities/Status), whatever its JSON is.
MastodonItem read_status(const JsonValue& status, const MastodonReading& reading);

/// The id of this name, written as a string or, as some servers do, as a number; nothing when
/// it cannot be one.
std::optional<std::string> read_id(const JsonValue& object, std::string_view name);

}  // namespace sightingd
