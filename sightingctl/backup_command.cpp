#include "pipeline/hex.h"
#include "pipeline/running_digest.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "sightingctl/lines.h"
#include "sightingctl/progress.h"
#include "sightingctl/table.h"
#include "storage/backup/folder/backup_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBetweenProgress = 64;

Failure cannot(const std::string& what, const std::string& why) {
  return {ExitCode::No, what + ": " + why + "; name a folder on a disk with room for it."};
}

Failure cannot(const std::string& what) {
  return cannot(what, std::generic_category().message(errno));
}

Failure failure_of(const Error& error) { return {ExitCode::No, error.message + "."}; }

/// A new file of a backup: there under its name only when it is whole.
class NewFile {
 public:
  explicit NewFile(fs::path path)
      : path_(std::move(path)), temporary_(path_.string() + ".new"), file_(temporary_, kMode) {}

  bool add(std::string_view bytes) {
    file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    digest_.add(bytes);
    bytes_ += bytes.size();
    return file_.good();
  }
  Outcome<void> close() {
    if (file_.is_open()) {
      file_.close();
    }
    return file_ ? Outcome<void>() : cannot(path_.string() + " cannot be written");
  }
  Outcome<void> keep() {
    if (auto closed = close(); !closed) {
      return closed;
    }
    std::error_code error;
    fs::rename(temporary_, path_, error);
    return error ? cannot(path_.string() + " cannot be written", error.message()) : Outcome<void>();
  }
  std::uint64_t bytes() const { return bytes_; }
  Sha256 digest() { return digest_.finish(); }

 private:
  static constexpr auto kMode = std::ios::binary | std::ios::trunc | std::ios::out;

  const fs::path path_;
  const fs::path temporary_;
  std::ofstream file_;
  RunningDigest digest_;
  std::uint64_t bytes_ = 0;
};

/// What there was to do, for the operator.
struct Summary {
  std::uint64_t files = 0;
  std::uint64_t fetched = 0;
  std::uint64_t bytes = 0;
};

/// Brings a folder to what the store holds now. What is there is taken over, so that only what has
/// changed is fetched; what is not needed any more goes last, when the new list is durable.
class Backing {
 public:
  Backing(const Tool& tool, ControlClient& client, fs::path folder)
      : client_(client), folder_(std::move(folder)), progress_(tool) {}

  Outcome<BackupList> run() {
    if (auto opened = open_folder(); !opened) {
      return opened.error();
    }
    auto list = begin();
    if (!list) {
      return list.error();
    }
    for (ListedObject& object : list->objects) {
      if (auto fetched = fetch(object); !fetched) {
        return fetched.error();
      }
    }
    if (auto fetched = fetch_files(*list); !fetched) {
      return fetched.error();
    }
    if (auto kept = keep(*list); !kept) {
      return kept.error();
    }
    if (auto ended = client_.post("/v1/backup/end"); !ended) {
      return ended.error();
    }
    return *list;
  }

  const Summary& summary() const { return summary_; }

 private:
  Outcome<void> open_folder() {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) {
      return cannot(folder_.string() + " cannot be made", error.message());
    }
    auto earlier = backup_folder::read_list(folder_);
    if (!earlier) {
      return Failure{ExitCode::Usage, earlier.error().message + "."};
    }
    for (const char* const part : {"objects", "photos", "reasons"}) {
      fs::create_directories(folder_ / part, error);
    }
    descriptor_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (error || descriptor_ < 0) {
      return cannot(folder_.string() + " cannot be opened");
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      return Failure{ExitCode::No, "another backup into " + folder_.string() + " is under way."};
    }
    if (*earlier) {
      take_over(**earlier);
      return Outcome<void>();
    }
    NewFile begun(folder_ / backup_folder::kBegun);
    return begun.keep();
  }

  /// What an earlier backup has, and is still whole by its size, need not be fetched again.
  void take_over(const BackupList& earlier) {
    std::error_code error;
    for (const ListedObject& object : earlier.objects) {
      if (fs::file_size(backup_folder::path_of(folder_, object), error) == object.bytes) {
        objects_.emplace(object.id, object);
      }
    }
    backup_folder::FilesReader files(folder_, earlier);
    for (auto file = files.next(); file && *file; file = files.next()) {
      files_.emplace((*file)->name + (*file)->stamp, (*file)->sha256);
    }
  }

  Outcome<BackupList> begin() {
    progress_.show("copying the rows");
    std::string held;
    for (const auto& [id, object] : objects_) {
      held += id + "\n";
    }
    const auto answer = client_.post("/v1/backup", held);
    if (!answer) {
      return answer.error();
    }
    auto list = parse_backup_list(*answer);
    if (list) {
      return *list;
    }
    rapidjson::Document document;
    const auto refusal = parse_answer(*answer, document);
    return Failure{ExitCode::NoStore, refusal ? without_controls(refusal->text("error")) + "."
                                              : "the daemon's answer makes no sense."};
  }

  Outcome<void> fetch(ListedObject& object) {
    ++summary_.files;
    if (object.bytes == 0) {
      const auto held = objects_.find(object.id);
      if (held == objects_.end()) {
        return Failure{ExitCode::Bug, "the daemon left out a file that the backup does not hold."};
      }
      object.bytes = held->second.bytes;
      object.sha256 = held->second.sha256;
      return Outcome<void>();
    }
    NewFile file(backup_folder::path_of(folder_, object));
    const auto fetched =
        client_.stream("/v1/backup/objects/" + object.id,
                       [&file](std::string_view bytes) { return file.add(bytes); });
    if (!fetched) {
      return fetched.error();
    }
    if (!*fetched || file.bytes() != object.bytes) {
      return cannot("a file of the backup is not whole", "it was cut short");
    }
    object.sha256 = file.digest();
    note(file.bytes());
    return file.keep();
  }

  Outcome<void> fetch_files(BackupList& list) {
    NewFile lines_of_files(backup_folder::files_list(folder_, list.id));
    // The list first: a connection carries one answer at a time.
    std::vector<ListedFile> listed;
    bool is_sensible = true;
    Lines lines([&](const std::string& line) {
      auto file = parse_listed_file(line);
      is_sensible = is_sensible && file;
      if (file) {
        listed.push_back(std::move(*file));
      }
    });
    const auto whole = client_.stream("/v1/backup/files", [&](std::string_view bytes) {
      lines.add(bytes);
      return true;
    });
    if (!whole) {
      return whole.error();
    }
    if (!is_sensible) {
      return Failure{ExitCode::Bug, "the daemon's list of files makes no sense."};
    }
    for (ListedFile& file : listed) {
      const auto is_there = fetch(file, listed.size());
      if (!is_there) {
        return is_there.error();
      }
      if (*is_there) {
        lines_of_files.add(to_json(file));
        ++list.files;
      }
    }
    list.files_sha256 = lines_of_files.digest();
    return lines_of_files.keep();
  }

  /// False when it is gone from the store.
  Outcome<bool> fetch(ListedFile& file, std::size_t all) {
    const fs::path path = backup_folder::path_of(folder_, file);
    if (++summary_.files % kBetweenProgress == 0) {
      progress_.show(std::to_string(summary_.files) + " of " + std::to_string(all) + " files, " +
                     std::to_string(summary_.bytes >> 20U) + " MiB fetched");
    }
    std::error_code error;
    const auto held = files_.find(file.name + file.stamp);
    if (held != files_.end() && fs::file_size(path, error) == file.bytes) {
      file.sha256 = held->second;
      needed_.insert(path.filename());
      return true;
    }
    const std::string name = file.name.substr(file.name.rfind('/') + 1);
    const bool is_photo = file.name.starts_with("photos/");
    const auto bytes =
        client_.get((is_photo ? "/v1/backup/photos/" : "/v1/backup/reasons/") + name);
    if (!bytes && bytes.error().code == ExitCode::No) {
      return false;
    }
    if (!bytes) {
      return bytes.error();
    }
    NewFile copy(path);
    copy.add(*bytes);
    file.bytes = copy.bytes();
    file.sha256 = copy.digest();
    note(copy.bytes());
    if (auto kept = copy.keep(); !kept) {
      return kept.error();
    }
    needed_.insert(path.filename());
    return true;
  }

  /// From here on the new backup is the one that is there.
  Outcome<void> keep(const BackupList& list) {
    progress_.show("writing to the disk");
    if (::syncfs(descriptor_) != 0) {
      return cannot(folder_.string() + " cannot be written");
    }
    NewFile file(folder_ / backup_folder::kList);
    file.add(to_json(list));
    if (auto closed = file.close(); !closed) {
      return closed.error();
    }
    if (::syncfs(descriptor_) != 0) {
      return cannot(folder_.string() + " cannot be written");
    }
    if (auto kept = file.keep(); !kept) {
      return kept.error();
    }
    if (::syncfs(descriptor_) != 0) {
      return cannot(folder_.string() + " cannot be written");
    }
    for (const ListedObject& object : list.objects) {
      needed_.insert(object.id);
    }
    needed_.insert(backup_folder::files_list(folder_, list.id).filename());
    remove_superfluous(folder_, [](std::string_view name) {
      return name == backup_folder::kBegun ||
             (name.starts_with("files-") && name.find(".ndjson") != std::string_view::npos);
    });
    for (const char* const part : {"objects", "photos", "reasons"}) {
      remove_superfluous(folder_ / part, [](std::string_view name) {
        return name.find_first_not_of("0123456789abcdef.-new") == std::string_view::npos;
      });
    }
    return Outcome<void>();
  }

  /// Of files that a backup has made. What stays, goes with the next one.
  void remove_superfluous(const fs::path& folder, bool (*is_ours)(std::string_view)) {
    std::error_code ignored;
    for (fs::directory_iterator entry(folder, ignored), end; entry != end;
         entry.increment(ignored)) {
      const std::string name = entry->path().filename();
      if (entry->is_regular_file(ignored) && is_ours(name) && !needed_.contains(name)) {
        fs::remove(entry->path(), ignored);
      }
    }
  }

  void note(std::uint64_t bytes) {
    ++summary_.fetched;
    summary_.bytes += bytes;
  }

  ControlClient& client_;
  const fs::path folder_;
  Progress progress_;
  int descriptor_ = -1;  ///< Open, and locked, until the program ends.
  std::map<std::string, ListedObject, std::less<>> objects_;  ///< Of the earlier backup, by id.
  std::map<std::string, std::optional<Sha256>, std::less<>> files_;  ///< By name and stamp.
  std::set<std::string, std::less<>> needed_;
  Summary summary_;
};

}  // namespace

Outcome<ExitCode> run_backup(const Tool& tool, const std::string& folder) {
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  Summary summary;
  const auto list = [&]() -> Outcome<BackupList> {
    Backing backing(tool, *client, folder);
    auto made = backing.run();
    summary = backing.summary();
    return made;
  }();
  if (!list) {
    return list.error();
  }
  if (tool.json) {
    tool.out << to_json(*list);
    return ExitCode::Done;
  }
  tool.out << "Backed up " << summary.files << " files into " << folder << ", of which "
           << summary.fetched << " were fetched (" << (summary.bytes >> 20U) << " MiB).\n"
           << "It can be brought back "
           << (list->expires_at ? "until " + format_rfc3339(*list->expires_at) : "for ever")
           << ", with the store's key and the folder of the erasure ledger: keep copies of both, "
              "elsewhere.\n";
  return ExitCode::Done;
}

Outcome<ExitCode> run_backup_verify(const Tool& tool, const std::string& folder) {
  const auto list = backup_folder::require_list(folder);
  if (!list) {
    return failure_of(list.error());
  }
  std::uint64_t files = 0;
  std::uint64_t damaged = 0;
  const auto check = [&](const fs::path& path, std::uint64_t bytes,
                         const std::optional<Sha256>& sha256) {
    ++files;
    if (const auto whole = backup_folder::verify(path, bytes, sha256); !whole) {
      ++damaged;
      tool.err << "Damaged: " << whole.error().message << ".\n";
    }
  };
  for (const ListedObject& object : list->objects) {
    check(backup_folder::path_of(folder, object), object.bytes, object.sha256);
  }
  backup_folder::FilesReader reader(folder, *list);
  for (;;) {
    const auto file = reader.next();
    if (!file) {
      ++damaged;
      tool.err << "Damaged: " << file.error().message << ".\n";
    }
    if (!file || !*file) {
      break;
    }
    check(backup_folder::path_of(folder, **file), (*file)->bytes, (*file)->sha256);
  }
  if (damaged > 0) {
    tool.err << "Remove what is damaged and run \"sightingctl backup " << folder
             << "\" while the store is there: it is fetched again.\n";
    return ExitCode::No;
  }
  tool.out << "The backup of " << format_rfc3339(list->made_at) << " is whole: " << files
           << " files.\n";
  return ExitCode::Done;
}

}  // namespace sightingd
