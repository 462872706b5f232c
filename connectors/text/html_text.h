#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sightingd {

/// Markup beyond this many bytes is not read: a hundred times the longest post that servers
/// allow by default.
inline constexpr std::size_t kMaxHtmlBytes = std::size_t{512} << 10;

/// The plain text of a piece of HTML, as a person would read it: UTF-8 without control
/// characters but '\n', at most `max_bytes` long and cut between two characters.
///
/// Entities are decoded; `br` and the borders of paragraphs, list items and other blocks are
/// line breaks, as in Mastodon's PlainTextFormatter; white space is collapsed as browsers do;
/// scripts and styles are left out. Any bytes are accepted: broken markup is read as libxml2's
/// HTML parser reads it, invalid UTF-8 as U+FFFD. Takes time linear in the length.
std::string html_to_text(std::string_view html, std::size_t max_bytes);

}  // namespace sightingd
