#include "daemon/restore.h"

#include "daemon/store_access.h"
#include "daemon/store_owner.h"
#include "storage/backup/folder/backup_folder.h"
#include "storage/backup/restoring.h"
#include "storage/store.h"

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sightingd {
namespace {

TimePoint now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// Its parts, each of them checked before it is handed out.
Result<BackupContent> content_of(const std::filesystem::path& folder, const BackupList& list) {
  BackupContent content{
      .id = list.id, .expires_at = list.expires_at, .objects = {}, .next_file = {}};
  for (const ListedObject& object : list.objects) {
    const std::filesystem::path path = backup_folder::path_of(folder, object);
    if (auto whole = backup_folder::verify(path, object.bytes, object.sha256); !whole) {
      return whole.error();
    }
    content.objects.push_back({.file = object.file, .id = object.id, .path = path});
  }
  const auto reader = std::make_shared<backup_folder::FilesReader>(folder, list);
  content.next_file = [reader, folder]() -> Result<std::optional<BackupContent::File>> {
    const auto file = reader->next();
    if (!file) {
      return file.error();
    }
    if (!*file) {
      return std::optional<BackupContent::File>();
    }
    const std::filesystem::path path = backup_folder::path_of(folder, **file);
    if (auto whole = backup_folder::verify(path, (*file)->bytes, (*file)->sha256); !whole) {
      return whole.error();
    }
    return std::optional(
        BackupContent::File{.name = (*file)->name, .path = path, .bytes = (*file)->bytes});
  };
  return content;
}

void tell(const BackupList& list, const Restored& restored, const std::filesystem::path& store) {
  std::cout << "Restored " << store.string() << " as it was on " << format_rfc3339(list.made_at)
            << ", less what was erased since.\n"
            << "Sources are asked again for what came after it; whoever reads the feed has to "
               "begin anew.\n";
  if (!restored.set_aside.empty()) {
    std::cout << "The store that was there lies in " << restored.set_aside.string()
              << ". No erasure reaches it: remove it when it is not needed any more.\n";
  }
}

Result<void> run(const RestoreInvocation& invocation, const Settings& settings) {
  auto key = find_store_key(settings, invocation.store_key_file);
  if (!key) {
    return Error{ErrorCode::Storage, key.error().message, "key"};
  }
  if (!*key) {
    return Error{ErrorCode::Storage,
                 "a backup is encrypted, and there is no key: let store.encryption_key name it, or "
                 "give its file with --key",
                 "key"};
  }
  const StoreOptions options = store_options(settings);
  if (auto became = become_restorer_of(options.path, options.erasure_ledger); !became) {
    return became;
  }
  const auto list = backup_folder::require_list(invocation.backup);
  if (!list) {
    return list.error();
  }
  auto content = content_of(invocation.backup, *list);
  if (!content) {
    return content.error();
  }
  const auto restored = restore_store({.store = options,
                                       .store_key = **key,
                                       .backup = std::move(*content),
                                       .without_ledger = invocation.without_ledger,
                                       .now = now()});
  if (!restored) {
    return restored.error();
  }
  // Erases what the ledger says.
  const auto store = Store::open(options, *key);
  if (!store && store.error().reason == "locked") {
    tell(*list, *restored, options.path);  // A daemon that waited has it.
    return {};
  }
  if (!store) {
    return store.error();
  }
  AuditEvent event{.kind = AuditKind::Restoration, .time = now()};
  event.details = {"from " + format_rfc3339(list->made_at)};
  if (auto noted = (*store)->audit().note(std::move(event)); !noted) {
    return noted;
  }
  tell(*list, *restored, options.path);
  const StoreStatistics holds = (*store)->statistics();
  std::cout << "It holds " << holds.sightings << " sightings and " << holds.photos << " photos.\n";
  return {};
}

}  // namespace

ExitCode restore(const RestoreInvocation& invocation, const Settings& settings, Journal& journal) {
  const auto done = run(invocation, settings);
  if (!done) {
    journal.error("not-restored", {{"message", done.error().message}});
  }
  return done ? ExitCode::Done : exit_code_of_store(done.error());
}

}  // namespace sightingd
