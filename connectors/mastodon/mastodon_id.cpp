#include "connectors/mastodon/mastodon_id.h"

#include "connectors/text/ascii.h"
#include "pipeline/post.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace sightingd {
namespace {

constexpr std::size_t kMaxIdBytes = 64;
constexpr unsigned kSnowflakeSequenceBits = 16;
constexpr std::int64_t kMaxTimeBits = 48;

constexpr std::size_t kUlidLength = 26;
constexpr std::size_t kUlidTimeLength = 10;
constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

constexpr std::size_t kUuidLength = 36;
constexpr std::string_view kHex = "0123456789abcdef";

enum class Kind { Opaque, Snowflake, Ulid, UuidV7 };

bool is_number(std::string_view id) { return std::ranges::all_of(id, is_ascii_digit); }

bool is_uuid_v7(std::string_view id) {
  if (id.size() != kUuidLength || id[14] != '7') {
    return false;
  }
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? id[i] != '-' : kHex.find(id[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

Kind kind_of(std::string_view id) {
  // A snowflake of any year since 1970 + 5 has 16 digits or more; 2^64 has 20.
  if (id.size() >= 16 && id.size() <= 20 && is_number(id)) {
    return Kind::Snowflake;
  }
  if (id.size() == kUlidLength && id[0] <= '7' &&
      id.find_first_not_of(kCrockford) == std::string_view::npos) {
    return Kind::Ulid;
  }
  return is_uuid_v7(id) ? Kind::UuidV7 : Kind::Opaque;
}

/// How many letters of an id are shared by all that are made within some minutes. The length and
/// the first letter alone decide, so that of two ids neither coarse part is the beginning of the
/// other, and positions keep the order of ids.
std::size_t coarse_length(std::string_view id) {
  // 10^11 / 2^16 ms are 25 minutes of snowflakes.
  constexpr std::size_t kFineDigitsOfSnowflake = 11;
  // Ids that are counted: a server's posts by the thousand.
  constexpr std::size_t kFineDigits = 4;
  const bool is_number = !id.empty() && id.size() <= 20 && is_ascii_digit(id.front());
  if (!is_number) {
    // The first fifth is 17 minutes of a UUID, hours of a ULID or FlakeId.
    return id.size() / 5;
  }
  const std::size_t fine = id.size() >= 16 ? kFineDigitsOfSnowflake : kFineDigits;
  return id.size() - std::min(id.size(), fine);
}

TimePoint from_milliseconds(std::uint64_t count) {
  return TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(count)));
}

std::uint64_t to_milliseconds(TimePoint time) {
  const std::int64_t count = time.time_since_epoch().count();
  return static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(count, 0, (std::int64_t{1} << kMaxTimeBits) - 1));
}

std::optional<TimePoint> snowflake_time(std::string_view id) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  return from_milliseconds(value >> kSnowflakeSequenceBits);
}

TimePoint ulid_time(std::string_view id) {
  std::uint64_t value = 0;
  for (const char c : id.substr(0, kUlidTimeLength)) {
    value = value * kCrockford.size() + kCrockford.find(c);
  }
  return from_milliseconds(value);
}

TimePoint uuid_time(std::string_view id) {
  std::uint64_t value = 0;
  for (const char c : id.substr(0, 13)) {
    if (c != '-') {
      value = value * kHex.size() + kHex.find(c);
    }
  }
  return from_milliseconds(value);
}

std::string lowest_ulid(std::uint64_t milliseconds) {
  std::string id(kUlidLength, '0');
  for (std::size_t i = kUlidTimeLength; i-- > 0; milliseconds /= kCrockford.size()) {
    id[i] = kCrockford[milliseconds % kCrockford.size()];
  }
  return id;
}

std::string lowest_uuid(std::uint64_t milliseconds) {
  std::string id = "00000000-0000-7000-0000-000000000000";
  for (std::size_t i = 13; i-- > 0;) {
    if (id[i] != '-') {
      id[i] = kHex[milliseconds % kHex.size()];
      milliseconds /= kHex.size();
    }
  }
  return id;
}

}  // namespace

bool is_mastodon_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes && std::ranges::all_of(text, [](char c) {
    return is_ascii_alphanumeric(c) || c == '-' || c == '_';
  });
}

bool is_older_id(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::string position_of_id(std::string_view id) {
  const std::size_t coarse = coarse_length(id);
  std::string position(1, static_cast<char>(id.size()));
  position.append(id.substr(0, coarse));
  position.push_back(kFinePosition);
  position.append(id.substr(coarse));
  return position;
}

std::string position_after_all_ids() { return {'\xff', kFinePosition}; }

std::optional<TimePoint> time_of_id(std::string_view id) {
  switch (kind_of(id)) {
    case Kind::Snowflake:
      return snowflake_time(id);
    case Kind::Ulid:
      return ulid_time(id);
    case Kind::UuidV7:
      return uuid_time(id);
    case Kind::Opaque:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> position_of_time(TimePoint time, std::string_view id) {
  const std::uint64_t milliseconds = to_milliseconds(time);
  switch (kind_of(id)) {
    case Kind::Snowflake:
      return position_of_id(std::to_string(milliseconds << kSnowflakeSequenceBits));
    case Kind::Ulid:
      return position_of_id(lowest_ulid(milliseconds));
    case Kind::UuidV7:
      return position_of_id(lowest_uuid(milliseconds));
    case Kind::Opaque:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace sightingd
