#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "sightingctl/lines.h"
#include "sightingctl/progress.h"
#include "sightingctl/table.h"

#include <ostream>
#include <string>

namespace sightingd {
namespace {

/// All lines of the answer but the last, which it returns.
Outcome<std::string> check(const Tool& tool, ControlClient& client, bool confirm) {
  std::string last;
  Progress progress(tool);
  Lines lines([&](const std::string& line) {
    last = line;
    rapidjson::Document document;
    if (const auto so_far = parse_answer(line, document)) {
      progress.show(std::to_string(so_far->number("rows")) + " rows and " +
                    std::to_string(so_far->number("photos")) + " of " +
                    std::to_string(so_far->number("photos_stored")) + " photos read");
    }
  });
  const auto done = client.stream_post(confirm ? "/v1/check-store?confirm=1" : "/v1/check-store",
                                       {}, [&](std::string_view bytes) {
                                         lines.add(bytes);
                                         return true;
                                       });
  if (!done) {
    return done.error();
  }
  return last;
}

void tell_damage(const Tool& tool, const JsonView& found) {
  const std::vector<std::string> damage = found.texts("damage");
  for (const std::string& sentence : damage) {
    tool.err << "Damaged: " << without_controls(sentence) << ".\n";
  }
  if (!damage.empty()) {
    tool.err << "Look at the disk, then bring a backup back: sightingctl restore DIR. Sources are "
                "asked again for what came after it.\n";
  }
  const std::uint64_t damaged = found.number("photos_damaged");
  const std::uint64_t set_aside = found.number("photos_set_aside");
  if (set_aside > 0) {
    tool.err << "Damaged photos: " << set_aside
             << ". What was left of them lies in the folder set-aside of the store; they are being "
                "fetched again.\n";
  }
  if (damaged > 0 && set_aside == 0) {
    tool.err << "Damaged or missing photos: " << damaged
             << ". None was touched: is the disk of the folder photos there? If that is meant, say "
                "--confirm to have them fetched again.\n";
  } else if (damaged > set_aside) {
    tool.err << "So many more were just being stored again: " << damaged - set_aside << ".\n";
  }
}

}  // namespace

Outcome<ExitCode> run_check_store(const Tool& tool, bool confirm) {
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  const auto last = check(tool, *client, confirm);
  if (!last) {
    return last.error();
  }
  rapidjson::Document document;
  const auto found = parse_answer(*last, document);
  if (!found) {
    return found.error();
  }
  if (const std::string error = found->text("error"); !error.empty()) {
    return Failure{ExitCode::NoStore, "the check had to end: " + without_controls(error) + "."};
  }
  const bool is_whole = found->flag("whole");
  if (tool.json) {
    tool.out << *last << '\n';
  } else if (is_whole) {
    tool.out << "The store is whole: " << found->number("rows") << " rows in "
             << found->number("tables") << " files, and " << found->number("photos")
             << " photos.\n";
  }
  if (!is_whole) {
    tell_damage(tool, *found);
  }
  return is_whole ? ExitCode::Done : ExitCode::No;
}

}  // namespace sightingd
