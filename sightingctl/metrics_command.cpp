#include "sightingctl/commands.h"

#include <ostream>

namespace sightingd {

Outcome<ExitCode> run_metrics(const Tool& tool) {
  auto client = connect(tool, Needs::Daemon);
  if (!client) {
    return client.error();
  }
  const auto body = client->get("/v1/metrics");
  if (!body) {
    return body.error();
  }
  tool.out << *body;
  return ExitCode::Done;
}

}  // namespace sightingd
