#include "daemon/api/human_text.h"
#include "daemon/api/target.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "sightingctl/table.h"

#include <ostream>

namespace sightingd {
namespace {

Outcome<std::string> ask(const Tool& tool, const FindArguments& arguments) {
  const bool by_hash = !arguments.pdq.empty();
  const auto asked =
      by_hash ? text_argument(tool, arguments.pdq) : file_argument(tool, arguments.file);
  if (!asked) {
    return asked.error();
  }
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  const std::string radius =
      arguments.radius ? "radius=" + std::to_string(*arguments.radius) : std::string();
  if (by_hash) {
    return client->get("/v1/similar?pdq=" + percent_encoded(*asked) +
                       (radius.empty() ? "" : "&" + radius));
  }
  return client->post("/v1/similar" + (radius.empty() ? "" : "?" + radius), *asked);
}

std::string via_text(const JsonView& photo) {
  const std::string via = photo.text("via");
  return via.empty() ? "-" : via;
}

}  // namespace

Outcome<ExitCode> run_find(const Tool& tool, const FindArguments& arguments) {
  const auto body = ask(tool, arguments);
  if (!body) {
    return body.error();
  }
  rapidjson::Document document;
  const auto found = parse_answer(*body, document);
  if (!found) {
    return found.error();
  }
  const std::vector<JsonView> photos = found->list("photos");
  const ExitCode ended = photos.empty() ? ExitCode::No : ExitCode::Done;
  if (tool.json) {
    tool.out << *body;
    return ended;
  }
  if (photos.empty()) {
    tool.err << "No stored photo is the same picture.\n";
    return ended;
  }
  Table table({{"PHOTO"}, {"DISTANCE", true}, {"VIA"}, {"KIND"}, {"SIZE", true}, {"PIXELS", true}});
  for (const JsonView& photo : photos) {
    table.add(
        {photo.text("photo"), std::to_string(photo.number("distance")), via_text(photo),
         photo.text("mime"), size_text(photo.number("bytes")),
         std::to_string(photo.number("width")) + "x" + std::to_string(photo.number("height"))});
  }
  table.print(tool.out, tool.colour);
  return ended;
}

}  // namespace sightingd
