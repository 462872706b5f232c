#pragma once

#include "daemon/api/target.h"
#include "pipeline/result.h"

#include <boost/asio/awaitable.hpp>

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd {

/// Who is at the other end of a Unix socket, as the kernel says (SO_PEERCRED, SO_PEERGROUPS).
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  ///< Supplementary ones.
  pid_t pid = 0;

  friend bool operator==(const Peer&, const Peer&) = default;
};

/// A whole request that came in. HEAD arrives as GET.
struct InboundRequest {
  std::string method;
  Target target;
  std::string body;
  std::optional<Peer> peer;  ///< Absent over TCP.
};

/// A body that is made while it is sent. The next part is asked for only when the one before has
/// left, so that a slow reader holds one part and nothing else.
class AnswerStream {
 public:
  virtual ~AnswerStream() = default;

  AnswerStream(const AnswerStream&) = delete;
  AnswerStream& operator=(const AnswerStream&) = delete;

  /// Replaces `part`; false at the end. After a failure the connection is cut, so that the reader
  /// sees that the body is not whole.
  virtual boost::asio::awaitable<Result<bool>> next(std::string& part) = 0;

 protected:
  AnswerStream() = default;
};

/// What to send back. With a `stream`, `body` is not used.
struct Answer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  std::unique_ptr<AnswerStream> stream = nullptr;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// An error as the API tells it: `{"error": sentence, "code": code}`.
Answer error_answer(unsigned status, std::string_view code, std::string_view sentence);

}  // namespace sightingd
