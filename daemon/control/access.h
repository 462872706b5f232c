#pragma once

#include "daemon/http/message.h"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// What a caller may do; each includes the ones before it.
enum class Access : std::uint8_t { None, Read, Operate };

/// The group whose members may read.
inline constexpr const char* kReaderGroup = "sightingd";

/// Who may do what over the control socket: root and this process's own user everything, the
/// members of the operators' groups likewise, the members of kReaderGroup may read.
class AccessRules {
 public:
  /// `operators` and `readers` are the groups that exist; `owner` is the daemon's own user.
  AccessRules(uid_t owner, std::optional<gid_t> readers, std::vector<gid_t> operators);

  Access access_of(const Peer& peer) const;

 private:
  uid_t owner_;
  std::optional<gid_t> readers_;
  std::vector<gid_t> operators_;
};

/// The group's number; nothing when no group has this name.
std::optional<gid_t> find_group(const std::string& name);

}  // namespace sightingd
