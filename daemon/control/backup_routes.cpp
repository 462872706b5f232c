// A copy of the store, for whoever keeps it (docs/backup.md).
#include "daemon/control/backup_streams.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace sightingd {
namespace {

// The ids of what a backup holds already, a line each.
constexpr std::size_t kMostBody = 4 << 20;

std::set<std::string, std::less<>> lines_of(std::string_view body) {
  std::set<std::string, std::less<>> lines;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    lines.emplace(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return lines;
}

Answer begin(const ControlParts& parts, const Call& call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    return answer_of(only.error());
  }
  std::set<std::string, std::less<>> held = lines_of(call.request.body);
  for (const std::string& id : held) {
    if (!is_backup_id(id)) {
      return error_answer(400, "bad_request",
                          "The body must be ids of files that the backup holds, a line each.");
    }
  }
  if (const auto possible = parts.store.backups().is_possible(); !possible) {
    return error_answer(409, "not_now", possible.error().message);
  }
  Answer answer;
  answer.stream =
      std::make_unique<BackupBeginning>(parts, std::move(held), std::move(call.audited->event));
  return answer;
}

Answer files(const ControlParts& parts) {
  if (!parts.store.backups().is_under_way()) {
    return error_answer(404, "not_found", "No backup is being made: begin one.");
  }
  Answer answer;
  answer.content_type = "application/x-ndjson";
  answer.stream = std::make_unique<BackupFilesStream>(parts);
  return answer;
}

Answer object(const ControlParts& parts, const Call& call) {
  auto file = parts.store.backups().object(call.argument);
  if (!file) {
    return answer_of(file.error());
  }
  if (!*file) {
    return error_answer(404, "not_found",
                        "The backup that is being made has no such file; another one was begun "
                        "since, or it has ended.");
  }
  Answer answer;
  answer.content_type = "application/octet-stream";
  answer.stream = std::make_unique<FileStream>(parts, std::move(**file));
  return answer;
}

Answer file(const ControlParts& parts, const Call& call, std::string_view folder) {
  auto bytes = parts.store.backups().file(std::string(folder) + call.argument);
  if (!bytes) {
    return answer_of(bytes.error());
  }
  if (!*bytes) {
    return error_answer(404, "not_found", "There is no such file (any more).");
  }
  Answer answer;
  answer.content_type = "application/octet-stream";
  answer.body = std::move(**bytes);
  return answer;
}

Answer end(const ControlParts& parts) {
  parts.store.backups().end();
  Answer answer;
  answer.body = "{\"ended\":true}\n";
  return answer;
}

}  // namespace

void add_backup_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"POST", "/v1/backup", Access::Operate,
                    BlockingHandler([parts](const Call& call) { return begin(parts, call); }),
                    kMostBody, AuditKind::Backup});
  routes.push_back({"GET", "/v1/backup/files", Access::Operate,
                    BlockingHandler([parts](const Call&) { return files(parts); })});
  routes.push_back({"GET", "/v1/backup/objects/*", Access::Operate,
                    BlockingHandler([parts](const Call& call) { return object(parts, call); })});
  routes.push_back(
      {"GET", "/v1/backup/photos/*", Access::Operate,
       BlockingHandler([parts](const Call& call) { return file(parts, call, "photos/"); })});
  routes.push_back(
      {"GET", "/v1/backup/reasons/*", Access::Operate,
       BlockingHandler([parts](const Call& call) { return file(parts, call, "audit/reasons/"); })});
  routes.push_back({"POST", "/v1/backup/end", Access::Operate,
                    BlockingHandler([parts](const Call&) { return end(parts); })});
}

}  // namespace sightingd
