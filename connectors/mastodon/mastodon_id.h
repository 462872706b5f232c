#pragma once

#include "pipeline/time.h"

#include <optional>
#include <string>
#include <string_view>

/// The ids of Mastodon and its relatives: names without meaning that have an order. Snowflakes
/// (Mastodon, Pixelfed), ULIDs (GoToSocial), FlakeIds (Pleroma) and UUIDs (Hollo) all sort by
/// length, then by bytes (docs.joinmastodon.org/api/guidelines, "id").
namespace sightingd {

/// Whether this can be an id: 1 to 64 letters, digits, '-' and '_'.
bool is_mastodon_id(std::string_view text);

/// Whether the post `a` stands below the post `b` in a timeline.
bool is_older_id(std::string_view a, std::string_view b);

/// Bytes that sort like ids do: the length, then the id, whose end is the fine part (post.h).
std::string position_of_id(std::string_view id);

/// A position beyond every id.
std::string position_after_all_ids();

/// The moment that the id carries, if it is of a kind that carries one: Mastodon's snowflake (48
/// bits of milliseconds, then 16 bits; lib/mastodon/snowflake.rb), ULID, UUID version 7. Says
/// nothing about whether the id really is of that kind: other servers' numbers look the same.
std::optional<TimePoint> time_of_id(std::string_view id);

/// The lowest position that an id made at `time` can have, at a server whose ids are like `id`;
/// nothing when they carry no time.
std::optional<std::string> position_of_time(TimePoint time, std::string_view id);

}  // namespace sightingd
