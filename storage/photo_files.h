#pragma once

#include "pipeline/ids.h"
#include "pipeline/result.h"
#include "storage/database.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/files.h"
#include "storage/sealing/secret_key.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sightingd {

/// The bytes of photos: one file each, named by the keyed hash of the photo's id and, in a sealed
/// store, sealed with the photo's own key. While a file may be needed with rows that are not there
/// yet, or not any more, its key is held here; rows that durably name it have it, too.
///
/// A file is complete and synced, and so is its name in the folder, before `write` returns: rows
/// that name it are written after. It goes at once when nothing names it any more, unless it is
/// pinned for facts that are on their way. Safe to use from any thread.
class PhotoFiles {
 public:
  /// Whether rows of the store name a photo.
  using IsNamed = std::function<Result<bool>(const PhotoId&)>;

  /// `folder` is `directory`, open. `is_named` answers as of the newest write. The references must
  /// outlive this.
  PhotoFiles(std::filesystem::path directory, FileDescriptor folder, const Database& database,
             const LookupHasher& hasher, IsNamed is_named);

  /// From now on a file also stays while `is_durably_named` says so: rows whose end a power cut
  /// would undo must find it again. Whoever makes that end durable removes the file then.
  void keep_while(IsNamed is_durably_named);

  /// Keeps a photo's file from being removed, until as many calls of `unpin`.
  void pin(const PhotoId& photo);
  /// Removes the file with the last pin, unless it is named.
  void unpin(const PhotoId& photo);

  /// Makes the bytes durable. The photo must be pinned.
  Result<void> write(const PhotoId& photo, std::string_view bytes);
  /// The same with the file of another store that has the same look-up key, where it is sealed with
  /// `key`. The two may share it: files are replaced, never changed.
  Result<void> take_over(const PhotoFiles& from, const PhotoId& photo,
                         const std::optional<SecretKey>& key);
  /// Nothing when there is no such file. `key`: the photo's, if it has one.
  Result<std::optional<std::string>> read(const PhotoId& photo,
                                          const std::optional<SecretKey>& key) const;
  /// Removes the file now, unless it is pinned or named.
  Result<void> remove(const PhotoId& photo);

  /// The rows of a photo are about to go, and its key with them. The key is held until remove(), or
  /// the last unpin(): whoever stages the photo meanwhile seals with the same one, so that a power
  /// cut which brings the rows back finds a file that they open.
  Result<void> hold_key(const PhotoId& photo, const std::optional<SecretKey>& key);
  /// The key that a photo's file is sealed with, while it is held here.
  std::optional<SecretKey> held_key(const PhotoId& photo) const;

  /// Seals the photo's file with its key, which is durable, if the file stands in clear.
  Result<void> seal(const PhotoId& photo, const SecretKey& key);
  /// Whether a file in clear was held since this was asked last, or is: then rows that were looked
  /// at may name a file in clear again.
  bool has_held_clear_files();

  /// Moves the photo's file, if there is one, to `folder`, which is made; then it is as if it had
  /// never been there.
  /// False, and nothing is moved, while it is pinned.
  Result<bool> set_aside(const PhotoId& photo, const std::filesystem::path& folder) const;

  std::string name_of(const PhotoId& photo) const;
  /// Removes every file that is not among `names` (sorted): what a crash left behind.
  Result<void> keep_only(const std::vector<std::string>& names);

 private:
  /// What is held of one photo.
  struct Held {
    std::size_t pins = 0;
    std::optional<SecretKey> key;
    bool is_clear = false;  ///< Its file stands in clear, and may be named so after a power cut.
  };

  Result<void> unlink_unless_named(const PhotoId& photo);
  Result<bool> is_clear(const std::string& name) const;
  Result<void> replace(const std::string& name, const std::string& temporary,
                       std::string_view content);

  const std::filesystem::path directory_;
  const FileDescriptor folder_;
  const Database& database_;
  const LookupHasher& hasher_;
  const IsNamed is_named_;
  IsNamed is_durably_named_;
  mutable std::mutex mutex_;
  std::unordered_map<PhotoId, Held> held_;
  bool held_clear_file_ = false;
  std::uint64_t next_temporary_ = 0;
};

}  // namespace sightingd
