#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sightingd {

/// A spot in a configuration file. Lines and columns count from 1, columns in code points;
/// line 0 is the file as a whole.
struct Place {
  std::string file = {};
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend bool operator==(const Place&, const Place&) = default;
};

/// "FILE:LINE:COLUMN", or "FILE" for the file as a whole.
std::string render(const Place& place);

/// Who reads a text. The journal is kept, forwarded and read by many: it gets no value of
/// `hashtag`, `account`, `name` or `url`.
enum class Audience : std::uint8_t { Operator, Journal };

/// Something to tell about one spot of the configuration. What was written there is kept apart
/// from what is wrong with it, so that it can be left out.
struct Diagnostic {
  Place place = {};
  std::string key = {};         ///< "watch[1].poll_interval"; empty for a file as a whole.
  std::string problem = {};     ///< "is too short": follows the value, and never holds it.
  std::string value = {};       ///< As written. Empty: the problem stands alone. Never a secret.
  std::string allowed = {};     ///< "15s to 1d"; may be empty.
  std::string suggestion = {};  ///< The nearest thing that is known; may be empty.
  std::string detail = {};      ///< More words, which may quote the file: for the operator only.
  /// `value` and `suggestion` are for the operator only.
  bool is_private = false;

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

/// One line: `FILE:LINE:COLUMN: key: what is wrong (what is allowed; did you mean ...?)`.
/// Control characters of the file are escaped, and long values cut.
std::string render(const Diagnostic& diagnostic, Audience audience);

/// `text` in double quotes, fit for one line of a terminal or a log: control characters are
/// escaped, and what exceeds 80 bytes is cut.
std::string in_quotes(const std::string& text);

}  // namespace sightingd
