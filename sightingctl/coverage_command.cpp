#include "daemon/api/human_text.h"
#include "daemon/api/target.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "sightingctl/table.h"

#include <ostream>

namespace sightingd {
namespace {

Tint tint_of(const std::string& state) {
  return state == "complete" ? Tint::Good : state == "partial" ? Tint::Warn : Tint::Bad;
}

}  // namespace

Outcome<ExitCode> run_coverage(const Tool& tool, const std::string& watch) {
  const auto name = text_argument(tool, watch);
  if (!name) {
    return name.error();
  }
  const auto body =
      ask_store(tool, "/v1/coverage" + (name->empty() ? "" : "?watch=" + percent_encoded(*name)));
  if (!body) {
    return body.error();
  }
  if (tool.json) {
    tool.out << *body;
    return ExitCode::Done;
  }
  rapidjson::Document document;
  const auto coverage = parse_answer(*body, document);
  if (!coverage) {
    return coverage.error();
  }
  Table table({{"WATCH"}, {"COVERED", true}, {"FROM"}, {"TO"}, {"READ"}, {"WHY"}});
  for (const JsonView& row : coverage->list("watches")) {
    const auto ratio = row.real("ratio");
    const std::vector<JsonView> ranges = row.list("ranges");
    if (ranges.empty()) {
      table.add({row.text("watch"), "-", "-", "-", {"not yet", Tint::Warn}, ""});
    }
    for (const JsonView& range : ranges) {
      const std::string state = range.text("state");
      table.add({row.text("watch"),
                 ratio ? percent_text(*ratio) : "-",
                 range.text("begin"),
                 range.text("end"),
                 {state, tint_of(state)},
                 range.text("reason")});
    }
  }
  table.print(tool.out, tool.colour);
  return ExitCode::Done;
}

}  // namespace sightingd
