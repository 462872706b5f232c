#include "daemon/api/human_text.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "sightingctl/table.h"

#include <ostream>

namespace sightingd {
namespace {

std::string ago(const std::optional<TimePoint>& time, TimePoint now) {
  return time ? duration_text(std::chrono::floor<std::chrono::seconds>(now - *time)) + " ago"
              : "never";
}

std::string until(const std::optional<TimePoint>& time, TimePoint now) {
  if (!time) {
    return "-";
  }
  return *time <= now ? "now"
                      : "in " + duration_text(std::chrono::ceil<std::chrono::seconds>(*time - now));
}

Tint tint_of(const std::string& state) {
  if (state == "ok" || state == "polling") {
    return Tint::Good;
  }
  return state == "refused" || state == "stalled" ? Tint::Bad : Tint::Warn;
}

void print_watches(const Tool& tool, const JsonView& status, TimePoint now) {
  Table table({{"WATCH"},
               {"SOURCE"},
               {"STATE"},
               {"LAST POLL"},
               {"LAG", true},
               {"POSTS", true},
               {"SIGHTINGS", true},
               {"ERRORS", true},
               {"NEXT POLL"}});
  for (const JsonView& watch : status.list("watches")) {
    const std::string state = watch.text("state");
    table.add({watch.text("name"),
               watch.text("source"),
               {state, tint_of(state)},
               ago(watch.time("last_poll"), now),
               duration_text(std::chrono::seconds(watch.number("lag_seconds"))),
               std::to_string(watch.number("posts")),
               std::to_string(watch.number("sightings")),
               std::to_string(watch.number("errors")),
               until(watch.time("next_poll"), now)});
  }
  table.print(tool.out, tool.colour);
  for (const JsonView& watch : status.list("watches")) {
    const std::string error = watch.text("last_error");
    if (!error.empty()) {
      tool.out << watch.text("name") << ": " << without_controls(error) << '\n';
    }
  }
}

void print_remarks(const Tool& tool, const JsonView& status) {
  for (const JsonView& source : status.list("sources")) {
    if (source.text("remark") == "local_only") {
      tool.out << without_controls(source.text("name"))
               << ": shows us its own hashtagged posts only, none from other servers\n";
    }
  }
}

void print_totals(const Tool& tool, const JsonView& status) {
  std::uint64_t posts = 0;
  std::uint64_t errors = 0;
  for (const JsonView& watch : status.list("watches")) {
    posts += watch.number("posts");
    errors += watch.number("errors");
  }
  const JsonView store = status.object("store");
  tool.out << "since the start: " << posts << " posts read, " << errors << " failed polls\n"
           << "store: " << store.number("sightings") << " sightings, " << store.number("photos")
           << " photos, " << store.number("pending_images") << " pictures to fetch again, "
           << size_text(store.number("bytes"))
           << (status.flag("encrypting")  ? ", being encrypted\n"
               : status.flag("encrypted") ? ", encrypted\n"
                                          : ", NOT ENCRYPTED\n");
  if (const std::string stopped = status.object("retention").text("stopped"); !stopped.empty()) {
    tool.out << "retention: nothing is erased by age: " << without_controls(stopped) << '\n';
  }
  tool.out << "sandbox:";
  for (const std::string& layer : status.texts("sandbox_layers")) {
    tool.out << ' ' << without_controls(layer);
  }
  tool.out << '\n';
}

}  // namespace

Outcome<ExitCode> run_status(const Tool& tool) {
  auto client = connect(tool, Needs::Daemon);
  if (!client) {
    return client.error();
  }
  const auto body = client->get("/v1/status");
  if (!body) {
    return body.error();
  }
  if (tool.json) {
    tool.out << *body;
    return ExitCode::Done;
  }
  rapidjson::Document document;
  const auto status = parse_answer(*body, document);
  if (!status) {
    return status.error();
  }
  const TimePoint now = status->time("now").value_or(TimePoint());
  const TimePoint started = status->time("started_at").value_or(now);
  tool.out << "sightingd " << without_controls(status->text("version")) << ", running for "
           << duration_text(std::chrono::floor<std::chrono::seconds>(now - started)) << ", "
           << (status->flag("ready")
                   ? "ready"
                   : "not ready: " + without_controls(status->text("not_ready_reason")))
           << "\n\n";
  print_watches(tool, *status, now);
  print_remarks(tool, *status);
  tool.out << '\n';
  print_totals(tool, *status);
  return ExitCode::Done;
}

}  // namespace sightingd
