#include "daemon/store_owner.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

namespace sightingd {
namespace {

Error failure(const std::string& doing) {
  return {ErrorCode::Storage, doing + ": " + std::generic_category().message(errno)};
}

/// In this order: afterwards the right to change the others is gone.
Result<void> become(uid_t user, gid_t group, const std::filesystem::path& store) {
  if (::setgroups(1, &group) != 0 || ::setresgid(group, group, group) != 0 ||
      ::setresuid(user, user, user) != 0) {
    return failure("cannot become the owner of " + store.string());
  }
  return {};
}

/// capabilities(7): of what setresuid() has left, only reading stays.
Result<void> keep_reading_only() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  constexpr std::uint32_t kReading = 1U << CAP_DAC_READ_SEARCH;
  sets[0].effective = kReading;
  sets[0].permitted = kReading;
  if (::syscall(SYS_capset, &header, sets.data()) != 0) {
    return failure("cannot give up the rights of root");
  }
  return {};
}

/// In a folder that is there. By its descriptor: nobody can put a link in its place.
Result<void> make_store_for_owner_of(const std::filesystem::path& ledger,
                                     const std::filesystem::path& store, struct stat& owner) {
  if (::mkdir(store.c_str(), S_IRWXU) != 0) {
    return failure("cannot make the folder " + store.string());
  }
  const int folder = ::open(store.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  const bool has_owner = ::stat(ledger.c_str(), &owner) == 0;
  const bool is_given =
      folder >= 0 &&
      (has_owner ? ::geteuid() != 0 || ::fchown(folder, owner.st_uid, owner.st_gid) == 0
                 : ::fstat(folder, &owner) == 0);
  auto given = is_given ? Result<void>()
                        : failure("cannot give the folder " + store.string() + " to its owner");
  ::close(folder);
  return given;
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
  return become(status.st_uid, status.st_gid, store);
}

Result<void> become_restorer_of(const std::filesystem::path& store,
                                const std::filesystem::path& ledger) {
  struct stat status {};
  if (::stat(store.c_str(), &status) != 0) {
    if (auto made = make_store_for_owner_of(ledger, store, status); !made) {
      return made;
    }
  }
  if (::geteuid() != 0 || status.st_uid == 0) {
    return {};
  }
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) {
    return failure("cannot keep the right to read the backup");
  }
  auto became = become(status.st_uid, status.st_gid, store);
  return became ? keep_reading_only() : became;
}

}  // namespace sightingd
