#pragma once

#include "pipeline/result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace sightingd {

/// The longest folded hashtag, in bytes: some hundred ideographs.
inline constexpr std::size_t kMaxHashtagBytes = 300;

/// The form in which hashtags are compared: NFKC and case folded (Unicode NFKC_Casefold, by
/// utf8proc), without the '#' around it: "#随手拍", "＃Ｂｉｒｄｓ" and Weibo's "#birds#" are read.
/// Folding a folded hashtag changes nothing.
///
/// Fails with Malformed, and a message that says what is allowed, when nothing is left, when
/// it is too long or not UTF-8, or when it holds a space, a control character or another '#'.
Result<std::string> fold_hashtag(std::string_view text);

/// The form in which servers keep hashtags: NFKC and in lower case (Mastodon, HashtagNormalizer;
/// Pleroma lowers too), without the '#' around it. Unlike a folded one it keeps "ß", a final "ς"
/// and the joiners inside a word, which make other hashtags there; case is lowered without regard
/// to context, as Ruby's String#downcase does. It folds to what `text` folds to.
///
/// Fails as fold_hashtag() does.
Result<std::string> lower_hashtag(std::string_view text);

/// An account as user@host, without a leading '@', the host in lower case:
/// "@rescue@Example.org" is "rescue@example.org". The host may carry a port.
///
/// Fails with Malformed, and a message that says what is allowed, on anything else.
Result<std::string> normalize_handle(std::string_view text);

}  // namespace sightingd
