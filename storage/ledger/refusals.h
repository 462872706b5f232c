#pragma once

#include "pipeline/ledger_note.h"
#include "pipeline/similarity/photo_index.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/encoding/record.h"

#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// One refusal, as operators see it.
struct Refusal {
  enum class Kind : std::uint8_t { Post, Author, Picture };
  std::uint64_t number = 0;
  Kind kind = Kind::Post;
  TimePoint at;
  std::optional<RefusedPicture> picture;  ///< With Picture only: of the others nothing is known.

  friend bool operator==(const Refusal&, const Refusal&) = default;
};
std::string_view to_text(Refusal::Kind kind);

/// What must not be taken any more, held in memory. Safe to use from any thread.
class Refusals {
 public:
  /// Takes in an entry of the erasure ledger, whose number is above all before.
  void add(std::uint64_t number, const record::LedgerEntry& entry);

  /// Takes the pictures of a list that somebody else keeps, in place of those of an earlier one.
  /// They are refused like the others, and are not among list().
  void set_listed(const std::vector<PdqHash>& hashes);

  bool has_post(const LookupHash& post) const;
  bool has_author(const LookupHash& author) const;
  /// Whether the picture, or one that it is a copy of, is refused.
  bool has_picture(const PhotoId& photo, const PdqForms& asked) const;
  bool has(std::uint64_t number) const;
  /// Whether any post or author is refused: saves asking, which costs a hash.
  bool names_posts() const;
  bool names_authors() const;

  /// By number.
  std::vector<Refusal> list() const;

 private:
  /// How many refusals, not withdrawn, name it.
  using Hashes = std::map<std::string, std::uint64_t, std::less<>>;
  struct Entry {
    Refusal refusal;
    std::string key;  ///< Of a post or author among the hashes.
  };

  void withdraw(std::uint64_t number);
  static void drop(Hashes& hashes, const std::string& key);

  mutable std::shared_mutex mutex_;
  std::map<std::uint64_t, Entry> entries_;
  Hashes posts_;
  Hashes authors_;
  Hashes photos_;  ///< Ids.
  PhotoIndex pictures_;
  PhotoIndex listed_;
};

}  // namespace sightingd
