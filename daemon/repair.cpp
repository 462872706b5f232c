#include "daemon/repair.h"

#include "daemon/store_access.h"
#include "daemon/store_owner.h"
#include "storage/repair/repairing.h"
#include "storage/store.h"

#include <chrono>
#include <iostream>
#include <string>
#include <utility>

namespace sightingd {
namespace {

TimePoint now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void tell(const Repaired& repaired, const std::filesystem::path& store) {
  if (repaired.was_whole) {
    std::cout << "Nothing is damaged in " << store.string() << ", and nothing was done.\n";
    return;
  }
  std::cout << "Saved " << repaired.sightings << " sightings and " << repaired.photos
            << " photos of " << store.string() << ".\n";
  if (repaired.lost_sightings > 0) {
    std::cout << repaired.lost_sightings << " sightings are lost.\n";
  }
  if (repaired.lost_photos > 0) {
    std::cout << repaired.lost_photos << " photos are lost; they are fetched again.\n";
  }
  if (repaired.may_lack_anything) {
    std::cout << "Any watch may have lost some: all are read anew, coverage calls what was read "
                 "damaged, and a watch that was paused may go on.\n";
  } else if (repaired.watches_read_anew > 0) {
    std::cout << repaired.watches_read_anew
              << " watches have lost some: they are read anew, and their coverage has gaps.\n";
  }
  std::cout << "Whoever reads the feed has to begin anew.\nThe damaged store lies in "
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
    // A daemon that waited has it.
    return store.error().reason == "locked" ? Result<void>() : store.error();
  }
  AuditEvent event{.kind = AuditKind::Repair, .time = now()};
  event.count = repaired->lost_sightings;
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
