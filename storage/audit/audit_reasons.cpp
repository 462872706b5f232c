#include "storage/audit/audit_reasons.h"

#include "storage/audit/audit_event.h"
#include "storage/files.h"
#include "storage/sealing/seal.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sightingd {
namespace {

constexpr std::uint8_t kMark = 1;  // The form of a sealed reason.

std::string place_of(std::uint64_t entry) { return "audit reason " + std::to_string(entry); }

/// Whole characters of UTF-8 only.
std::string_view shortened(std::string_view text) {
  if (text.size() <= kMostAuditReasonBytes) {
    return text;
  }
  std::size_t size = kMostAuditReasonBytes;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
    --size;
  }
  return text.substr(0, size);
}

Error broken_reason() {
  return {ErrorCode::Storage, "the reason of an entry of the audit log is not what was written",
          "broken-chain"};
}

Result<void> remove_file(const std::filesystem::path& file) {
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) {
    return system_error("remove a file of the audit log");
  }
  return {};
}

}  // namespace

Result<Sha256> AuditReasons::keep(std::uint64_t entry, const std::string& reason) const {
  const auto folder = open_folder(folder_);
  if (!folder) {
    return folder.error();
  }
  const SecretKey key = SecretKey::random();
  const std::string sealed = sealing::seal(key, kMark, place_of(entry), shortened(reason));
  // Of an entry with this number that was never written, because the disk was full or failed.
  if (auto removed = remove_file(file_of(entry)); !removed) {
    return removed.error();
  }
  if (auto kept = anchor_.keep_reason_key(entry, key); !kept) {
    return kept.error();
  }
  if (auto written = write_new_file(file_of(entry), sealed); !written) {
    return written.error();
  }
  if (auto synced = sync_folder(*folder); !synced) {
    return synced.error();
  }
  return sha256(sealed);
}

Result<std::optional<std::string>> AuditReasons::read(std::uint64_t entry,
                                                      const Sha256& sealed) const {
  const auto key = anchor_.reason_key(entry);
  if (!key) {
    return key.error();
  }
  const auto bytes = sealed_bytes(entry);
  if (!bytes) {
    return bytes.error();
  }
  if (!*key || !*bytes) {
    return std::optional<std::string>();
  }
  std::string reason;
  if (sha256(**bytes) != sealed || !sealing::open(**key, place_of(entry), **bytes, reason)) {
    return broken_reason();
  }
  return std::optional(std::move(reason));
}

Result<std::optional<std::string>> AuditReasons::fault(std::uint64_t entry,
                                                       const Sha256& sealed) const {
  const auto key = anchor_.reason_key(entry);
  if (!key) {
    return key.error();
  }
  const auto bytes = sealed_bytes(entry);
  if (!bytes) {
    return bytes.error();
  }
  // Its key goes first: a file without one is what a crash left of a removal.
  if (!*key) {
    return std::optional<std::string>();
  }
  const std::string which = "the reason of entry " + std::to_string(entry);
  if (!*bytes) {
    return std::optional(which + " is missing");
  }
  return sha256(**bytes) == sealed ? std::optional<std::string>()
                                   : std::optional(which + " is not what was written");
}

Result<void> AuditReasons::remove(std::span<const std::uint64_t> entries) const {
  if (entries.empty()) {
    return {};
  }
  if (auto dropped = anchor_.drop_reason_keys(entries); !dropped) {
    return dropped;
  }
  const auto folder = open_folder(folder_);
  if (!folder) {
    return folder.error();
  }
  for (const std::uint64_t entry : entries) {
    if (auto removed = remove_file(file_of(entry)); !removed) {
      return removed;
    }
  }
  return sync_folder(*folder);
}

std::filesystem::path AuditReasons::file_of(std::uint64_t entry) const {
  return folder_ / std::to_string(entry);
}

Result<std::optional<std::string>> AuditReasons::sealed_bytes(std::uint64_t entry) const {
  return read_file(file_of(entry), kMostAuditReasonBytes + sealing::kOverhead + 1);
}

}  // namespace sightingd
