// sightingctl: arguments -> command -> exit code.
#include "sightingctl/commands.h"

#include <curl/curl.h>
#include <CLI/CLI.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <iostream>

namespace sightingd {
namespace {

// What the arguments of every command are read into.
struct Arguments {
  std::string config;
  std::string socket;
  std::string key;
  bool json = false;
  std::string text;
  std::string reason;
  std::string file;
  std::vector<std::string> files;
  std::string stripped;
  FeedArguments feed;
  FindArguments find;
  EraseArguments erase;
  std::string public_key;
  std::string until;
  bool release = false;
  AuditArguments audit;
  std::optional<std::uint64_t> entry;
  std::string from;
  std::string to;
  bool dry_run = false;
  bool verify = false;
  bool confirm = false;
  bool without_ledger = false;
  std::function<Outcome<ExitCode>(const Tool&)> command;
};

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& does,
                      const std::string& example) {
  CLI::App* command = app.add_subcommand(name, does);
  command->footer("Example: " + example);
  command->fallthrough();
  return command;
}

void add_erase_command(CLI::App& app, Arguments& arguments) {
  EraseArguments& erase = arguments.erase;
  CLI::App* command =
      add_command(app, "erase", "Remove sightings or a picture for good.",
                  "printf '%s\\n' https://example.org/1 | sightingctl erase --post - --reason "
                  "'asked by the author'");
  CLI::Option_group* what = command->add_option_group("what", "Exactly one of:");
  what->add_option("--post", erase.post, "URL of the post; it is refused from then on.");
  what->add_option("--author", erase.author,
                   "author_uri or handle: every post, and every later one.");
  what->add_option("--photo", erase.photo, "Id of a photo: this picture and every copy of it.");
  what->add_option("--like", erase.like, "A picture: it, if it is stored, and every copy of it.");
  what->add_option("--older-than", erase.older_than, "An age, such as 180d.");
  what->require_option(1);
  command->add_option("--reason", erase.reason, "Your words.")->required();
  command->add_flag("--refuse-picture", erase.refuse_picture,
                    "With --post: its pictures are erased and refused everywhere, too.");
  command->add_flag("--despite-hold", erase.despite_hold, "What is held goes, too.");
  command->add_flag("--confirm", erase.confirm,
                    "With --older-than: also when more than 5 % of the store would go.");
  command->callback([&] {
    arguments.command = [&](const Tool& tool) { return run_erase(tool, arguments.erase); };
  });
}

void add_receipt_commands(CLI::App& app, Arguments& arguments) {
  CLI::App* receipt = add_command(app, "receipt", "Receipts of erasures.",
                                  "sightingctl receipt verify receipt.json");
  receipt->require_subcommand(1);
  CLI::App* verify = add_command(*receipt, "verify", "Check who signed a receipt; needs no daemon.",
                                 "sightingctl receipt verify receipt.json --public-key 0f3a...");
  verify->add_option("FILE", arguments.file, "The receipt; - reads it from stdin.")->required();
  verify->add_option("--public-key", arguments.public_key,
                     "64 hex digits, as the operator has published them.");
  verify->callback([&] {
    arguments.command = [&](const Tool& tool) {
      return run_receipt_verify(tool, arguments.file, arguments.public_key);
    };
  });
  add_command(*receipt, "key", "The public key that signs this store's receipts, to be published.",
              "sightingctl receipt key")
      ->callback([&] { arguments.command = run_receipt_key; });
}

void add_refusal_commands(CLI::App& app, Arguments& arguments) {
  CLI::App* refusals =
      add_command(app, "refusals", "What must not be taken any more.", "sightingctl refusals list");
  refusals->require_subcommand(1);
  add_command(*refusals, "list", "All refusals, by number.", "sightingctl refusals list")
      ->callback([&] { arguments.command = run_refusals_list; });
  CLI::App* remove =
      add_command(*refusals, "remove", "Take back one refusal.", "sightingctl refusals remove 7");
  remove->add_option("NUMBER", arguments.text, "As the list shows it, or - for stdin.")->required();
  remove->callback([&] {
    arguments.command = [&](const Tool& tool) { return run_refusals_remove(tool, arguments.text); };
  });

  CLI::App* hold =
      add_command(app, "hold", "Keep a sighting against its age and its deletion upstream.",
                  "echo sg_2f6k... | sightingctl hold - --until 2027-01-31 --reason police");
  hold->add_option("ID", arguments.text, "Of the sighting, or - to read it from stdin.")
      ->required();
  CLI::Option* until =
      hold->add_option("--until", arguments.until, "A day, or a time as 2027-01-31T00:00:00Z.");
  hold->add_option("--reason", arguments.reason, "Your words, or - for the next line of stdin.")
      ->required();
  CLI::Option* release =
      hold->add_flag("--release", arguments.release, "Hold it no longer.")->excludes(until);
  hold->callback([&arguments, until, release] {
    if (until->empty() && release->empty()) {
      throw CLI::RequiredError("--until (or --release)");
    }
    arguments.command = [&](const Tool& tool) {
      return run_hold(tool, arguments.text, arguments.until, arguments.reason);
    };
  });
  add_command(app, "holds", "The sightings that are held, and until when.", "sightingctl holds")
      ->callback([&] { arguments.command = run_hold_list; });
}

void add_reading_commands(CLI::App& app, Arguments& arguments) {
  add_command(app, "status", "A table of the watches, and the totals.", "sightingctl status")
      ->callback([&] { arguments.command = run_status; });

  CLI::App* coverage = add_command(app, "coverage", "What was read of each watch, and what not.",
                                   "sightingctl coverage begging-children");
  coverage->add_option("WATCH", arguments.text, "Name of one watch, or - to read it from stdin.");
  coverage->callback([&] {
    arguments.command = [&](const Tool& tool) { return run_coverage(tool, arguments.text); };
  });

  CLI::App* skipped =
      add_command(app, "skipped", "Posts that were read and left out, by watch, day and reason.",
                  "sightingctl skipped --reason no_media");
  skipped->add_option("--reason", arguments.reason, "Only this reason.");
  skipped->callback([&] {
    arguments.command = [&](const Tool& tool) { return run_skipped(tool, arguments.reason); };
  });

  CLI::App* feed = add_command(app, "feed", "The change feed, one JSON object a line.",
                               "sightingctl feed --after 0001000000000000002a --follow");
  feed->add_option("--after", arguments.feed.after,
                   "Only what came after this cursor, or - to read it from stdin.");
  feed->add_option("--limit", arguments.feed.limit, "At most so many events.")
      ->check(CLI::PositiveNumber);
  feed->add_flag("--follow", arguments.feed.follow, "Wait for what comes.");
  feed->callback([&] {
    arguments.command = [&](const Tool& tool) { return run_feed(tool, arguments.feed); };
  });

  CLI::App* show =
      add_command(app, "show", "One sighting, as JSON.", "echo sg_2f6k... | sightingctl show -");
  show->add_option("ID", arguments.text, "Its id, or - to read it from stdin.")->required();
  show->callback([&] {
    arguments.command = [&](const Tool& tool) { return run_show(tool, arguments.text); };
  });

  CLI::App* photo = add_command(app, "photo", "The stripped bytes of one photo.",
                                "sightingctl photo ph_9c... -o photo.jpg");
  photo->add_option("ID", arguments.text, "Its id, or - to read it from stdin.")->required();
  photo->add_option("-o,--output", arguments.file,
                    "Write to this file; - is stdout, as without it.");
  photo->callback([&] {
    arguments.command = [&](const Tool& tool) {
      return run_photo(tool, arguments.text, arguments.file);
    };
  });

  CLI::App* find = add_command(app, "find", "Stored photos that are the same picture.",
                               "sightingctl find - < photo.jpg");
  CLI::Option* file =
      find->add_option("FILE", arguments.find.file, "A picture, or - for stdin; it is not kept.");
  find->add_option("--pdq", arguments.find.pdq, "64 hex digits, or - to read them from stdin.")
      ->excludes(file);
  find->add_option("--radius", arguments.find.radius, "At most so many bits apart (default 31).")
      ->check(CLI::Range(0, 90));
  find->callback([&] {
    if (arguments.find.file.empty() && arguments.find.pdq.empty()) {
      throw CLI::RequiredError("FILE or --pdq");
    }
    arguments.command = [&](const Tool& tool) { return run_find(tool, arguments.find); };
  });

  CLI::App* metrics =
      add_command(app, "metrics", "The metrics as Prometheus text.", "sightingctl metrics");
  metrics->callback([&] { arguments.command = run_metrics; });
}

void add_local_commands(CLI::App& app, Arguments& arguments) {
  CLI::App* check = add_command(app, "check", "Validate a configuration and preview its cost.",
                                "sightingctl check /etc/sightingd/sightingd.toml");
  check->add_option("FILE", arguments.file, "Instead of --config.");
  check->callback([&] {
    if (!arguments.file.empty()) {
      arguments.config = arguments.file;
    }
    arguments.command = run_check;
  });

  CLI::App* inspect =
      add_command(app, "inspect", "Run the image stage on local files; stores nothing.",
                  "sightingctl inspect --stripped clean *.jpg");
  inspect->add_option("FILE", arguments.files, "Pictures.")->required();
  inspect->add_option("--stripped", arguments.stripped, "Keep the stripped files in this folder.");
  inspect->callback([&] {
    arguments.command = [&](const Tool& tool) {
      return run_inspect(tool, arguments.files, arguments.stripped);
    };
  });
}

void add_audit_commands(CLI::App& app, Arguments& arguments) {
  CLI::App* audit = add_command(app, "audit", "Who read, changed and erased what; checks the log.",
                                "sightingctl audit --verify");
  CLI::Option* verify = audit->add_flag("--verify", arguments.audit.verify,
                                        "Check the whole log: exit 1 when it was tampered with.");
  audit->add_option("--last", arguments.audit.last, "The last so many entries (default 100).")
      ->check(CLI::PositiveNumber)
      ->excludes(verify);
  audit
      ->add_option("--id", arguments.audit.id,
                   "Only entries about this sighting or photo; - reads it from stdin.")
      ->excludes(verify);
  audit
      ->add_option("--remove-reason", arguments.entry,
                   "Remove the reason in this entry for good; the chain stays whole.")
      ->check(CLI::PositiveNumber)
      ->excludes(verify);
  audit->callback([&] {
    arguments.command = [&](const Tool& tool) {
      return arguments.entry ? run_remove_reason(tool, *arguments.entry)
                             : run_audit(tool, arguments.audit);
    };
  });

  CLI::App* report = add_command(app, "report", "Counts by month, fit to publish.",
                                 "sightingctl report --from 2026-01 --to 2026-06");
  report->add_option("--from", arguments.from, "The first month, or a day in it.")->required();
  report->add_option("--to", arguments.to, "The last month, or a day in it.")->required();
  report->callback([&] {
    arguments.command = [&](const Tool& tool) {
      return run_report(tool, arguments.from, arguments.to);
    };
  });
}

void add_operating_commands(CLI::App& app, Arguments& arguments) {
  CLI::App* watch =
      add_command(app, "watch", "List, pause or resume watches.", "sightingctl watch list");
  watch->require_subcommand(1);
  add_command(*watch, "list", "The watches as configured.", "sightingctl watch list --json")
      ->callback([&] { arguments.command = run_watch_list; });
  for (const bool paused : {true, false}) {
    const std::string verb = paused ? "pause" : "resume";
    CLI::App* command =
        add_command(*watch, verb, paused ? "Stop polling a watch, durably." : "Poll a watch again.",
                    "sightingctl watch " + verb + " begging-children");
    command->add_option("NAME", arguments.text, "Its name, or - to read it from stdin.")
        ->required();
    command->callback([&arguments, paused] {
      arguments.command = [&arguments, paused](const Tool& tool) {
        return run_watch_pause(tool, arguments.text, paused);
      };
    });
  }

  add_erase_command(app, arguments);
  add_receipt_commands(app, arguments);
  add_refusal_commands(app, arguments);

  add_audit_commands(app, arguments);

  CLI::App* rotate = add_command(app, "rotate-key", "Give the store another key.",
                                 "head -c 32 /dev/urandom > new.key && sightingctl rotate-key "
                                 "new.key");
  rotate->add_option("FILE", arguments.file, "The new key, 32 bytes; - reads it from stdin.")
      ->required();
  rotate->callback([&] {
    arguments.command = [&](const Tool& tool) { return run_rotate_key(tool, arguments.file); };
  });

  CLI::App* backup = add_command(app, "backup",
                                 "Copy the running store into a folder, or bring the copy there up "
                                 "to date.",
                                 "sightingctl backup /mnt/backup/sightingd");
  backup->add_option("DIR", arguments.file, "The folder: new, empty, or with a backup.")
      ->required();
  backup->add_flag("--verify", arguments.verify,
                   "Only check that the backup in DIR is whole; needs no daemon.");
  backup->callback([&] {
    arguments.command = [&](const Tool& tool) {
      return arguments.verify ? run_backup_verify(tool, arguments.file)
                              : run_backup(tool, arguments.file);
    };
  });

  CLI::App* restore = add_command(app, "restore", "Bring the store back from a backup.",
                                  "sightingctl restore /mnt/backup/sightingd");
  restore->add_option("DIR", arguments.file, "The folder of the backup.")->required();
  restore->add_flag("--without-ledger", arguments.without_ledger,
                    "The erasure ledger is lost: what was erased since then comes back.");
  restore->callback([&] {
    arguments.command = [&](const Tool& tool) {
      return run_restore(tool, arguments.file, arguments.without_ledger);
    };
  });

  CLI::App* check = add_command(
      app, "check-store",
      "Read all that is stored against its checksums; a damaged photo is fetched again.",
      "sightingctl check-store");
  check->add_flag("--confirm", arguments.confirm,
                  "Also when more than 5 % of the photos are damaged or missing.");
  check->callback([&] {
    arguments.command = [&](const Tool& tool) { return run_check_store(tool, arguments.confirm); };
  });

  CLI::App* repair = add_command(
      app, "repair",
      "Save what can be read of a damaged store that has no backup; the rest is read anew.",
      "systemctl stop sightingd && sightingctl repair");
  repair->callback([&] { arguments.command = [&](const Tool& tool) { return run_repair(tool); }; });

  CLI::App* reload = add_command(app, "reload", "Read the configuration again, all or nothing.",
                                 "sightingctl reload --dry-run");
  reload->add_flag("--dry-run", arguments.dry_run, "Only say what would change.");
  reload->callback([&] {
    arguments.command = [&](const Tool& tool) { return run_reload(tool, arguments.dry_run); };
  });
}

int run(int argc, char** argv) {
  umask(077);  // Photos and feeds that are written to files are nobody else's to read.
  std::ios::sync_with_stdio(false);
  curl_global_init(CURL_GLOBAL_DEFAULT);

  CLI::App app("Looks into a running sightingd, and operates it.", "sightingctl");
  Arguments arguments;
  app.set_version_flag("--version", "sightingctl " SIGHTINGD_VERSION);
  app.add_option("--config", arguments.config, "Configuration file.");
  app.add_option("--socket", arguments.socket, "Control socket, instead of the configured one.");
  app.add_option("--key", arguments.key,
                 "File of the store's key, when sightingd does not run and the configuration names "
                 "a credential.");
  app.add_flag("--json", arguments.json, "Print JSON where a table would be printed.");
  app.footer("Exit: 0 done, 1 no, 2 usage, 3 no daemon, 4 store, 5 not allowed, 6 old cursor.");
  app.require_subcommand(1);
  add_reading_commands(app, arguments);
  add_local_commands(app, arguments);
  add_operating_commands(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::Usage);
  }

  const bool colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  const Tool tool{arguments.config, arguments.socket, arguments.key,
                  arguments.json,   colour,           std::cin,
                  std::cout,        std::cerr,        isatty(STDERR_FILENO) == 1};
  const Outcome<ExitCode> ended = arguments.command(tool);
  std::cout.flush();
  if (!ended) {
    std::cerr << "sightingctl: " << ended.error().sentence << '\n';
    return static_cast<int>(ended.error().code);
  }
  if (!std::cout) {
    std::cerr << "sightingctl: standard output cannot be written.\n";
    return static_cast<int>(ExitCode::Bug);
  }
  return static_cast<int>(*ended);
}

}  // namespace
}  // namespace sightingd

int main(int argc, char** argv) { return sightingd::run(argc, argv); }
