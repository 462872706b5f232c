#include "storage/audit_rows.h"

#include "pipeline/wipe.h"
#include "storage/encoding/keys.h"
#include "storage/encoding/record.h"
#include "storage/owed_erasures.h"

#include <future>
#include <string>
#include <utility>
#include <vector>

namespace sightingd {
namespace {

constexpr std::string_view kHead = "audit-head";

std::string key_of(std::uint64_t entry) { return "audit-reason" + keys::ordinal(entry); }

}  // namespace

Result<std::optional<ChainHead>> AuditRows::head() const {
  const auto value = database_.get(Column::Header, kHead);
  if (!value) {
    return value.error();
  }
  if (!*value) {
    return std::optional<ChainHead>();
  }
  const auto head = record::decode_chain_head(**value);
  if (!head) {
    return head.error();
  }
  return std::optional(*head);
}

void AuditRows::keep_head(const ChainHead& head) {
  {
    const std::lock_guard lock(mutex_);
    const bool is_asked_for = newest_.has_value();
    newest_ = head;
    if (is_asked_for) {
      return;
    }
  }
  writer_.ping([this] { write_newest_head(); });
}

void AuditRows::write_newest_head() {
  std::optional<ChainHead> head;
  {
    const std::lock_guard lock(mutex_);
    head.swap(newest_);
  }
  Changes changes;
  database_.put(changes, Column::Header, kHead, record::encode(*head));
  // A failure leaves an older head, which the log has gone on behind; the next one comes soon.
  static_cast<void>(database_.write(std::move(changes)));
}

Result<void> AuditRows::keep_reason_key(std::uint64_t entry, const SecretKey& key) {
  return run_on_writer([&]() -> Result<void> {
    std::string value = record::encode_text(key.bytes());
    Changes changes;
    database_.put(changes, Column::Header, key_of(entry), value);
    wipe(value);
    if (auto written = database_.write(std::move(changes)); !written) {
      return written;
    }
    return database_.sync();
  });
}

Result<std::optional<SecretKey>> AuditRows::reason_key(std::uint64_t entry) const {
  const auto value = database_.get(Column::Header, key_of(entry));
  if (!value) {
    return value.error();
  }
  if (!*value) {
    return std::optional<SecretKey>();
  }
  auto bytes = record::decode_text(**value);
  if (!bytes) {
    return bytes.error();
  }
  auto key = SecretKey::of(*bytes);
  wipe(*bytes);
  return key;
}

Result<void> AuditRows::drop_reason_keys(std::span<const std::uint64_t> entries) {
  return run_on_writer([&]() -> Result<void> {
    Changes changes;
    std::vector<RowName> rows;
    for (const std::uint64_t entry : entries) {
      database_.erase(changes, Column::Header, key_of(entry));
      rows.push_back({.column = Column::Header, .key = key_of(entry)});
    }
    OwedErasures owed(database_);
    owed.add_audit_keys(changes, rows);
    if (auto written = database_.write(std::move(changes)); !written) {
      return written;
    }
    if (auto synced = database_.sync(); !synced) {
      return synced;
    }
    // Tables keep what older readers see.
    durable_.advance(durable_.sequence());
    durable_.wait_for_older_readers();
    return owed.settle();
  });
}

Result<void> AuditRows::run_on_writer(const std::function<Result<void>()>& task) {
  std::promise<Result<void>> promise;
  std::future<Result<void>> done = promise.get_future();
  writer_.ping([&] { promise.set_value(task()); });
  return done.get();
}

}  // namespace sightingd
