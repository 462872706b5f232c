#pragma once

#include "daemon/control/control_server.h"
#include "daemon/http/message.h"
#include "pipeline/ids.h"
#include "pipeline/result.h"
#include "storage/audit/audit_event.h"
#include "storage/check/store_check.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace sightingd {

/// Checks the whole store while it is read: a line of NDJSON for each piece says how far it is, the
/// last one what was found, or why it had to end early (docs/api.md). A damaged photo is set aside
/// as soon as it is found, and fetched again.
class CheckStream final : public AnswerStream {
 public:
  /// `peer`: who asked, for the audit log. `is_confirmed`: any number may be set aside.
  CheckStream(const ControlParts& parts, std::optional<AuditPeer> peer, bool is_confirmed);

  boost::asio::awaitable<Result<bool>> next(std::string& part) override;

 private:
  boost::asio::awaitable<Result<void>> set_aside_what_was_found();
  boost::asio::awaitable<Result<bool>> set_aside(const PhotoId& photo);
  std::string progress() const;
  std::string outcome() const;

  const ControlParts parts_;
  const std::optional<AuditPeer> peer_;
  const std::unique_ptr<StoreCheck> check_;
  const bool is_confirmed_;
  std::size_t set_aside_ = 0;  ///< So many of the damaged photos.
  bool is_done_ = false;
};

}  // namespace sightingd
