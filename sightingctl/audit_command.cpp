#include "daemon/api/target.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "sightingctl/table.h"

#include <ostream>
#include <string_view>

namespace sightingd {
namespace {

// As many as fit on a screen and some more.
constexpr std::uint64_t kShown = 100;

std::string what_of(const JsonView& entry) {
  std::string what;
  const auto add = [&what](const std::string& text) { what += (what.empty() ? "" : ", ") + text; };
  for (const std::string& detail : entry.texts("details")) {
    add(detail);
  }
  if (!entry.text("first_cursor").empty()) {
    add(entry.text("first_cursor") + " to " + entry.text("last_cursor"));
  }
  if (!entry.text("subject").empty()) {
    add("id " + entry.text("subject").substr(0, 8));
  }
  if (!entry.text("reason").empty()) {
    add('"' + entry.text("reason") + '"');
  } else if (entry.flag("reason_removed")) {
    add("reason removed");
  }
  return what;
}

Outcome<ExitCode> show_entries(const Tool& tool, const std::string& lines) {
  Table table({{"NUMBER", true},
               {"TIME"},
               {"KIND"},
               {"UID", true},
               {"PID", true},
               {"ROUTE"},
               {"COUNT", true},
               {"WHAT"}});
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    rapidjson::Document document;
    const auto entry = parse_answer(lines.substr(at, end - at), document);
    if (!entry) {
      return entry.error();
    }
    const bool has_caller = !entry->text("route").empty();
    const std::string kind = entry->text("kind");
    const bool is_bad = kind == "log_broken" || kind == "access_denied";
    table.add({std::to_string(entry->number("number")),
               entry->text("time"),
               {kind, is_bad ? Tint::Bad : Tint::None},
               has_caller ? std::to_string(entry->number("uid")) : "",
               has_caller ? std::to_string(entry->number("pid")) : "",
               entry->text("route"),
               std::to_string(entry->number("count")),
               what_of(*entry)});
    at = end + 1;
  }
  table.print(tool.out, tool.colour);
  return ExitCode::Done;
}

Outcome<ExitCode> verify(const Tool& tool, ControlClient& client) {
  const auto body = client.get("/v1/audit/verdict");
  if (!body) {
    return body.error();
  }
  rapidjson::Document document;
  const auto verdict = parse_answer(*body, document);
  if (!verdict) {
    return verdict.error();
  }
  const bool is_whole = verdict->flag("whole");
  if (tool.json) {
    tool.out << *body;
  } else if (is_whole) {
    const JsonView head = verdict->object("head");
    tool.out << "The audit log is whole: " << verdict->number("entries") << " entries, the last is "
             << head.number("number") << " with " << head.text("hash") << ".\n";
    const JsonView checkpoint = verdict->object("checkpoint");
    if (!checkpoint.text("cut_before").empty()) {
      tool.out << "Entries up to " << checkpoint.object("after").number("number") << ", older than "
               << checkpoint.text("cut_before") << ", were cut behind a signed checkpoint.\n";
    }
  }
  if (!is_whole) {
    tool.err
        << "The audit log is not whole: " << without_controls(verdict->text("broken"))
        << ". Compare audit-head in the journal, and look into the folder audit/ of the store.\n";
  }
  return is_whole ? ExitCode::Done : ExitCode::No;
}

}  // namespace

Outcome<ExitCode> run_audit(const Tool& tool, const AuditArguments& arguments) {
  std::string target =
      "/v1/audit?last=" + std::to_string(arguments.last.value_or(
                              tool.json ? static_cast<std::uint64_t>(INT64_MAX) : kShown));
  if (!arguments.id.empty()) {
    const auto id = text_argument(tool, arguments.id);
    if (!id) {
      return id.error();
    }
    target += "&id=" + percent_encoded(*id);
  }
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  if (arguments.verify) {
    return verify(tool, *client);
  }
  const auto lines = client->get(target);
  if (!lines) {
    return lines.error();
  }
  if (tool.json) {
    tool.out << *lines;
    return ExitCode::Done;
  }
  return show_entries(tool, *lines);
}

Outcome<ExitCode> run_remove_reason(const Tool& tool, std::uint64_t entry) {
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  const auto answer =
      client->post("/v1/audit/" + std::to_string(entry) + "/remove-reason", std::string());
  if (!answer) {
    return answer.error();
  }
  tool.out << "The reason in entry " << entry << " is gone; the entry and the chain stay.\n";
  return ExitCode::Done;
}

}  // namespace sightingd
