#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// What a receipt of an erasure says. It holds nothing that was erased: whoever knows the subject
/// can check that the receipt is about it.
struct ReceiptText {
  TimePoint at;
  std::string what;     ///< "post", "author", "photo", "like", "older_than".
  std::string subject;  ///< As it was given; stands in the receipt as its SHA-256.
  std::string reason;   ///< The operator's words.
  std::uint64_t sightings = 0;
  std::uint64_t photos = 0;
  std::uint64_t updated = 0;
  std::uint64_t held = 0;
  bool refuses = false;
  /// The last time at which what was erased could be read from a backup that was made before;
  /// nothing: there is none that can be opened.
  std::optional<TimePoint> in_backups_until = {};
  bool in_backups_for_ever = false;
};

/// The JSON text that is signed, byte for byte.
std::string receipt_text(const ReceiptText& text);

/// A receipt: the text and who signed it. The signature is Ed25519 (RFC 8032) of `text` for the
/// purpose kReceiptPurpose (SigningKey).
struct Receipt {
  std::string text;
  std::string public_key;  ///< 64 hex digits.
  std::string signature;   ///< 128 hex digits.

  friend bool operator==(const Receipt&, const Receipt&) = default;
};
inline constexpr std::string_view kReceiptPurpose = "erasure-receipt";

/// {"text": …, "public_key": …, "signature": …} and nothing else.
std::string receipt_json(const Receipt& receipt);
/// Fails with Malformed. What is signed may be anything: check the signature.
Result<Receipt> parse_receipt(std::string_view json);

}  // namespace sightingd
