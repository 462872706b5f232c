#pragma once

#include "config/secret.h"
#include "config/settings.h"
#include "config/text/value_types.h"

#include <cstdint>
#include <optional>
#include <string>

/// The value types that `[[source]]`, `[[watch]]` and `[limits]` need besides the common ones.
namespace sightingd {

/// A kind of the connector registry.
struct KindType {
  using Value = std::string;

  static constexpr std::string_view name = "choice";
  std::string allowed() const;
  Reading<std::string> read(const TomlValue& value) const;
  std::string write(const std::string& kind) const { return toml_string(kind); }
};

/// Where a token lies; never the token itself, which no message and no text of this type holds.
struct TokenType {
  using Value = std::string;

  static constexpr std::string_view name = "secret";
  std::string allowed() const;
  /// Reads the token as well. For Purpose::Check one that is out of reach is a note.
  Reading<std::string> read(const TomlValue& value, const SecretAccess& secrets) const;
  std::string write(const std::string& token) const { return token.empty() ? "" : "[secret]"; }
};

/// Where the key of the store lies; never the key itself.
struct StoreKeyType {
  using Value = StoreKeyPlace;

  static constexpr std::string_view name = "secret";
  std::string allowed() const;
  /// Looks whether the key is there and can be one. For Purpose::Check one that is out of reach is
  /// a note, for Purpose::Store nobody looks.
  Reading<StoreKeyPlace> read(const TomlValue& value, const SecretAccess& secrets) const;
  std::string write(const StoreKeyPlace& place) const;
};

/// "300/15m" or "none".
struct RequestLimitType {
  using Value = std::optional<RequestLimit>;

  static constexpr std::string_view name = "rate";
  std::string allowed() const;
  Reading<Value> read(const TomlValue& value) const;
  std::string write(const Value& limit) const;
};

/// "200/d" or "none".
struct PerAuthorType {
  using Value = std::optional<std::uint32_t>;

  static constexpr std::string_view name = "rate";
  std::string allowed() const;
  Reading<Value> read(const TomlValue& value) const;
  std::string write(const Value& per_day) const;
};

/// A duration, "none" or "all".
struct BackfillType {
  using Value = Backfill;

  static constexpr std::string_view name = "duration";
  std::string allowed() const;
  Reading<Backfill> read(const TomlValue& value) const;
  std::string write(const Backfill& backfill) const;
};

/// How long something is kept: a duration from `least` on, or "never" for for good.
struct RetentionType {
  using Value = std::optional<std::chrono::seconds>;

  static constexpr std::string_view name = "duration";
  std::chrono::seconds least{0};
  std::string allowed() const;
  Reading<Value> read(const TomlValue& value) const;
  std::string write(const Value& kept) const;
};

/// A hashtag in the forms of the connectors.
struct HashtagType {
  using Value = Hashtag;

  static constexpr std::string_view name = "text";
  std::string allowed() const;
  Reading<Hashtag> read(const TomlValue& value) const;
  std::string write(const Hashtag& hashtag) const;
};

/// An account in the form of the connectors.
struct AccountType {
  using Value = Account;

  static constexpr std::string_view name = "text";
  std::string allowed() const;
  Reading<Account> read(const TomlValue& value) const;
  std::string write(const Account& account) const;
};

}  // namespace sightingd
