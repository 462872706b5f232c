#pragma once

#include "pipeline/time.h"

#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// The name of one post that stays the same everywhere: its canonical URI, and what
/// changes when the author edits it.
struct PostRef {
  std::string uri;
  /// Orders the versions of one post as text: its edit time by format_rfc3339, or empty
  /// for a post that was never edited.
  std::string version;

  friend bool operator==(const PostRef&, const PostRef&) = default;
};

/// A picture that a post offers, not fetched yet.
struct ImageRef {
  std::string id = {};  ///< The source's own name for this picture; may be empty.
  std::string url;      ///< Empty when the server has it but cannot serve it yet.
  std::optional<std::string> alt;

  friend bool operator==(const ImageRef&, const ImageRef&) = default;
};

/// Stands in a position between what many posts share and what is one post's own.
inline constexpr char kFinePosition = '\0';

/// What stands before the first kFinePosition, or nothing without one: all of a position that may
/// stand unsealed on a disk. Posts of many minutes share it, so that it confirms none of them.
inline std::string_view coarse_position(std::string_view position) {
  const std::size_t end = position.find(kFinePosition);
  return end == std::string_view::npos ? std::string_view() : position.substr(0, end);
}

/// One public post that carries a watched hashtag or comes from a watched account.
struct Post {
  PostRef ref;
  std::string id;  ///< The source's own id. Unique within the source only.
  /// Bytes that sort like the source's own order of posts (a later post is larger). See
  /// coarse_position().
  std::string position;
  std::string url;     ///< Where a person reads it; may be empty.
  std::string author;  ///< user@host.
  std::string author_uri;
  TimePoint posted_at;
  std::optional<TimePoint> edited_at;
  std::optional<std::string> language;  ///< As the source says, not checked.
  std::string text;                     ///< Plain text, UTF-8, at most 64 KiB.
  std::vector<std::string> hashtags;    ///< Without '#', as the source writes them.
  bool sensitive = false;
  std::optional<std::string> reply_to;  ///< The source's id of the post it answers.
  std::vector<ImageRef> images;

  friend bool operator==(const Post&, const Post&) = default;
};

/// Who posted, as limits and refusals know them.
inline const std::string& author_of(const Post& post) {
  return post.author_uri.empty() ? post.author : post.author_uri;
}

}  // namespace sightingd
