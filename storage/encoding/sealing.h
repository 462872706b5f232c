#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// What every value passes on its way to the disk and back. `place` (the column and the key, or
/// the file's name) is bound into the seal, so that a value cannot be moved elsewhere.
class Sealer {
 public:
  virtual ~Sealer() = default;
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  virtual std::string seal(std::string_view place, std::string value) const = 0;
  /// The value, which lies in `sealed` or in `scratch`; nothing when the seal is broken.
  virtual std::optional<std::string_view> open(std::string_view place, std::string_view sealed,
                                               std::string& scratch) const = 0;

 protected:
  Sealer() = default;
};

/// Leaves values as they are: the store is not encrypted.
class PlainSealer final : public Sealer {
 public:
  std::string seal(std::string_view place, std::string value) const override;
  std::optional<std::string_view> open(std::string_view place, std::string_view sealed,
                                       std::string& scratch) const override;
};

/// The form in which text that could name a person stands in keys.
struct LookupHash {
  std::array<char, 16> bytes{};

  std::string_view text() const { return {bytes.data(), bytes.size()}; }

  friend bool operator==(const LookupHash&, const LookupHash&) = default;
};

/// Turns every look-up key that is built from text (URI, author, id, watch) into a keyed hash:
/// the first 128 bits of HMAC-SHA-256 (RFC 2104). Safe to use from any thread.
class LookupHasher {
 public:
  static constexpr std::size_t kKeySize = 32;

  /// `key`: kKeySize bytes.
  explicit LookupHasher(std::string_view key);
  ~LookupHasher();

  /// `kind` keeps equal texts of different kinds apart.
  LookupHash operator()(char kind, std::string_view text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sightingd
