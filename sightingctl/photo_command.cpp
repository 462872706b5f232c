#include "daemon/api/target.h"
#include "sightingctl/commands.h"

#include <unistd.h>

#include <fstream>
#include <iostream>

namespace sightingd {

Outcome<ExitCode> run_photo(const Tool& tool, const std::string& id, const std::string& file) {
  if (file.empty() && &tool.out == &std::cout && isatty(STDOUT_FILENO) == 1) {
    return Failure{ExitCode::Usage,
                   "a picture is not for a terminal; name a file with -o, or send it on."};
  }
  const auto text = text_argument(tool, id);
  if (!text) {
    return text.error();
  }
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  const auto bytes = client->get("/v1/photos/" + percent_encoded(*text));
  if (!bytes) {
    return bytes.error();
  }
  if (file.empty() || file == "-") {
    tool.out.write(bytes->data(), static_cast<std::streamsize>(bytes->size()));
    return ExitCode::Done;
  }
  std::ofstream written(file, std::ios::binary | std::ios::trunc);
  written.write(bytes->data(), static_cast<std::streamsize>(bytes->size()));
  written.close();
  if (!written) {
    return Failure{ExitCode::Usage, file + " cannot be written; name another file with -o."};
  }
  return ExitCode::Done;
}

}  // namespace sightingd
