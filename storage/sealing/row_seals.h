#pragma once

#include "storage/columns.h"
#include "storage/sealing/data_keys.h"
#include "storage/sealing/key_ring.h"
#include "storage/sealing/secret_key.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// Seals rows and opens them: those of sightings and photos with a key that only they have, all
/// others, these keys among them, with the store's ring. Column and key are bound into every seal.
/// Safe to use from any thread.
class RowSeals {
 public:
  explicit RowSeals(KeyRing ring);

  std::shared_ptr<const KeyRing> ring() const;
  void set_ring(KeyRing ring);

  std::string seal(Column column, std::string_view key, std::string_view value) const;
  std::string seal(const SecretKey& data_key, Column column, std::string_view key,
                   std::string_view value) const;

  /// Puts the value into `value`; false when the seal is broken, or the row stands in clear and
  /// none of this store's may.
  bool open(Column column, std::string_view key, std::string_view sealed, std::string& value) const;
  bool open(const SecretKey& data_key, Column column, std::string_view key, std::string_view sealed,
            std::string& value) const;

  /// The row of Column::Keys that holds `key`.
  std::string wrap(const KeyOwner& owner, const SecretKey& key) const;
  /// Nothing when the seal is broken.
  std::optional<SecretKey> unwrap(const KeyOwner& owner, std::string_view wrapped) const;

  /// Whether a row, or a photo's file, is sealed as it is to be: not in clear, and not with a key
  /// of the ring that is to go.
  bool is_up_to_date(std::string_view sealed) const;

  KeyCache& cache() { return cache_; }
  const KeyCache& cache() const { return cache_; }

 private:
  bool open_clear(std::string_view sealed, std::string& value) const;

  mutable std::mutex mutex_;
  std::shared_ptr<const KeyRing> ring_;  ///< Shared with those who are using it just now.
  KeyCache cache_;
};

namespace sealing {

/// The bytes of a photo's file, bound to its name.
std::string seal_file(const SecretKey& data_key, std::string_view name, std::string_view content);
bool open_file(const SecretKey& data_key, std::string_view name, std::string_view sealed,
               std::string& content);
/// Whether this is a seal of any kind; false for what a store without keys writes.
bool is_sealed(std::string_view bytes);

}  // namespace sealing
}  // namespace sightingd
