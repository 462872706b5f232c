#include "daemon/control/access.h"

#include <grp.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

namespace sightingd {
namespace {

bool is_member(const Peer& peer, gid_t group) {
  return peer.gid == group || std::ranges::find(peer.groups, group) != peer.groups.end();
}

}  // namespace

AccessRules::AccessRules(uid_t owner, std::optional<gid_t> readers, std::vector<gid_t> operators)
    : owner_(owner), readers_(readers), operators_(std::move(operators)) {}

Access AccessRules::access_of(const Peer& peer) const {
  if (peer.uid == 0 || peer.uid == owner_ ||
      std::ranges::any_of(operators_, [&](gid_t group) { return is_member(peer, group); })) {
    return Access::Operate;
  }
  return readers_ && is_member(peer, *readers_) ? Access::Read : Access::None;
}

std::optional<gid_t> find_group(const std::string& name) {
  constexpr std::size_t kMostBytes = 1 << 20;  // A group of very many members.
  std::vector<char> buffer(4096);
  for (;;) {
    group entry{};
    group* found = nullptr;
    const int error = getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (error != ERANGE || buffer.size() >= kMostBytes) {
      return found == nullptr ? std::nullopt : std::optional(found->gr_gid);
    }
    buffer.resize(buffer.size() * 2);
  }
}

ControlGroups find_control_groups(
    const std::vector<std::string>& operators,
    const std::function<std::optional<gid_t>(const std::string&)>& find) {
  ControlGroups groups;
  const auto look_up = [&](const std::string& name) {
    const auto group = find(name);
    if (!group) {
      groups.missing += (groups.missing.empty() ? "" : ", ") + name;
    }
    return group;
  };
  groups.readers = look_up(kReaderGroup);
  for (const std::string& name : operators) {
    if (const auto group = look_up(name)) {
      groups.operators.push_back(*group);
    }
  }
  return groups;
}

}  // namespace sightingd
