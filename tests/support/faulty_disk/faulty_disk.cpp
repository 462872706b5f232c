// A disk that fails, between a program and the C library: loaded with LD_PRELOAD, it sees every
// call by which RocksDB and the store's own code reach their files, in the program as it is
// shipped. disk_fault.h says what it can be told to do.
//
// Nothing is really synced: what a sync promises is kept in mind, and a power cut is played by
// taking back what was not promised. It ends the program at once.
//
// What a power cut leaves of a file is what it held at its last sync; of a name, what the folder
// held at its own last sync. A sync of a file does not make its name safe (some file systems do
// that as well). What a program before this one left is safe.

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool starts_with(std::string_view text, std::string_view begin) {
  return text.substr(0, begin.size()) == begin;
}

/// Or the folder itself.
bool is_in(std::string_view path, const std::string& folder) {
  return !folder.empty() && (path == folder || starts_with(path, folder + '/'));
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool exists(const std::string& path) {
  return !path.empty() && ::syscall(SYS_access, path.c_str(), F_OK) == 0;
}

enum class Fault {
  None,
  Fails,  // With `error`.
  Torn,   // After half of it, with `error`.
  Short,  // After half of it, without one.
  Flip,
  CutBefore,
  CutAfter,
};

struct Verdict {
  Fault fault = Fault::None;
  int error = 0;
};

/// A file below one of the folders, under whatever name it has.
struct TrackedFile {
  std::string path;
  off_t synced = 0;  ///< So many bytes survive a power cut.
};

/// A change of a folder that its sync will make safe.
struct FolderChange {
  enum class Kind { Created, Renamed, Unlinked, Made };
  Kind kind = Kind::Created;
  std::string path;
  std::string before;  ///< Of a rename: the name it had.
  std::string kept;    ///< Where the file lies that lost its name, if one did.
};

class FaultyDisk {
 public:
  static FaultyDisk& instance() {
    // Never destroyed: threads go on until the process is gone.
    static FaultyDisk* const disk = new FaultyDisk();
    return *disk;
  }

  /// Whether `path` lies in one of the folders; then it is made absolute.
  bool owns(int folder, const char* path, std::string& absolute) {
    if (folder_.empty() || path == nullptr) {
      return false;
    }
    absolute = path;
    if (path[0] != '/') {
      const std::lock_guard lock(mutex_);
      const auto open = folders_.find(folder);
      if (open == folders_.end()) {
        return false;
      }
      absolute = open->second + '/' + path;
    }
    while (absolute.size() > 1 && absolute.back() == '/') {
      absolute.pop_back();
    }
    for (std::size_t twice; (twice = absolute.find("//")) != std::string::npos;) {
      absolute.erase(twice, 1);
    }
    return is_in(absolute, folder_) || is_in(absolute, ledger_);
  }

  /// What is to become of one operation. To be called with the mutex held; does not return when the
  /// power fails before it.
  Verdict judge(std::string_view operation, const std::string& path) {
    const std::string_view kind = kind_of(path);
    const bool is_met = count(operation, kind);
    const bool needs_space = operation == "write" || operation == "create" || operation == "mkdir";
    Verdict verdict;
    if (is_met) {
      note("fault\n");
      verdict = verdict_;
      if (fills_) {
        next_open_(full_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      }
    }
    if (verdict.fault == Fault::CutBefore) {
      cut();
    }
    if (verdict.fault == Fault::None && needs_space && exists(full_)) {
      verdict = {Fault::Fails, ENOSPC};
    }
    return verdict;
  }

  void after(const Verdict& verdict) {
    if (verdict.fault == Fault::CutAfter) {
      cut();
    }
  }

  bool is_full() const { return exists(full_); }

  /// What the disk says it has free; nothing when it does not lie.
  bool free_bytes(std::uint64_t& bytes) const {
    if (is_full()) {
      bytes = 0;
      return true;
    }
    if (free_.empty()) {
      return false;
    }
    const int file = next_open_(free_.c_str(), O_RDONLY | O_CLOEXEC, 0);
    char text[32] = {};
    const bool read = file >= 0 && ::syscall(SYS_read, file, text, sizeof(text) - 1) > 0;
    if (file >= 0) {
      ::syscall(SYS_close, file);
    }
    bytes = read ? std::strtoull(text, nullptr, 10) : 0;
    return read;
  }

  // ---- what is open; the mutex is held

  void opened(int descriptor, const std::string& path, bool is_new, bool truncated) {
    struct stat status {};
    ::syscall(SYS_fstat, descriptor, &status);
    forget(descriptor);
    if (S_ISDIR(status.st_mode)) {
      folders_[descriptor] = path;
      return;
    }
    auto& file = files_[path];
    if (!file) {
      file = std::make_shared<TrackedFile>();
      file->path = path;
      file->synced = status.st_size;
    }
    if (is_new || truncated) {
      file->synced = 0;
    }
    if (is_new) {
      changes_.push_back({FolderChange::Kind::Created, path, "", ""});
    }
    descriptors_[descriptor] = file;
  }

  void forget(int descriptor) {
    descriptors_.erase(descriptor);
    folders_.erase(descriptor);
  }

  TrackedFile* file(int descriptor) {
    const auto found = descriptors_.find(descriptor);
    return found == descriptors_.end() ? nullptr : found->second.get();
  }

  /// Null when no watched folder is open so.
  const std::string* folder(int descriptor) const {
    const auto found = folders_.find(descriptor);
    return found == folders_.end() ? nullptr : &found->second;
  }

  // ---- what survives; the mutex is held

  void synced(TrackedFile& file, int descriptor) {
    struct stat status {};
    ::syscall(SYS_fstat, descriptor, &status);
    file.synced = status.st_size;
  }

  void synced_folder(const std::string& folder) {
    const auto is_safe = [&folder](const FolderChange& change) {
      return folder_of(change.path) == folder;
    };
    for (const FolderChange& change : changes_) {
      if (is_safe(change) && !change.kept.empty()) {
        ::syscall(SYS_unlink, change.kept.c_str());
        files_.erase(change.kept);
      }
    }
    changes_.erase(std::remove_if(changes_.begin(), changes_.end(), is_safe), changes_.end());
  }

  /// Keeps a file that is about to lose its name, for a power cut to give it back. Empty: there is
  /// none.
  std::string keep(const std::string& path) {
    if (!exists(path)) {
      return "";
    }
    const std::string graves = folder_ + ".unsynced";
    ::syscall(SYS_mkdir, graves.c_str(), 0700);
    const std::string kept =
        graves + '/' + std::to_string(::getpid()) + '.' + std::to_string(next_grave_++);
    if (::syscall(SYS_link, path.c_str(), kept.c_str()) != 0) {
      return "";
    }
    move(path, kept);
    return kept;
  }

  void gave_up_keeping(const std::string& kept, const std::string& path) {
    if (!kept.empty()) {
      move(kept, path);
      ::syscall(SYS_unlink, kept.c_str());
    }
  }

  void renamed(const std::string& from, const std::string& to, std::string kept) {
    move(from, to);
    changes_.push_back({FolderChange::Kind::Renamed, to, from, std::move(kept)});
  }

  void linked(const std::string& path) {
    changes_.push_back({FolderChange::Kind::Created, path, "", ""});
  }

  void made_folder(const std::string& path) {
    changes_.push_back({FolderChange::Kind::Made, path, "", ""});
  }

  void unlinked(const std::string& path, std::string kept) {
    changes_.push_back({FolderChange::Kind::Unlinked, path, "", std::move(kept)});
  }

  std::mutex& mutex() { return mutex_; }
  bool acts() const { return !folder_.empty(); }
  bool is_folder(const std::string& path) const { return path == folder_ || path == ledger_; }

  /// Which bit of so many bytes is read wrong.
  std::size_t bit_of(std::size_t bytes) { return random_() % (bytes * 8); }

  void report_counts() {
    const std::lock_guard lock(mutex_);
    for (const auto& [pair, number] : counts_) {
      note(pair + ' ' + std::to_string(number) + '\n');
    }
  }

 private:
  FaultyDisk()
      : folder_(variable("FAULTY_DISK")),
        ledger_(variable("FAULTY_DISK_LEDGER")),
        report_(variable("FAULTY_DISK_REPORT")),
        full_(variable("FAULTY_DISK_FULL")),
        free_(variable("FAULTY_DISK_FREE")),
        next_open_(next<int(const char*, int, ...)>("open")) {
    // The program itself is meant, not the ones that it starts.
    ::unsetenv("LD_PRELOAD");
    const std::string seed = variable("FAULTY_DISK_SEED");
    random_.seed(static_cast<std::uint32_t>(std::strtoul(seed.c_str(), nullptr, 10)));
    parse(variable("FAULTY_DISK_FAULT"));
  }

  void parse(const std::string& text) {
    std::vector<std::string> parts(1);
    for (const char letter : text) {
      if (letter == ':') {
        parts.emplace_back();
      } else {
        parts.back().push_back(letter);
      }
    }
    if (parts.size() != 4) {
      return;
    }
    operation_ = parts[0];
    kind_ = parts[1];
    left_ = std::strtoull(parts[2].c_str(), nullptr, 10);
    const std::string& fault = parts[3];
    fills_ = fault == "full";
    keeps_some_ = fault == "cut-some";
    verdict_ = fault == "EIO"         ? Verdict{Fault::Fails, EIO}
               : fault == "ENOSPC"    ? Verdict{Fault::Fails, ENOSPC}
               : fault == "full"      ? Verdict{Fault::Torn, ENOSPC}
               : fault == "torn"      ? Verdict{Fault::Torn, EIO}
               : fault == "short"     ? Verdict{Fault::Short, 0}
               : fault == "flip"      ? Verdict{Fault::Flip, 0}
               : fault == "cut"       ? Verdict{Fault::CutBefore, 0}
               : fault == "cut-some"  ? Verdict{Fault::CutBefore, 0}
               : fault == "cut-after" ? Verdict{Fault::CutAfter, 0}
                                      : Verdict{};
  }

  std::string_view kind_of(const std::string& path) const {
    if (is_in(path, ledger_)) {
      return path == ledger_ ? "folder" : "ledger";
    }
    const std::string_view below =
        std::string_view(path).substr(std::min(path.size(), folder_.size() + 1));
    const std::string_view name = below.substr(below.rfind('/') + 1);
    if (below.empty() || below == "rows" || below == "photos" || below == "ledger" ||
        below == "audit" || below == "audit/reasons") {
      return "folder";
    }
    if (starts_with(below, "photos/")) {
      return "photo";
    }
    if (starts_with(below, "ledger/")) {
      return "ledger";
    }
    if (starts_with(below, "audit/")) {
      return "audit";
    }
    if (starts_with(name, "format")) {
      return "format";
    }
    if (name == "lock" || name == "LOCK") {
      return "lock";
    }
    if (name == "SYNCED") {
      return "mark";
    }
    return name == "CURRENT"                ? "current"
           : ends_with(name, ".dbtmp")      ? "temporary"
           : starts_with(name, "MANIFEST-") ? "manifest"
           : starts_with(name, "OPTIONS-")  ? "options"
           : ends_with(name, ".log")        ? "log"
           : ends_with(name, ".sst")        ? "table"
                                            : "other";
  }

  /// Whether this is the operation that the fault waits for.
  bool count(std::string_view operation, std::string_view kind) {
    ++counts_[std::string(operation) + ' ' + std::string(kind)];
    const bool is_one =
        (operation_ == "any" || operation_ == operation) && (kind_ == "any" || kind_ == kind);
    return is_one && left_ > 0 && --left_ == 0;
  }

  void note(const std::string& line) {
    if (report_.empty()) {
      return;
    }
    const int file = next_open_(report_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::syscall(SYS_write, file, line.data(), line.size());
    ::syscall(SYS_close, file);
  }

  void move(const std::string& from, const std::string& to) {
    const auto found = files_.find(from);
    if (found == files_.end()) {
      files_.erase(to);
      return;
    }
    const auto file = found->second;
    files_.erase(found);
    file->path = to;
    files_[to] = file;
  }

  /// The power fails. Nothing else comes any more: the mutex is held.
  [[noreturn]] void cut() {
    std::map<std::string, std::size_t>
        safe;  // Changes of a folder that reached the disk all the same.
    if (keeps_some_) {
      std::map<std::string, std::size_t> all;
      for (const FolderChange& change : changes_) {
        ++all[folder_of(change.path)];
      }
      for (const auto& [folder, number] : all) {
        safe[folder] = random_() % (number + 1);
      }
    }
    std::vector<const FolderChange*> lost;
    for (const FolderChange& change : changes_) {
      std::size_t& left = safe[folder_of(change.path)];
      if (left > 0) {
        --left;
      } else {
        lost.push_back(&change);
      }
    }
    for (auto change = lost.rbegin(); change != lost.rend(); ++change) {
      undo(**change);
    }
    for (const auto& [path, file] : files_) {
      struct stat status {};
      if (::syscall(SYS_stat, path.c_str(), &status) != 0 || status.st_size <= file->synced) {
        continue;
      }
      const auto unsynced = static_cast<std::uint64_t>(status.st_size - file->synced);
      const std::uint64_t kept = keeps_some_ ? random_() % (unsynced + 1) : 0;
      ::syscall(SYS_truncate, path.c_str(), file->synced + static_cast<off_t>(kept));
    }
    ::syscall(SYS_kill, ::getpid(), SIGKILL);
    for (;;) {
      ::syscall(SYS_pause);
    }
  }

  void undo(const FolderChange& change) {
    switch (change.kind) {
      case FolderChange::Kind::Created:
        ::syscall(SYS_unlink, change.path.c_str());
        files_.erase(change.path);
        break;
      case FolderChange::Kind::Made:
        remove_all(change.path);
        break;
      case FolderChange::Kind::Renamed:
        ::syscall(SYS_rename, change.path.c_str(), change.before.c_str());
        move(change.path, change.before);
        give_back(change);
        break;
      case FolderChange::Kind::Unlinked:
        give_back(change);
        break;
    }
  }

  void give_back(const FolderChange& change) {
    if (!change.kept.empty()) {
      ::syscall(SYS_rename, change.kept.c_str(), change.path.c_str());
      move(change.kept, change.path);
    }
  }

  /// Every file of it was made since, and is gone by now; but for those that are written behind the
  /// back of this disk.
  void remove_all(const std::string& folder) {
    if (DIR* const open = ::opendir(folder.c_str())) {
      while (const dirent* const entry = ::readdir(open)) {
        ::syscall(SYS_unlink, (folder + '/' + entry->d_name).c_str());
      }
      ::closedir(open);
    }
    ::syscall(SYS_rmdir, folder.c_str());
  }

  const std::string folder_;
  const std::string ledger_;
  const std::string report_;
  const std::string full_;
  const std::string free_;
  int (*const next_open_)(const char*, int, ...);
  std::string operation_;
  std::string kind_;
  std::uint64_t left_ = 0;  ///< Until the fault is met.
  bool fills_ = false;
  Verdict verdict_;
  bool keeps_some_ = false;
  std::mt19937 random_;
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> counts_;
  std::map<int, std::shared_ptr<TrackedFile>> descriptors_;
  std::map<int, std::string> folders_;
  std::map<std::string, std::shared_ptr<TrackedFile>> files_;
  std::vector<FolderChange> changes_;
  std::uint64_t next_grave_ = 0;
};

FaultyDisk& disk() { return FaultyDisk::instance(); }

__attribute__((constructor)) void begin() { disk(); }
__attribute__((destructor)) void end() {
  if (disk().acts()) {
    disk().report_counts();
  }
}

int fails(int error) {
  errno = error;
  return -1;
}

int open_below(int folder, const char* name, int flags, mode_t mode) {
  static auto* const real = next<int(int, const char*, int, ...)>("openat");
  std::string path;
  if (!disk().owns(folder, name, path)) {
    const int opened = real(folder, name, flags, mode);
    if (opened >= 0 && disk().acts()) {
      const std::lock_guard lock(disk().mutex());
      disk().forget(opened);
    }
    return opened;
  }
  const std::lock_guard lock(disk().mutex());
  const bool is_new = (flags & O_CREAT) != 0 && !exists(path);
  const Verdict verdict = disk().judge(is_new ? "create" : "open", path);
  if (verdict.fault == Fault::Fails || verdict.fault == Fault::Torn) {
    return fails(verdict.error);
  }
  const int opened = real(folder, name, flags, mode);
  if (opened >= 0) {
    disk().opened(opened, path, is_new, (flags & O_TRUNC) != 0);
    disk().after(verdict);
  }
  return opened;
}

/// `real` writes so many of the bytes.
template <typename Write>
ssize_t write_some(int descriptor, std::size_t size, Write real) {
  if (!disk().acts()) {
    return real(size);
  }
  std::unique_lock lock(disk().mutex());
  const TrackedFile* const file = disk().file(descriptor);
  if (file == nullptr) {
    lock.unlock();
    return real(size);
  }
  const Verdict verdict = disk().judge("write", file->path);
  if (verdict.fault == Fault::Fails) {
    return fails(verdict.error);
  }
  if (verdict.fault == Fault::Torn) {
    real(size / 2);
    return fails(verdict.error);
  }
  const ssize_t written =
      real(verdict.fault == Fault::Short ? std::max<std::size_t>(size / 2, 1) : size);
  disk().after(verdict);
  return written;
}

/// `real` reads so many bytes to `bytes`.
template <typename Read>
ssize_t read_some(int descriptor, void* bytes, std::size_t size, Read real) {
  if (!disk().acts()) {
    return real(size);
  }
  std::unique_lock lock(disk().mutex());
  const TrackedFile* const file = disk().file(descriptor);
  if (file == nullptr) {
    lock.unlock();
    return real(size);
  }
  const Verdict verdict = disk().judge("read", file->path);
  if (verdict.fault == Fault::Fails || verdict.fault == Fault::Torn) {
    return fails(verdict.error);
  }
  const ssize_t got =
      real(verdict.fault == Fault::Short ? std::max<std::size_t>(size / 2, 1) : size);
  if (verdict.fault == Fault::Flip && got > 0) {
    const std::size_t bit = disk().bit_of(static_cast<std::size_t>(got));
    static_cast<unsigned char*>(bytes)[bit / 8] ^= static_cast<unsigned char>(1U << (bit % 8));
  }
  return got;
}

int sync(int descriptor, int (*real)(int)) {
  if (!disk().acts()) {
    return real(descriptor);
  }
  std::unique_lock lock(disk().mutex());
  TrackedFile* const file = disk().file(descriptor);
  const std::string* const folder = disk().folder(descriptor);
  if (file == nullptr && folder == nullptr) {
    lock.unlock();
    return real(descriptor);
  }
  const Verdict verdict = disk().judge("sync", file != nullptr ? file->path : *folder);
  if (verdict.fault == Fault::Fails || verdict.fault == Fault::Torn) {
    return fails(verdict.error);
  }
  if (file != nullptr) {
    disk().synced(*file, descriptor);
  } else {
    disk().synced_folder(*folder);
  }
  disk().after(verdict);
  return 0;
}

template <typename Rename>
int rename_below(int from_folder, const char* from, int to_folder, const char* to, Rename real) {
  std::string before;
  std::string after;
  if (!disk().owns(from_folder, from, before) || !disk().owns(to_folder, to, after)) {
    return real();
  }
  const std::lock_guard lock(disk().mutex());
  const Verdict verdict = disk().judge("rename", after);
  if (verdict.fault == Fault::Fails || verdict.fault == Fault::Torn) {
    return fails(verdict.error);
  }
  std::string kept = disk().keep(after);
  const int done = real();
  if (done != 0) {
    disk().gave_up_keeping(kept, after);
    return done;
  }
  disk().renamed(before, after, std::move(kept));
  disk().after(verdict);
  return 0;
}

template <typename Unlink>
int unlink_below(int folder, const char* name, Unlink real) {
  std::string path;
  if (!disk().owns(folder, name, path)) {
    return real();
  }
  const std::lock_guard lock(disk().mutex());
  const Verdict verdict = disk().judge("unlink", path);
  if (verdict.fault == Fault::Fails || verdict.fault == Fault::Torn) {
    return fails(verdict.error);
  }
  std::string kept = disk().keep(path);
  const int done = real();
  if (done != 0) {
    disk().gave_up_keeping(kept, path);
    return done;
  }
  disk().unlinked(path, std::move(kept));
  disk().after(verdict);
  return 0;
}

template <typename Allocate>
int allocate(int descriptor, Allocate real) {
  if (disk().acts()) {
    const std::lock_guard lock(disk().mutex());
    if (disk().file(descriptor) != nullptr && disk().is_full()) {
      return ENOSPC;
    }
  }
  return real();
}

template <typename Status>
void tell_free(struct statvfs* answer, const Status& is_asked) {
  std::uint64_t bytes = 0;
  if (is_asked() && disk().free_bytes(bytes)) {
    answer->f_bavail = bytes / answer->f_frsize;
    answer->f_bfree = answer->f_bavail;
  }
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_below(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_below(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_below(folder, path, flags, mode);
}

int creat(const char* path, mode_t mode) {
  return open_below(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int descriptor) {
  static auto* const real = next<int(int)>("close");
  if (disk().acts()) {
    const std::lock_guard lock(disk().mutex());
    disk().forget(descriptor);
  }
  return real(descriptor);
}

int fclose(FILE* stream) {
  static auto* const real = next<int(FILE*)>("fclose");
  if (disk().acts()) {
    const std::lock_guard lock(disk().mutex());
    disk().forget(::fileno(stream));
  }
  return real(stream);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  return write_some(descriptor, size, [&](size_t some) { return real(descriptor, bytes, some); });
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return write_some(descriptor, size,
                    [&](size_t some) { return real(descriptor, bytes, some, offset); });
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  return pwrite(descriptor, bytes, size, offset);
}

ssize_t read(int descriptor, void* bytes, size_t size) {
  static auto* const real = next<ssize_t(int, void*, size_t)>("read");
  return read_some(descriptor, bytes, size,
                   [&](size_t some) { return real(descriptor, bytes, some); });
}

ssize_t pread(int descriptor, void* bytes, size_t size, off_t offset) {
  static auto* const real = next<ssize_t(int, void*, size_t, off_t)>("pread");
  return read_some(descriptor, bytes, size,
                   [&](size_t some) { return real(descriptor, bytes, some, offset); });
}

ssize_t pread64(int descriptor, void* bytes, size_t size, off64_t offset) {
  return pread(descriptor, bytes, size, offset);
}

size_t fread_unlocked(void* bytes, size_t size, size_t number, FILE* stream) {
  static auto* const real = next<size_t(void*, size_t, size_t, FILE*)>("fread_unlocked");
  const ssize_t got = read_some(::fileno(stream), bytes, size * number, [&](size_t some) {
    return static_cast<ssize_t>(real(bytes, 1, some, stream));
  });
  return got < 0 ? 0 : static_cast<size_t>(got) / std::max<size_t>(size, 1);
}

int fsync(int descriptor) { return sync(descriptor, next<int(int)>("fsync")); }

int fdatasync(int descriptor) { return sync(descriptor, next<int(int)>("fdatasync")); }

int rename(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("rename");
  return rename_below(AT_FDCWD, from, AT_FDCWD, to, [&] { return real(from, to); });
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  static auto* const real = next<int(int, const char*, int, const char*)>("renameat");
  return rename_below(from_folder, from, to_folder, to,
                      [&] { return real(from_folder, from, to_folder, to); });
}

int unlink(const char* path) {
  static auto* const real = next<int(const char*)>("unlink");
  return unlink_below(AT_FDCWD, path, [&] { return real(path); });
}

int unlinkat(int folder, const char* path, int flags) {
  static auto* const real = next<int(int, const char*, int)>("unlinkat");
  return unlink_below(folder, path, [&] { return real(folder, path, flags); });
}

int link(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("link");
  std::string path;
  if (!disk().owns(AT_FDCWD, to, path)) {
    return real(from, to);
  }
  const std::lock_guard lock(disk().mutex());
  const Verdict verdict = disk().judge("link", path);
  if (verdict.fault == Fault::Fails || verdict.fault == Fault::Torn) {
    return fails(verdict.error);
  }
  const int done = real(from, to);
  if (done == 0) {
    disk().linked(path);
    disk().after(verdict);
  }
  return done;
}

int mkdir(const char* name, mode_t mode) {
  static auto* const real = next<int(const char*, mode_t)>("mkdir");
  std::string path;
  // The folder itself is made in one that nobody looks at.
  if (!disk().owns(AT_FDCWD, name, path) || exists(path) || disk().is_folder(path)) {
    return real(name, mode);
  }
  const std::lock_guard lock(disk().mutex());
  const Verdict verdict = disk().judge("mkdir", path);
  if (verdict.fault == Fault::Fails || verdict.fault == Fault::Torn) {
    return fails(verdict.error);
  }
  const int done = real(name, mode);
  if (done == 0) {
    disk().made_folder(path);
    disk().after(verdict);
  }
  return done;
}

int ftruncate(int descriptor, off_t size) {
  static auto* const real = next<int(int, off_t)>("ftruncate");
  if (!disk().acts()) {
    return real(descriptor, size);
  }
  std::unique_lock lock(disk().mutex());
  TrackedFile* const file = disk().file(descriptor);
  if (file == nullptr) {
    lock.unlock();
    return real(descriptor, size);
  }
  const Verdict verdict = disk().judge("truncate", file->path);
  if (verdict.fault == Fault::Fails || verdict.fault == Fault::Torn) {
    return fails(verdict.error);
  }
  const int done = real(descriptor, size);
  if (done == 0) {
    file->synced = std::min(file->synced, size);
    disk().after(verdict);
  }
  return done;
}

int ftruncate64(int descriptor, off64_t size) { return ftruncate(descriptor, size); }

int fallocate(int descriptor, int mode, off_t offset, off_t size) {
  static auto* const real = next<int(int, int, off_t, off_t)>("fallocate");
  const int error =
      allocate(descriptor, [&] { return real(descriptor, mode, offset, size) == 0 ? 0 : errno; });
  return error == 0 ? 0 : fails(error);
}

int posix_fallocate(int descriptor, off_t offset, off_t size) {
  static auto* const real = next<int(int, off_t, off_t)>("posix_fallocate");
  return allocate(descriptor, [&] { return real(descriptor, offset, size); });
}

// It promises nothing: where RocksDB uses it, it is for an even flow of writing.
int sync_file_range(int descriptor, off64_t offset, off64_t size, unsigned flags) {
  static auto* const real = next<int(int, off64_t, off64_t, unsigned)>("sync_file_range");
  return real(descriptor, offset, size, flags);
}

int statvfs(const char* path, struct statvfs* answer) {
  static auto* const real = next<int(const char*, struct statvfs*)>("statvfs");
  const int done = real(path, answer);
  if (done == 0) {
    std::string absolute;
    tell_free(answer, [&] { return disk().owns(AT_FDCWD, path, absolute); });
  }
  return done;
}

int statvfs64(const char* path, struct statvfs64* answer) {
  return statvfs(path, reinterpret_cast<struct statvfs*>(answer));
}

int fstatvfs(int descriptor, struct statvfs* answer) {
  static auto* const real = next<int(int, struct statvfs*)>("fstatvfs");
  const int done = real(descriptor, answer);
  if (done == 0) {
    tell_free(answer, [&] {
      const std::lock_guard lock(disk().mutex());
      return disk().file(descriptor) != nullptr || disk().folder(descriptor) != nullptr;
    });
  }
  return done;
}

}  // extern "C"
