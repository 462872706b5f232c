#include "daemon/api/target.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "sightingctl/table.h"

#include <ostream>

namespace sightingd {
namespace {

std::string time_text(const JsonView& view, const char* name) {
  const auto time = view.time(name);
  return time ? format_rfc3339(*time) : "-";
}

std::string or_dash(std::string text) { return text.empty() ? "-" : std::move(text); }

}  // namespace

Outcome<ExitCode> run_refusals_list(const Tool& tool) {
  const auto body = ask_store(tool, "/v1/refusals");
  if (!body) {
    return body.error();
  }
  rapidjson::Document document;
  const auto answer = parse_answer(*body, document);
  if (!answer) {
    return answer.error();
  }
  if (tool.json) {
    tool.out << *body;
    return ExitCode::Done;
  }
  Table table({{"REFUSAL", true}, {"SINCE"}, {"KIND"}, {"PHOTO"}, {"PDQ"}});
  for (const JsonView& refusal : answer->list("refusals")) {
    table.add({std::to_string(refusal.number("refusal")), time_text(refusal, "at"),
               refusal.text("kind"), or_dash(refusal.text("photo")), or_dash(refusal.text("pdq"))});
  }
  table.print(tool.out, tool.colour);
  return ExitCode::Done;
}

Outcome<ExitCode> run_refusals_remove(const Tool& tool, const std::string& number) {
  const auto text = text_argument(tool, number);
  if (!text) {
    return text.error();
  }
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  const auto body = client->post("/v1/refusals/" + percent_encoded(*text) + "/remove");
  if (!body) {
    return body.error();
  }
  tool.out << "Removed: what it named may come again.\n";
  return ExitCode::Done;
}

Outcome<ExitCode> run_hold(const Tool& tool, const std::string& id, const std::string& until,
                           const std::string& reason) {
  const auto text = text_argument(tool, id);
  if (!text) {
    return text.error();
  }
  const auto reason_text = text_argument(tool, reason);
  if (!reason_text) {
    return reason_text.error();
  }
  std::string target =
      "/v1/holds/" + percent_encoded(*text) + "?reason=" + percent_encoded(*reason_text);
  if (!until.empty()) {
    const bool is_day = until.size() == 10;  // Alone it means its beginning.
    target += "&until=" + percent_encoded(until + (is_day ? "T00:00:00Z" : ""));
  }
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  const auto body = client->post(target);
  if (!body) {
    return body.error();
  }
  tool.out << (until.empty() ? "Not held any more.\n" : "Held.\n");
  return ExitCode::Done;
}

Outcome<ExitCode> run_hold_list(const Tool& tool) {
  const auto body = ask_store(tool, "/v1/holds");
  if (!body) {
    return body.error();
  }
  rapidjson::Document document;
  const auto answer = parse_answer(*body, document);
  if (!answer) {
    return answer.error();
  }
  if (tool.json) {
    tool.out << *body;
    return ExitCode::Done;
  }
  Table table({{"SIGHTING"}, {"UNTIL"}});
  for (const JsonView& hold : answer->list("holds")) {
    table.add({hold.text("sighting"), time_text(hold, "until")});
  }
  table.print(tool.out, tool.colour);
  return ExitCode::Done;
}

}  // namespace sightingd
