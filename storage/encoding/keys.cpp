#include "storage/encoding/keys.h"

#include <algorithm>
#include <array>
#include <concepts>

namespace sightingd {
namespace {

template <std::unsigned_integral Number>
void append(std::string& key, Number number) {
  for (std::size_t i = sizeof(Number); i-- > 0;) {
    key.push_back(static_cast<char>(number >> (8 * i) & 0xFFU));
  }
}

/// Takes fields off the front of a key; once one is missing, all later ones are too.
class KeyReader {
 public:
  explicit KeyReader(std::string_view key) : rest_(key) {}

  template <std::unsigned_integral Number>
  Number number() {
    std::uint64_t value = 0;
    for (const char byte : take(sizeof(Number))) {
      value = value << 8U | static_cast<unsigned char>(byte);
    }
    return static_cast<Number>(value);
  }

  LookupHash hash() {
    LookupHash hash;
    std::ranges::copy(take(hash.bytes.size()), hash.bytes.begin());
    return hash;
  }

  bool at_end() const { return ok_ && rest_.empty(); }
  bool more() const { return ok_ && !rest_.empty(); }

 private:
  std::string_view take(std::size_t count) {
    if (!ok_ || count > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view field = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return field;
  }

  std::string_view rest_;
  bool ok_ = true;
};

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;
constexpr std::uint32_t kDaySignBit = std::uint32_t{1} << 31U;

std::uint64_t sortable(TimePoint time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count()) ^ kSignBit;
}

TimePoint time_of(std::uint64_t sortable) {
  return TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(sortable ^ kSignBit)));
}

std::uint32_t sortable(Day day) {
  return static_cast<std::uint32_t>(day.time_since_epoch().count()) ^ kDaySignBit;
}

Day day_of(std::uint32_t sortable) {
  return Day(std::chrono::days(static_cast<std::int32_t>(sortable ^ kDaySignBit)));
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_hex(std::string& text, std::uint64_t number, std::size_t digits) {
  for (std::size_t i = digits; i-- > 0;) {
    text.push_back(kHexDigits[number >> (4 * i) & 0xFU]);
  }
}

std::optional<std::uint64_t> read_lower_hex(std::string_view text) {
  std::uint64_t number = 0;
  for (const char digit : text) {
    const std::size_t value = kHexDigits.find(digit);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    number = number << 4U | value;
  }
  return number;
}

constexpr std::size_t kEpochDigits = 4;
constexpr std::size_t kSequenceDigits = 16;

}  // namespace

namespace keys {

std::string ordinal(std::uint64_t ordinal) {
  std::string key;
  append(key, ordinal);
  return key;
}

std::optional<std::uint64_t> read_ordinal(std::string_view key) {
  KeyReader reader(key);
  const auto ordinal = reader.number<std::uint64_t>();
  return reader.at_end() ? std::optional(ordinal) : std::nullopt;
}

std::string two_ordinals(std::uint64_t first, std::uint64_t second) {
  std::string key;
  key.reserve(16);
  append(key, first);
  append(key, second);
  return key;
}

std::optional<TwoOrdinals> read_two_ordinals(std::string_view key) {
  KeyReader reader(key);
  TwoOrdinals ordinals;
  ordinals.first = reader.number<std::uint64_t>();
  ordinals.second = reader.number<std::uint64_t>();
  return reader.at_end() ? std::optional(ordinals) : std::nullopt;
}

std::string hash(const LookupHash& hash) { return std::string(hash.text()); }

std::string watch(const LookupHash& watch, char kind) {
  std::string key(watch.text());
  key.push_back(kind);
  return key;
}

std::string coverage(const LookupHash& watch, TimePoint begin) {
  std::string key(watch.text());
  append(key, sortable(begin));
  return key;
}

std::string position_bound(const LookupHash& watch, std::string_view position) {
  std::string key(watch.text());
  key.append(coarse_position(position));
  // No coarse part holds this byte, so none is the beginning of another.
  key.push_back(kFinePosition);
  return key;
}

std::string position(const LookupHash& watch, std::string_view position, std::uint64_t sighting) {
  std::string key = position_bound(watch, position);
  append(key, sighting);
  return key;
}

std::optional<std::uint64_t> read_position(std::string_view key) {
  constexpr std::size_t kLeast = sizeof(LookupHash::bytes) + 1 + sizeof(std::uint64_t);
  if (key.size() < kLeast) {
    return std::nullopt;
  }
  return read_ordinal(key.substr(key.size() - sizeof(std::uint64_t)));
}

std::string pending(TimePoint due, std::uint64_t sighting, std::uint32_t image) {
  std::string key;
  append(key, sortable(due));
  append(key, sighting);
  append(key, image);
  return key;
}

std::optional<Pending> read_pending(std::string_view key) {
  KeyReader reader(key);
  Pending pending;
  pending.due = time_of(reader.number<std::uint64_t>());
  pending.sighting = reader.number<std::uint64_t>();
  pending.image = reader.number<std::uint32_t>();
  return reader.at_end() ? std::optional(pending) : std::nullopt;
}

std::string suspected(TimePoint since, std::uint64_t sighting) {
  return two_ordinals(sortable(since), sighting);
}

std::optional<Suspected> read_suspected(std::string_view key) {
  const auto numbers = read_two_ordinals(key);
  if (!numbers) {
    return std::nullopt;
  }
  return Suspected{.since = time_of(numbers->first), .sighting = numbers->second};
}

std::string author_day(Day day, const LookupHash& author) {
  std::string key = day_bound(day);
  key.append(author.text());
  return key;
}

std::string counted(Day day, const LookupHash& author, const LookupHash& uri) {
  std::string key = author_day(day, author);
  key.append(uri.text());
  return key;
}

std::string day_bound(Day day) {
  std::string key;
  append(key, sortable(day));
  return key;
}

std::string skip_count(Day day, const LookupHash& watch, SkipReason reason) {
  std::string key = author_day(day, watch);
  append(key, static_cast<std::uint8_t>(reason));
  return key;
}

std::string skip_note(Day day, const LookupHash& watch, SkipReason reason, const LookupHash& uri) {
  std::string key = skip_count(day, watch, reason);
  key.append(uri.text());
  return key;
}

std::optional<Skip> read_skip(std::string_view key) {
  KeyReader reader(key);
  Skip skip;
  skip.day = day_of(reader.number<std::uint32_t>());
  skip.watch = reader.hash();
  const auto reason = reader.number<std::uint8_t>();
  if (reader.more()) {
    skip.uri = reader.hash();
  }
  if (!reader.at_end() || reason < static_cast<std::uint8_t>(SkipReason::NoMedia) ||
      reason > static_cast<std::uint8_t>(SkipReason::Refused)) {
    return std::nullopt;
  }
  skip.reason = static_cast<SkipReason>(reason);
  return skip;
}

std::string skip_memory(const LookupHash& watch, const LookupHash& uri) {
  std::string key(watch.text());
  key.append(uri.text());
  return key;
}

}  // namespace keys

std::string to_cursor(const FeedPlace& place) {
  std::string cursor;
  cursor.reserve(kEpochDigits + 2 * kSequenceDigits);
  append_hex(cursor, place.epoch, kEpochDigits);
  append_hex(cursor, place.sequence, kSequenceDigits);
  if (place.begun > place.sequence) {
    append_hex(cursor, place.begun, kSequenceDigits);
  }
  return cursor;
}

std::optional<FeedPlace> read_cursor(std::string_view cursor) {
  constexpr std::size_t kShort = kEpochDigits + kSequenceDigits;
  if (cursor.size() != kShort && cursor.size() != kShort + kSequenceDigits) {
    return std::nullopt;
  }
  const auto epoch = read_lower_hex(cursor.substr(0, kEpochDigits));
  const auto sequence = read_lower_hex(cursor.substr(kEpochDigits, kSequenceDigits));
  const auto begun = cursor.size() == kShort ? std::optional<std::uint64_t>(0)
                                             : read_lower_hex(cursor.substr(kShort));
  if (!epoch || !sequence || !begun || (*begun <= *sequence && cursor.size() != kShort)) {
    return std::nullopt;
  }
  return FeedPlace{
      .epoch = static_cast<std::uint16_t>(*epoch), .sequence = *sequence, .begun = *begun};
}

}  // namespace sightingd
