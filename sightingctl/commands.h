#pragma once

#include "sightingctl/outcome.h"
#include "sightingctl/tool.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// The commands of `sightingctl`, one file each (sightingctl(1)). Each returns how the program
/// ends when nothing went wrong: Done, or No when the answer is no.
namespace sightingd {

Outcome<ExitCode> run_check(const Tool& tool);

Outcome<ExitCode> run_status(const Tool& tool);

/// An empty watch means all of them.
Outcome<ExitCode> run_coverage(const Tool& tool, const std::string& watch);

/// An empty reason means all of them.
Outcome<ExitCode> run_skipped(const Tool& tool, const std::string& reason);

struct FeedArguments {
  std::string after = {};
  std::optional<std::uint64_t> limit = {};
  bool follow = false;
};
Outcome<ExitCode> run_feed(const Tool& tool, const FeedArguments& arguments);

Outcome<ExitCode> run_show(const Tool& tool, const std::string& id);

/// An empty file means standard output.
Outcome<ExitCode> run_photo(const Tool& tool, const std::string& id, const std::string& file);

struct FindArguments {
  std::string file = {};
  std::string pdq = {};
  std::optional<int> radius = {};
};
Outcome<ExitCode> run_find(const Tool& tool, const FindArguments& arguments);

/// An empty folder keeps no stripped files.
Outcome<ExitCode> run_inspect(const Tool& tool, const std::vector<std::string>& files,
                              const std::filesystem::path& stripped);

Outcome<ExitCode> run_metrics(const Tool& tool);

Outcome<ExitCode> run_watch_list(const Tool& tool);
Outcome<ExitCode> run_watch_pause(const Tool& tool, const std::string& name, bool paused);

/// One of the subjects is not empty.
struct EraseArguments {
  std::string post = {};
  std::string author = {};
  std::string photo = {};
  std::string like = {};  ///< A file.
  std::string older_than = {};
  std::string reason = {};
  bool refuse_picture = false;
  bool despite_hold = false;
  bool confirm = false;
};
Outcome<ExitCode> run_erase(const Tool& tool, const EraseArguments& arguments);

/// Whether the receipt in the file was signed: by the key with these 64 hex digits, or else by the
/// one that it names.
Outcome<ExitCode> run_receipt_verify(const Tool& tool, const std::string& file,
                                     const std::string& public_key);
Outcome<ExitCode> run_receipt_key(const Tool& tool);

Outcome<ExitCode> run_refusals_list(const Tool& tool);
Outcome<ExitCode> run_refusals_remove(const Tool& tool, const std::string& number);

/// Keeps a sighting until a day or time; without one, no longer.
Outcome<ExitCode> run_hold(const Tool& tool, const std::string& id, const std::string& until,
                           const std::string& reason);
Outcome<ExitCode> run_hold_list(const Tool& tool);

struct AuditArguments {
  bool verify = false;
  std::optional<std::uint64_t> last = {};
  std::string id = {};  ///< Empty: about anything.
};
Outcome<ExitCode> run_audit(const Tool& tool, const AuditArguments& arguments);
/// Of the entry with this number.
Outcome<ExitCode> run_remove_reason(const Tool& tool, std::uint64_t entry);

/// Months, or days in them.
Outcome<ExitCode> run_report(const Tool& tool, const std::string& from, const std::string& to);

/// Gives the store the key that the file holds; "-" is standard input.
Outcome<ExitCode> run_rotate_key(const Tool& tool, const std::string& file);

/// Copies the store into a folder, or brings an earlier copy there up to date.
Outcome<ExitCode> run_backup(const Tool& tool, const std::string& folder);
/// Whether all of a backup is there as it was fetched; needs no daemon.
Outcome<ExitCode> run_backup_verify(const Tool& tool, const std::string& folder);
/// Brings the store back from such a folder, while no daemon runs.
Outcome<ExitCode> run_restore(const Tool& tool, const std::string& folder, bool without_ledger);

/// Saves what can be read of a damaged store, while no daemon runs.
Outcome<ExitCode> run_repair(const Tool& tool);

/// Reads all that is stored against its checksums. `confirm`: any number of damaged photos may go.
Outcome<ExitCode> run_check_store(const Tool& tool, bool confirm);

Outcome<ExitCode> run_reload(const Tool& tool, bool dry_run);

}  // namespace sightingd
