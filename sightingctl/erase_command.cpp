#include "daemon/api/erase_request.h"
#include "daemon/api/receipt.h"
#include "daemon/api/target.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"

#include <ostream>

namespace sightingd {
namespace {

Outcome<std::string> ask_like(const Tool& tool, const EraseArguments& arguments) {
  const auto file = file_argument(tool, arguments.like);
  if (!file) {
    return file.error();
  }
  const auto reason = text_argument(tool, arguments.reason);
  if (!reason) {
    return reason.error();
  }
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  return client->post("/v1/erase-like?reason=" + percent_encoded(*reason) +
                          (arguments.despite_hold ? "&despite_hold=1" : ""),
                      *file);
}

Outcome<std::string> ask(const Tool& tool, const EraseArguments& arguments) {
  EraseRequest request;
  const std::string* subject = &arguments.post;
  if (!arguments.author.empty()) {
    request.what = EraseRequest::What::Author;
    subject = &arguments.author;
  } else if (!arguments.photo.empty()) {
    request.what = EraseRequest::What::Photo;
    subject = &arguments.photo;
  } else if (!arguments.older_than.empty()) {
    request.what = EraseRequest::What::OlderThan;
    subject = &arguments.older_than;
  }
  const auto subject_text = text_argument(tool, *subject);
  if (!subject_text) {
    return subject_text.error();
  }
  const auto reason_text = text_argument(tool, arguments.reason);
  if (!reason_text) {
    return reason_text.error();
  }
  request.subject = *subject_text;
  request.reason = *reason_text;
  request.refuse_picture = arguments.refuse_picture;
  request.despite_hold = arguments.despite_hold;
  request.confirm = arguments.confirm;
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  return client->post("/v1/erase", erase_request_json(request));
}

/// "1 sighting", "2 sightings".
std::string counted(std::uint64_t number, const std::string& what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

}  // namespace

Outcome<ExitCode> run_erase(const Tool& tool, const EraseArguments& arguments) {
  const auto body = arguments.like.empty() ? ask(tool, arguments) : ask_like(tool, arguments);
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
  tool.err << "Erased for good: " << counted(answer->number("sightings"), "sighting") << " and "
           << counted(answer->number("photos"), "photo") << "; "
           << counted(answer->number("sightings_updated"), "sighting")
           << " changed without going.\n";
  if (const std::uint64_t held = answer->number("held"); held > 0) {
    tool.err << counted(held, "sighting") << " stayed on hold: say --despite-hold if they are to "
             << "go, too.\n";
  }
  tool.err << "The receipt follows; \"sightingctl receipt verify FILE\" checks it.\n";
  const JsonView receipt = answer->object("receipt");
  Receipt printed{.text = receipt.text("text"),
                  .public_key = receipt.text("public_key"),
                  .signature = receipt.text("signature")};
  tool.out << receipt_json(printed) << '\n';
  return ExitCode::Done;
}

}  // namespace sightingd
