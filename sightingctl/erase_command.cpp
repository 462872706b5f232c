#include "daemon/api/erase_request.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"

#include <ostream>

namespace sightingd {

Outcome<ExitCode> run_erase(const Tool& tool, const std::string& post, const std::string& reason) {
  const auto post_text = text_argument(tool, post);
  if (!post_text) {
    return post_text.error();
  }
  const auto reason_text = text_argument(tool, reason);
  if (!reason_text) {
    return reason_text.error();
  }
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  const auto body = client->post("/v1/erase", erase_request_json({*post_text, *reason_text}));
  if (!body) {
    return body.error();
  }
  rapidjson::Document document;
  const auto erased = parse_answer(*body, document);
  if (!erased) {
    return erased.error();
  }
  tool.out << "Erased " << erased->text("erased") << " for good.\n";
  return ExitCode::Done;
}

}  // namespace sightingd
