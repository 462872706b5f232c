#pragma once

#include "daemon/http/message.h"
#include "pipeline/result.h"
#include "storage/audit/audit_log.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace sightingd {

/// Which entries of the audit log are asked for.
struct AuditQuery {
  std::uint64_t after = 0;            ///< Only those with a higher number,
  std::uint64_t last = UINT64_MAX;    ///< of these the last so many that there are when it begins,
  std::optional<LookupHash> subject;  ///< and of these the ones about this id.
};

/// Entries of the audit log as NDJSON, read in parts when the reader takes them. It ends with the
/// last entry that there was when it was asked for. A log that is broken cuts the connection.
class AuditStream final : public AnswerStream {
 public:
  static constexpr std::size_t kEntriesPerPart = 256;

  /// `workers` must outlive it, and so must the log that `reader` reads.
  AuditStream(AuditReader reader, std::uint64_t newest, const AuditQuery& query,
              boost::asio::thread_pool& workers);

  boost::asio::awaitable<Result<bool>> next(std::string& part) override;

 private:
  Result<bool> read_blocking(std::string& part);

  AuditReader reader_;
  const std::uint64_t newest_;
  AuditQuery query_;
  boost::asio::thread_pool& workers_;
};

}  // namespace sightingd
