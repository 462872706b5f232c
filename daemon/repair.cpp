#include "daemon/repair.h"

#include "daemon/store_access.h"
#include "daemon/store_owner.h"
#include "storage/repair/repairing.h"
#include "storage/store.h"

#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

namespace sightingd {
namespace {

TimePoint now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string lines_about(const Repaired& repaired) {
  std::string lines;
  const auto add = [&lines](bool holds, const std::string& line) {
    lines += holds ? line + "\n" : "";
  };
  const auto number = [](std::uint64_t of) { return std::to_string(of); };
  add(repaired.lost_sightings > 0, "Lost sightings: " + number(repaired.lost_sightings) + ".");
  add(repaired.lost_photos > 0, "Lost photos: " + number(repaired.lost_photos) +
                                    ". They are fetched again from where they were known to be.");
  add(repaired.has_lost_end,
      "The newest rows are lost with the end of the log: sources are asked again for them.");
  add(repaired.may_lack_anything,
      "Any watch may have lost some, and nobody can say how many: all are read anew, and coverage "
      "calls all that was read damaged.");
  add(!repaired.may_lack_anything && repaired.watches_read_anew > 0,
      "Watches that have lost some: " + number(repaired.watches_read_anew) +
          ". They are read anew, and their coverage has gaps.");
  bool may_resume = repaired.may_lack_anything;
  for (const std::string& column : repaired.damaged_columns) {
    add(true, "Some rows of " + column + " could not be read.");
    may_resume = may_resume || column == "watches";
  }
  add(may_resume, "A watch that was paused may go on: look at sightingctl watch list.");
  return lines;
}

void tell(const Repaired& repaired, const std::filesystem::path& store) {
  if (repaired.was_whole) {
    std::cout << "Nothing is damaged in " << store.string() << ", and nothing was done.\n";
    return;
  }
  std::cout << "Saved " << repaired.sightings << " sightings and " << repaired.photos
            << " photos of " << store.string() << ".\n"
            << lines_about(repaired)
            << "Whoever reads the feed has to begin anew.\nThe damaged store lies in "
            << repaired.set_aside.string()
            << ". No erasure reaches it: remove it when it is not needed any more.\n";
}

Result<void> run(const std::filesystem::path& store_key_file, const Settings& settings) {
  auto key = find_store_key(settings, store_key_file);
  if (!key) {
    return Error{ErrorCode::Storage, key.error().message, "key"};
  }
  const StoreOptions options = store_options(settings);
  if (auto became = become_owner_of(options.path); !became) {
    return became;
  }
  const auto repaired = repair_store({.store = options, .store_key = *key, .now = now()});
  if (!repaired) {
    return repaired.error();
  }
  tell(*repaired, options.path);
  if (repaired->was_whole) {
    return {};
  }
  // Erases what the ledger says, if it was not done before.
  const auto store = Store::open(options, *key);
  if (!store) {
    return Error{store.error().code,
                 "the store is repaired, and cannot be opened now: " + store.error().message,
                 store.error().reason};
  }
  AuditEvent event{.kind = AuditKind::Repair, .time = now()};
  event.count = repaired->lost_sightings;
  if (repaired->may_lack_anything) {
    event.details = {"and maybe others"};
  }
  return (*store)->audit().note(std::move(event));
}

}  // namespace

ExitCode repair(const std::filesystem::path& store_key_file, const Settings& settings,
                Journal& journal) {
  const auto done = run(store_key_file, settings);
  if (!done) {
    journal.error("not-repaired", {{"message", done.error().message}});
  }
  return done ? ExitCode::Done : exit_code_of_store(done.error());
}

}  // namespace sightingd
