#include "pipeline/wipe.h"
#include "sightingctl/commands.h"

#include <ostream>

namespace sightingd {

Outcome<ExitCode> run_rotate_key(const Tool& tool, const std::string& file) {
  constexpr std::size_t kKeySize = 32;
  auto key = file_argument(tool, file);
  if (!key) {
    return key.error();
  }
  if (key->size() != kKeySize) {
    return Failure{ExitCode::Usage, "a key is 32 bytes, as 'head -c 32 /dev/urandom' gives them; " +
                                        (file == "-" ? "standard input" : file) + " has " +
                                        std::to_string(key->size()) + "."};
  }
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  const auto answer = client->post("/v1/key", *key);
  wipe(*key);
  if (!answer) {
    return answer.error();
  }
  tool.out << "The key is changed. From now on only the new one opens the store: put it where "
              "store.encryption_key\nsays before sightingd is started again. What the old one "
              "opened is being encrypted anew; \"sightingctl\nstatus\" says when that is done.\n";
  return ExitCode::Done;
}

}  // namespace sightingd
