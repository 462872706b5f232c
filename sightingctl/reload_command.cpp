#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "sightingctl/table.h"

#include <ostream>

namespace sightingd {
namespace {

void print_lines(std::ostream& out, std::string_view head, const std::vector<std::string>& lines) {
  if (!lines.empty()) {
    out << head << '\n';
  }
  for (const std::string& line : lines) {
    out << "  " << without_controls(line) << '\n';
  }
}

}  // namespace

Outcome<ExitCode> run_reload(const Tool& tool, bool dry_run) {
  auto client = connect(tool, Needs::Daemon);
  if (!client) {
    return client.error();
  }
  const auto body = client->post(dry_run ? "/v1/reload?dry_run=1" : "/v1/reload");
  if (!body) {
    return body.error();
  }
  rapidjson::Document document;
  const auto report = parse_answer(*body, document);
  if (!report) {
    return report.error();
  }
  const auto mistakes = report->texts("mistakes");
  const auto needs_restart = report->texts("needs_restart");
  const auto changes = report->texts("changes");
  const bool refused = !mistakes.empty() || !needs_restart.empty();
  if (tool.json) {
    tool.out << *body;
    return refused ? ExitCode::No : ExitCode::Done;
  }
  print_lines(tool.out, changes.empty() ? "" : "What differs:", changes);
  print_lines(tool.err, "Refused, because of mistakes:", mistakes);
  print_lines(tool.err, "Refused, because these are read at the start only; restart sightingd:",
              needs_restart);
  if (refused) {
    return ExitCode::No;
  }
  if (report->flag("applied")) {
    tool.out << (changes.empty() ? "Nothing differs.\n" : "Applied.\n");
  } else {
    tool.out << (changes.empty() ? "Nothing differs.\n" : "Not applied: this was a dry run.\n");
  }
  return ExitCode::Done;
}

}  // namespace sightingd
