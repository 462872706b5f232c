// sightingd: arguments -> configuration -> Daemon -> exit code.
#include "config/config_file.h"
#include "config/cost_preview.h"
#include "config/text/quantity.h"
#include "daemon/check_report.h"
#include "daemon/daemon.h"
#include "daemon/ops/journal.h"
#include "daemon/repair.h"
#include "daemon/restore.h"

#include <CLI/CLI.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

namespace sightingd {
namespace {

struct Arguments {
  Invocation invocation;
  RestoreInvocation restoration;  ///< With a folder, if that is what is asked for.
  bool repair = false;
  bool check_config = false;
  bool json = false;
};

Audience audience() {
  return std::getenv("JOURNAL_STREAM") == nullptr ? Audience::Operator : Audience::Journal;
}

// To the operator as lines that an editor can follow, to the journal as events.
void report(const LoadResult& loaded) {
  if (audience() == Audience::Operator) {
    for (const Diagnostic& mistake : loaded.errors) {
      std::cerr << render(mistake, Audience::Operator) << '\n';
    }
    for (const Diagnostic& note : loaded.notes) {
      std::cerr << "note: " << render(note, Audience::Operator) << '\n';
    }
    return;
  }
  Journal journal(LogLevel::Info);
  for (const Diagnostic& mistake : loaded.errors) {
    journal.error("configuration", {{"message", render(mistake, Audience::Journal)}});
  }
  for (const Diagnostic& note : loaded.notes) {
    journal.warning("configuration", {{"message", render(note, Audience::Journal)}});
  }
}

ExitCode check(const LoadResult& loaded, bool as_json) {
  if (as_json) {
    std::cout << check_report_json(loaded, audience());
  } else {
    report(loaded);
    if (loaded.settings) {
      std::cout << render(cost_preview(*loaded.settings), audience());
    }
  }
  return loaded.settings ? ExitCode::Done : ExitCode::Configuration;
}

Purpose purpose_of(const Arguments& arguments) {
  if (arguments.check_config) {
    return Purpose::Check;
  }
  const bool is_about_store = arguments.invocation.mode == Invocation::Mode::ServeStore ||
                              arguments.repair || !arguments.restoration.backup.empty();
  return is_about_store ? Purpose::Store : Purpose::Run;
}

ExitCode run(Arguments arguments) {
  const Purpose purpose = purpose_of(arguments);
  LoadResult loaded = load_settings(arguments.invocation.config, process_environment(), purpose);
  if (arguments.check_config) {
    return check(loaded, arguments.json);
  }
  if (!loaded.settings) {
    report(loaded);
    return ExitCode::Configuration;
  }
  // Who serves a stopped store is seen by the user of sightingctl: only what is wrong is told.
  const LogLevel least = purpose == Purpose::Store ? LogLevel::Warning : LogLevel::Debug;
  Journal journal(std::max(loaded.settings->log_level, least));
  if (!arguments.restoration.backup.empty()) {
    arguments.restoration.store_key_file = arguments.invocation.store_key_file;
    return restore(arguments.restoration, *loaded.settings, journal);
  }
  if (arguments.repair) {
    return repair(arguments.invocation.store_key_file, *loaded.settings, journal);
  }
  Daemon daemon(std::move(arguments.invocation), std::move(*loaded.settings), journal);
  return daemon.run();
}

// Fills `arguments` from the command line, or says how the program ends.
std::optional<ExitCode> parse(int argc, char** argv, Arguments& arguments) {
  CLI::App app{
      "Watches micro-blogs for hashtags and accounts, and turns posts with photos into sightings.\n"
      "Example: sightingd --config /etc/sightingd/sightingd.toml --once"};
  Invocation& invocation = arguments.invocation;
  bool once = false;
  bool serve_store = false;
  std::string once_wait = "2m";
  invocation.config = "/etc/sightingd/sightingd.toml";
  app.add_option("--config", invocation.config, "The configuration; conf.d/*.toml beside it too")
      ->capture_default_str();
  auto* const once_flag =
      app.add_flag("--once", once, "Bring every watch to its head, commit, and end: 0, or 75");
  app.add_option("--once-wait", once_wait, "With --once: the longest wait for a source")
      ->needs(once_flag)
      ->capture_default_str()
      ->check([](const std::string& text) {
        return parse_duration(text) ? std::string() : "a duration like 30s, 2m or 1h is expected";
      });
  auto* const check_flag = app.add_flag("--check-config", arguments.check_config,
                                        "Check the configuration and what it costs: 0, or 78");
  app.add_flag("--json", arguments.json, "With --check-config: print the same as JSON")
      ->needs(check_flag);
  auto* const serve_flag =
      app.add_flag("--serve-store", serve_store,
                   "Poll nothing: serve the control API on an inherited socket (sightingctl)");
  auto* const descriptor = app.add_option("--control-fd", invocation.control_descriptor,
                                          "With --serve-store: the number of that socket");
  descriptor->needs(serve_flag)->check(CLI::NonNegativeNumber);
  serve_flag->needs(descriptor);
  auto* const restore_option =
      app.add_option("--restore", arguments.restoration.backup,
                     "Bring the store back from the backup in this folder, and end (sightingctl)");
  app.add_flag("--without-ledger", arguments.restoration.without_ledger,
               "With --restore: the erasure ledger is lost, what was erased since comes back")
      ->needs(restore_option);
  auto* const repair_flag =
      app.add_flag("--repair", arguments.repair,
                   "Save what can be read of the damaged store, and end (sightingctl)");
  auto* const key_option = app.add_option("--key", invocation.store_key_file,
                                          "With --serve-store, --restore or --repair: the file of "
                                          "the store's key, instead of the configured place");
  once_flag->excludes(serve_flag)->excludes(check_flag)->excludes(restore_option);
  once_flag->excludes(repair_flag)->excludes(key_option);
  check_flag->excludes(serve_flag)->excludes(restore_option)->excludes(repair_flag);
  check_flag->excludes(key_option);
  serve_flag->excludes(restore_option)->excludes(repair_flag);
  repair_flag->excludes(restore_option);
  app.set_version_flag("--version", "sightingd " SIGHTINGD_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::Done : ExitCode::Usage;
  }
  if (key_option->count() > 0 &&
      serve_flag->count() + restore_option->count() + repair_flag->count() == 0) {
    std::cerr << "--key needs --serve-store, --restore or --repair\n";
    return ExitCode::Usage;
  }
  if (once) {
    invocation.mode = Invocation::Mode::Once;
  } else if (serve_store) {
    invocation.mode = Invocation::Mode::ServeStore;
  }
  invocation.once_wait = *parse_duration(once_wait);
  return std::nullopt;
}

}  // namespace
}  // namespace sightingd

namespace sightingd {
namespace {

// What is in memory stays there: no core dump, no debugger of another process.
void keep_memory_private() {
  constexpr rlimit kNoCore{0, 0};
  setrlimit(RLIMIT_CORE, &kNoCore);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace
}  // namespace sightingd

int main(int argc, char** argv) {
  using namespace sightingd;
  // A peer that hangs up is an error to handle, not a signal to die of.
  std::signal(SIGPIPE, SIG_IGN);
  umask(S_IRWXG | S_IRWXO);
  keep_memory_private();
  Arguments arguments;
  if (const auto ended = parse(argc, argv, arguments)) {
    return static_cast<int>(*ended);
  }
  return static_cast<int>(run(std::move(arguments)));
}
