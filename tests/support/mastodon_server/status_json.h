#pragma once

#include "tests/support/mastodon_server/world.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd::test::mastodon {

/// The name that the invented server goes by in URIs, whatever port it listens on.
inline constexpr std::string_view kHost = "loopback.example";

/// The name of an author, and back.
std::string author_name(std::size_t author);
std::optional<std::size_t> author_of_name(std::string_view name);
/// Mastodon's numeric id of an author, and back.
std::string author_id(std::size_t author);
std::optional<std::size_t> author_of_id(std::string_view id);

/// The canonical URI of a post.
std::string post_uri(const Post& post);

/// Appends the Status entity, whole as a Mastodon 4.5 writes it. `origin` is where media are.
void append_status(std::string& out, const Post& post, std::string_view origin);

/// The Account entity.
void append_account(std::string& out, std::size_t author);

/// Appends `text` as a JSON string, with its quotes.
void append_quoted(std::string& out, std::string_view text);

}  // namespace sightingd::test::mastodon
