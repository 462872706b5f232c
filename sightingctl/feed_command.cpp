#include "daemon/api/target.h"
#include "sightingctl/commands.h"

#include <cstdint>
#include <ostream>

namespace sightingd {
namespace {

// Writes whole lines as they come and leaves out the empty ones, by which the feed shows that it
// is alive.
class EventLines {
 public:
  explicit EventLines(std::ostream& out) : out_(out) {}

  bool take(std::string_view bytes) {
    while (!bytes.empty()) {
      if (at_line_start_ && bytes[0] == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
      const std::size_t newline = bytes.find('\n');
      at_line_start_ = newline != std::string_view::npos;
      lines_ += at_line_start_ ? 1 : 0;
      const std::string_view line = bytes.substr(0, at_line_start_ ? newline + 1 : bytes.size());
      out_.write(line.data(), static_cast<std::streamsize>(line.size()));
      bytes.remove_prefix(line.size());
    }
    out_.flush();
    return out_.good();
  }

  std::uint64_t lines() const { return lines_; }

 private:
  std::ostream& out_;
  bool at_line_start_ = true;
  std::uint64_t lines_ = 0;
};

std::string target_of(const FeedArguments& arguments, const std::string& after) {
  std::string query;
  const auto add = [&](const std::string& field) { query += (query.empty() ? "?" : "&") + field; };
  if (!after.empty()) {
    add("after=" + percent_encoded(after));
  }
  if (arguments.limit) {
    add("limit=" + std::to_string(*arguments.limit));
  }
  if (arguments.follow) {
    add("follow=1");
  }
  return "/v1/feed" + query;
}

}  // namespace

Outcome<ExitCode> run_feed(const Tool& tool, const FeedArguments& arguments) {
  const auto after = text_argument(tool, arguments.after);
  if (!after) {
    return after.error();
  }
  auto client = connect(tool, arguments.follow ? Needs::Daemon : Needs::Store);
  if (!client) {
    return client.error();
  }
  EventLines lines(tool.out);
  const auto ended = client->stream(target_of(arguments, *after),
                                    [&lines](std::string_view bytes) { return lines.take(bytes); });
  if (!ended) {
    return ended.error();
  }
  if (!*ended) {
    return Failure{ExitCode::Bug, "standard output cannot be written."};
  }
  if (arguments.follow && lines.lines() < arguments.limit.value_or(UINT64_MAX)) {
    return Failure{ExitCode::NoDaemon,
                   "sightingd stopped; go on with --after and the last cursor."};
  }
  return ExitCode::Done;
}

}  // namespace sightingd
