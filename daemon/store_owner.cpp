#include "daemon/store_owner.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace sightingd {
namespace {

Error failure(const std::string& doing) {
  return {ErrorCode::Storage, doing + ": " + std::generic_category().message(errno)};
}

}  // namespace

Result<void> become_owner_of(const std::filesystem::path& store) {
  struct stat status {};
  if (::stat(store.c_str(), &status) != 0) {
    return failure("there is no store at " + store.string());
  }
  if (::geteuid() != 0 || status.st_uid == 0) {
    return {};
  }
  // In this order: afterwards the right to change the others is gone.
  if (::setgroups(1, &status.st_gid) != 0 ||
      ::setresgid(status.st_gid, status.st_gid, status.st_gid) != 0 ||
      ::setresuid(status.st_uid, status.st_uid, status.st_uid) != 0) {
    return failure("cannot become the owner of " + store.string());
  }
  return {};
}

}  // namespace sightingd
