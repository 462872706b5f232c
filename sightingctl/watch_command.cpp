#include "daemon/api/human_text.h"
#include "daemon/api/target.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "sightingctl/table.h"

#include <ostream>

namespace sightingd {
namespace {

std::string interval(const JsonView& watch, const char* name) {
  return duration_text(std::chrono::seconds(watch.number(name)));
}

}  // namespace

Outcome<ExitCode> run_watch_list(const Tool& tool) {
  const auto body = ask_store(tool, "/v1/watches");
  if (!body) {
    return body.error();
  }
  if (tool.json) {
    tool.out << *body;
    return ExitCode::Done;
  }
  rapidjson::Document document;
  const auto listed = parse_answer(*body, document);
  if (!listed) {
    return listed.error();
  }
  Table table({{"WATCH"}, {"SOURCE"}, {"READS"}, {"POLLED EVERY"}, {"MEDIA"}, {"STATE"}});
  for (const JsonView& watch : listed->list("watches")) {
    const std::string hashtag = watch.text("hashtag");
    table.add({watch.text("name"), watch.text("source"),
               hashtag.empty() ? "@" + watch.text("account") : "#" + hashtag,
               interval(watch, "poll_interval_seconds") + " to " +
                   interval(watch, "max_poll_interval_seconds"),
               watch.text("media"),
               watch.flag("paused") ? Table::Cell("paused", Tint::Warn)
                                    : Table::Cell("active", Tint::Good)});
  }
  table.print(tool.out, tool.colour);
  return ExitCode::Done;
}

Outcome<ExitCode> run_watch_pause(const Tool& tool, const std::string& name, bool paused) {
  const auto text = text_argument(tool, name);
  if (!text) {
    return text.error();
  }
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  const auto body =
      client->post("/v1/watches/" + percent_encoded(*text) + (paused ? "/pause" : "/resume"));
  if (!body) {
    return body.error();
  }
  tool.out << (paused ? "Paused.\n" : "Resumed.\n");
  return ExitCode::Done;
}

}  // namespace sightingd
