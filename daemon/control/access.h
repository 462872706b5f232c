#pragma once

#include "daemon/http/message.h"

#include <sys/types.h>

#include <cstdint>
#include <functional>
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

/// The groups of the control socket, as this system knows them.
struct ControlGroups {
  std::optional<gid_t> readers;
  std::vector<gid_t> operators;
  std::string missing;  ///< The names that no group has, "a, b"; empty when all are there.

  /// The group that the socket is opened to. None while any named group is missing: who may do
  /// what is then not what the operator meant.
  std::optional<gid_t> of_socket() const { return missing.empty() ? readers : std::nullopt; }
};

/// Looks up kReaderGroup and the groups named `operators`, with `find` as find_group() does.
ControlGroups find_control_groups(
    const std::vector<std::string>& operators,
    const std::function<std::optional<gid_t>(const std::string&)>& find = find_group);

}  // namespace sightingd
