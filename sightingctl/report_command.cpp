#include "daemon/api/target.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "sightingctl/table.h"

#include <ostream>

namespace sightingd {
namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    all += (all.empty() ? "" : ", ") + text;
  }
  return all;
}

}  // namespace

Outcome<ExitCode> run_report(const Tool& tool, const std::string& from, const std::string& to) {
  const auto body =
      ask_store(tool, "/v1/report?from=" + percent_encoded(from) + "&to=" + percent_encoded(to));
  if (!body) {
    return body.error();
  }
  if (tool.json) {
    tool.out << *body;
    return ExitCode::Done;
  }
  rapidjson::Document document;
  const auto report = parse_answer(*body, document);
  if (!report) {
    return report.error();
  }
  const std::string hidden = "<" + std::to_string(report->number("smallest_count"));
  std::vector<Table::Column> columns{{"KIND"}};
  for (const std::string& month : report->texts("months")) {
    columns.push_back({month, true});
  }
  columns.push_back({"TOTAL", true});
  Table table(std::move(columns));
  for (const JsonView& row : report->list("rows")) {
    std::vector<Table::Cell> cells{row.text("kind")};
    for (const std::optional<std::uint64_t>& count : row.counts("counts")) {
      cells.emplace_back(count ? std::to_string(*count) : hidden);
    }
    cells.emplace_back((row.flag("total_is_at_least") ? ">=" : "") +
                       std::to_string(row.number("total")));
    table.add(std::move(cells));
  }
  table.print(tool.out, tool.colour);
  tool.out << "Counts of 1 to " << report->number("smallest_count") - 1
           << " are not shown, nor are they in the totals.\n";
  if (const auto left_out = report->texts("left_out"); !left_out.empty()) {
    tool.out << "Not counted, because not over yet or not all known: " << joined(left_out) << ".\n";
  }
  return ExitCode::Done;
}

}  // namespace sightingd
