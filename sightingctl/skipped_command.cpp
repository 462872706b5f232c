#include "daemon/api/target.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "sightingctl/table.h"

#include <ostream>

namespace sightingd {

Outcome<ExitCode> run_skipped(const Tool& tool, const std::string& reason) {
  const auto body =
      ask_store(tool, "/v1/skipped" + (reason.empty() ? "" : "?reason=" + percent_encoded(reason)));
  if (!body) {
    return body.error();
  }
  if (tool.json) {
    tool.out << *body;
    return ExitCode::Done;
  }
  rapidjson::Document document;
  const auto skipped = parse_answer(*body, document);
  if (!skipped) {
    return skipped.error();
  }
  Table table({{"WATCH"}, {"DAY"}, {"REASON"}, {"POSTS", true}, {"URI"}});
  for (const JsonView& row : skipped->list("skipped")) {
    const std::vector<std::string> uris = row.texts("uris");
    table.add({row.text("watch"), row.text("day"), row.text("reason"),
               std::to_string(row.number("count")), uris.empty() ? "" : uris.front()});
    for (std::size_t i = 1; i < uris.size(); ++i) {
      table.add({"", "", "", "", uris[i]});
    }
  }
  table.print(tool.out, tool.colour);
  return ExitCode::Done;
}

}  // namespace sightingd
