#include "daemon/api/target.h"
#include "sightingctl/commands.h"

#include <ostream>

namespace sightingd {

Outcome<ExitCode> run_show(const Tool& tool, const std::string& id) {
  const auto text = text_argument(tool, id);
  if (!text) {
    return text.error();
  }
  const auto body = ask_store(tool, "/v1/sightings/" + percent_encoded(*text));
  if (!body) {
    return body.error();
  }
  tool.out << *body;
  return ExitCode::Done;
}

}  // namespace sightingd
