#pragma once

#include "connectors/text/json_document.h"
#include "pipeline/post.h"

#include <vector>

namespace sightingd {

/// The pictures of a Status (docs.joinmastodon.org/entities/MediaAttachment), in its order.
///
/// `image` is one; `unknown` is one when the author's server has it, for so Mastodon names what
/// it refused or evicted; moving pictures and sound are none. The address is the server's copy,
/// or the author's original when `from_origin` and it is known. `/media_proxy/`, which
/// Mastodon's robots.txt forbids, gives way to the original too. A picture that the server
/// cannot serve yet has an empty address.
std::vector<ImageRef> read_images(const JsonValue& status, bool from_origin);

}  // namespace sightingd
