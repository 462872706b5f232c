#include "config/source_types.h"

#include "config/text/forms.h"
#include "config/text/nearest.h"
#include "config/text/quantity.h"
#include "connectors/registry.h"
#include "connectors/text/hashtag.h"
#include "pipeline/wipe.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace sightingd {
namespace {

/// Whoever wants more says "none".
constexpr std::uint32_t kMostRequests = 1'000'000;
constexpr std::chrono::days kLongestWindow{31};

template <typename T>
Reading<T> refused(const TomlValue& value, std::string problem, std::string text = {}) {
  return {
      .misfits = {{.place = value.place, .problem = std::move(problem), .value = std::move(text)}}};
}

/// The text of `value`, or null after saying so in `reading`.
template <typename T>
const std::string* text_of(const TomlValue& value, Reading<T>& reading) {
  const auto* text = std::get_if<std::string>(&value.content);
  if (text == nullptr) {
    reading.misfits.push_back(wrong_type(value, "a string"));
  }
  return text;
}

std::vector<std::string> available_kinds() {
  std::vector<std::string> names;
  for (const ConnectorKind& kind : connector_kinds()) {
    if (kind.available) {
      names.emplace_back(kind.name);
    }
  }
  return names;
}

/// The key of the token's table that says where it lies, as a kind of place.
std::optional<SecretPlace::Kind> place_kind(std::string_view key) {
  if (key == "credential") {
    return SecretPlace::Kind::Credential;
  }
  if (key == "file") {
    return SecretPlace::Kind::File;
  }
  if (key == "env") {
    return SecretPlace::Kind::Variable;
  }
  return std::nullopt;
}

/// Nothing when `name` cannot name a place of this kind.
std::optional<std::string> place_name(SecretPlace::Kind kind, const TomlValue& value) {
  const auto* name = std::get_if<std::string>(&value.content);
  if (name == nullptr || name->empty() || name->find('\0') != std::string::npos) {
    return std::nullopt;
  }
  switch (kind) {
    case SecretPlace::Kind::Credential:
      return normalize_credential(*name);
    case SecretPlace::Kind::File:
      return path_beside(value.place.file, *name).native();
    case SecretPlace::Kind::Variable:
      break;
  }
  return *name;
}

Reading<SecretPlace> secret_place(const TomlValue& value) {
  const auto* table = std::get_if<TomlTable>(&value.content);
  if (table == nullptr) {
    return {.misfits = {wrong_type(value, "a table that says where the secret lies")}};
  }
  Reading<SecretPlace> reading;
  for (const TomlEntry& entry : table->entries) {
    const std::optional<SecretPlace::Kind> kind = place_kind(entry.key);
    if (!kind) {
      // The key is not shown: a token may have been written in its stead.
      reading.misfits.push_back({.place = entry.place,
                                 .problem = "has an unknown key",
                                 .suggestion = nearest(entry.key, {"credential", "file", "env"})});
      continue;
    }
    std::optional<std::string> name = place_name(*kind, entry.value);
    if (!name) {
      reading.misfits.push_back(
          {.place = entry.value.place, .problem = "cannot be the place of a secret"});
      continue;
    }
    reading.value = SecretPlace{.kind = *kind, .name = std::move(*name)};
  }
  if (reading.misfits.empty() && table->entries.size() != 1) {
    reading.misfits.push_back({.place = value.place, .problem = "must name exactly one place"});
  }
  return reading;
}

}  // namespace

std::string KindType::allowed() const { return either_of(available_kinds()); }

Reading<std::string> KindType::read(const TomlValue& value) const {
  Reading<std::string> reading;
  const std::string* text = text_of(value, reading);
  if (text == nullptr) {
    return reading;
  }
  const std::optional<ConnectorKind> kind = find_connector_kind(*text);
  if (!kind) {
    reading.misfits.push_back(unknown_choice(value, *text, available_kinds()));
  } else if (!kind->available) {
    return refused<std::string>(value, "has no effect yet in this version", *text);
  } else {
    reading.value = *text;
  }
  return reading;
}

std::string TokenType::allowed() const {
  return R"({ credential = "NAME" }, { file = "PATH" } or { env = "VARIABLE" })";
}

Reading<std::string> TokenType::read(const TomlValue& value, const SecretAccess& secrets) const {
  Reading<SecretPlace> place = secret_place(value);
  if (!place.misfits.empty()) {
    return {.misfits = std::move(place.misfits)};
  }
  if (secrets.purpose == Purpose::Store) {
    return {.value = ""};
  }
  Result<std::string> token = read_token(*place.value, secrets.environment);
  if (token) {
    return {.value = std::move(*token)};
  }
  Misfit misfit{.place = value.place, .problem = token.error().message};
  if (token.error().code == ErrorCode::Unavailable && secrets.purpose == Purpose::Check) {
    return {.value = "", .notes = {std::move(misfit)}};
  }
  return {.misfits = {std::move(misfit)}};
}

std::string StoreKeyType::allowed() const {
  return R"({ credential = "NAME" } or { file = "PATH" }: 32 random bytes)";
}

Reading<StoreKeyPlace> StoreKeyType::read(const TomlValue& value,
                                          const SecretAccess& secrets) const {
  Reading<SecretPlace> place = secret_place(value);
  if (!place.misfits.empty()) {
    return {.misfits = std::move(place.misfits)};
  }
  if (place.value->kind == SecretPlace::Kind::Variable) {
    return {.misfits = {{.place = value.place,
                         .problem = "cannot lie in the environment, which others can read"}}};
  }
  Reading<StoreKeyPlace> reading{
      .value = StoreKeyPlace{.place = std::move(*place.value), .is_named = true}};
  if (secrets.purpose == Purpose::Store) {
    return reading;
  }
  Result<std::optional<std::string>> key = read_store_key(*reading.value, secrets.environment);
  if (key) {
    wipe(**key);
    return reading;
  }
  Misfit misfit{.place = value.place, .problem = key.error().message};
  if (key.error().code == ErrorCode::Unavailable && secrets.purpose == Purpose::Check) {
    reading.notes = {std::move(misfit)};
    return reading;
  }
  return {.misfits = {std::move(misfit)}};
}

std::string StoreKeyType::write(const StoreKeyPlace& place) const {
  const bool is_file = place.place.kind == SecretPlace::Kind::File;
  return std::string(is_file ? "{ file = " : "{ credential = ") + toml_string(place.place.name) +
         " }";
}

std::string RequestLimitType::allowed() const {
  return R"(requests and a stretch of time of at most 31d, as "300/15m", or "none")";
}

Reading<std::optional<RequestLimit>> RequestLimitType::read(const TomlValue& value) const {
  Reading<Value> reading;
  const std::string* text = text_of(value, reading);
  if (text == nullptr) {
    return reading;
  }
  if (*text == "none") {
    reading.value = Value();
    return reading;
  }
  const std::optional<RequestLimit> limit = parse_rate(*text);
  if (!limit) {
    return refused<Value>(value, "is no rate", *text);
  }
  if (limit->requests > kMostRequests || limit->window > kLongestWindow) {
    return refused<Value>(value, "is out of range", *text);
  }
  reading.value = limit;
  return reading;
}

std::string RequestLimitType::write(const Value& limit) const {
  return toml_string(limit ? format_rate(*limit) : "none");
}

std::string PerAuthorType::allowed() const { return R"(posts a day, as "200/d", or "none")"; }

Reading<std::optional<std::uint32_t>> PerAuthorType::read(const TomlValue& value) const {
  Reading<Value> reading;
  const std::string* text = text_of(value, reading);
  if (text == nullptr) {
    return reading;
  }
  if (*text == "none") {
    reading.value = Value();
    return reading;
  }
  const std::optional<RequestLimit> rate = parse_rate(*text);
  if (!rate || rate->window != std::chrono::days(1)) {
    return refused<Value>(value, "is no number of posts a day", *text);
  }
  reading.value = rate->requests;
  return reading;
}

std::string PerAuthorType::write(const Value& per_day) const {
  return toml_string(per_day ? std::to_string(*per_day) + "/d" : "none");
}

std::string BackfillType::allowed() const { return R"(a duration of up to 100y, "none" or "all")"; }

Reading<Backfill> BackfillType::read(const TomlValue& value) const {
  Reading<Backfill> reading;
  const std::string* text = text_of(value, reading);
  if (text == nullptr) {
    return reading;
  }
  if (*text == "none") {
    reading.value = Backfill{.kind = Backfill::Kind::Nothing, .duration = {}};
  } else if (*text == "all") {
    reading.value = Backfill{.kind = Backfill::Kind::Everything, .duration = {}};
  } else if (const std::optional<std::chrono::seconds> duration = parse_duration(*text)) {
    reading.value = Backfill{.kind = Backfill::Kind::Duration, .duration = *duration};
  } else {
    return refused<Backfill>(value, "is no duration", *text);
  }
  return reading;
}

std::string BackfillType::write(const Backfill& backfill) const {
  switch (backfill.kind) {
    case Backfill::Kind::Nothing:
      return toml_string("none");
    case Backfill::Kind::Everything:
      return toml_string("all");
    case Backfill::Kind::Duration:
      break;
  }
  return toml_string(format_duration(backfill.duration));
}

std::string RetentionType::allowed() const {
  return format_duration(least) + R"( to 100y, or "never")";
}

Reading<RetentionType::Value> RetentionType::read(const TomlValue& value) const {
  Reading<Value> reading;
  const std::string* text = text_of(value, reading);
  if (text == nullptr) {
    return reading;
  }
  const std::optional<std::chrono::seconds> duration = parse_duration(*text);
  if (*text == "never") {
    reading.value = Value();
  } else if (!duration) {
    return refused<Value>(value, "is no duration", *text);
  } else if (*duration < least) {
    return refused<Value>(value, "is too short", *text);
  } else {
    reading.value = duration;
  }
  return reading;
}

std::string RetentionType::write(const Value& kept) const {
  return toml_string(kept ? format_duration(*kept) : "never");
}

std::string HashtagType::allowed() const {
  return "letters, digits and marks of any script, with or without '#'";
}

Reading<Hashtag> HashtagType::read(const TomlValue& value) const {
  Reading<Hashtag> reading;
  const std::string* text = text_of(value, reading);
  if (text == nullptr) {
    return reading;
  }
  auto folded = fold_hashtag(*text);
  auto lowered = lower_hashtag(*text);
  if (!folded || !lowered) {
    return refused<Hashtag>(value, "is no hashtag", *text);
  }
  const bool is_as_folded = *lowered == *folded;
  reading.value = Hashtag{.folded = std::move(*folded),
                          .lowered = is_as_folded ? std::string() : std::move(*lowered)};
  return reading;
}

std::string HashtagType::write(const Hashtag& hashtag) const {
  return hashtag.folded.empty() ? "" : toml_string(hashtag.spelling());
}

std::string AccountType::allowed() const { return "user@host, with or without '@' before it"; }

Reading<Account> AccountType::read(const TomlValue& value) const {
  Reading<Account> reading;
  const std::string* text = text_of(value, reading);
  if (text == nullptr) {
    return reading;
  }
  auto handle = normalize_handle(*text);
  if (!handle) {
    return refused<Account>(value, "is no account", *text);
  }
  reading.value = Account{std::move(*handle)};
  return reading;
}

std::string AccountType::write(const Account& account) const {
  return account.handle.empty() ? "" : toml_string(account.handle);
}

}  // namespace sightingd
