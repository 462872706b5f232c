#include "tests/support/mastodon_server/mastodon_server.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

namespace sightingd::test::mastodon {
namespace {

TimePoint wall_clock() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// "3:late=5": at the third poll five late posts. Nothing when it is not written so.
std::optional<PlannedEvent> parse_event(const std::string& text) {
  const auto colon = text.find(':');
  const auto equals = text.find('=', colon == std::string::npos ? 0 : colon);
  PlannedEvent planned;
  if (colon == std::string::npos || equals == std::string::npos ||
      !CLI::detail::lexical_cast(text.substr(0, colon), planned.poll) ||
      !CLI::detail::lexical_cast(text.substr(equals + 1), planned.event.count)) {
    return std::nullopt;
  }
  const auto kind = event_kind_of(text.substr(colon + 1, equals - colon - 1));
  if (!kind) {
    return std::nullopt;
  }
  planned.event.kind = *kind;
  return planned;
}

int serve_until_told(ServerOptions options) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  const MastodonServer server(std::move(options));
  std::printf("%u\n", server.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ending, &signal);
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app{"A Mastodon server of invented posts on a free loopback port, which it prints."};
  ServerOptions options;
  options.world.end = wall_clock();
  std::vector<std::string> events;
  std::int64_t span_seconds = std::chrono::seconds(std::chrono::days(3)).count();
  std::uint64_t requests_per_window = 0;
  app.add_option("--seed", options.world.seed, "Everything invented follows from it");
  app.add_option("--posts", options.world.posts, "How many posts there are")
      ->check(CLI::PositiveNumber);
  app.add_option("--posts-with-photo", options.world.posts_with_photo, "Of these, spread evenly");
  app.add_option("--photos-per-post", options.world.photos_per_post, "At most")
      ->check(CLI::Range(1, 16));
  app.add_option("--repost-every", options.world.repost_every,
                 "N-th photo is an earlier one again");
  app.add_option("--resaved-every", options.photos.resaved_every,
                 "N-th photo is the one before, saved again");
  app.add_option("--span", span_seconds, "Seconds from the first post to the last");
  std::int64_t lead_seconds = 0;
  app.add_option("--lead", lead_seconds,
                 "The last post comes in so many seconds, and none is there before its time");
  app.add_option("--tag", options.world.tag, "The hashtag of every post");
  app.add_option("--tags", options.world.tags, "More than one: NAME0, NAME1 and so on in turn")
      ->check(CLI::PositiveNumber);
  app.add_option("--authors", options.world.authors)->check(CLI::PositiveNumber);
  app.add_option("--photo-width", options.photos.width)->check(CLI::Range(16, 8000));
  app.add_option("--photo-height", options.photos.height)->check(CLI::Range(16, 8000));
  app.add_option("--photo-grain", options.photos.grain, "Noise: larger files");
  app.add_option("--fault-rate", options.fault_rate, "Of all requests, photos included")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--fault-seed", options.fault_seed);
  app.add_option("--requests-per-window", requests_per_window, "0: no limit, no such headers");
  app.add_option("--event", events,
                 "POLL:KIND=COUNT with KIND new, late, edit or delete; may be given again");
  CLI11_PARSE(app, argc, argv);
  options.world.span = std::chrono::seconds(span_seconds);
  options.world.end += std::chrono::seconds(lead_seconds);
  options.world.is_live = lead_seconds > 0;
  if (requests_per_window > 0) {
    options.requests_per_window = requests_per_window;
  }
  for (const auto& text : events) {
    const auto planned = parse_event(text);
    if (!planned) {
      std::fprintf(stderr, "--event %s: write POLL:KIND=COUNT, for example 3:late=5\n",
                   text.c_str());
      return 2;
    }
    options.plan.push_back(*planned);
  }
  return serve_until_told(std::move(options));
}

}  // namespace
}  // namespace sightingd::test::mastodon

int main(int argc, char** argv) { return sightingd::test::mastodon::run(argc, argv); }
