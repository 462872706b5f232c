#pragma once

#include "connectors/mastodon/mastodon_connector.h"
#include "tests/connectors/mastodon/fake_mastodon.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// One watch of the fake server, polled as the daemon polls: page by page, each page's progress
/// kept before the next is asked for.
class Watch {
 public:
  explicit Watch(FakeMastodon& server, Subject watched = Hashtag{"birds"},
                 SourceOptions source = {})
      : subject(std::move(watched)),
        server_(server),
        connector_(with_url(std::move(source)), server) {}

  /// One call; its posts and its progress are kept when it succeeds.
  Result<Page> step(TimePoint now) {
    auto page = read_next(connector_, {.subject = subject,
                                       .progress = progress,
                                       .now = now,
                                       .backfill_from = backfill_from,
                                       .stored = stored,
                                       .give_up = give_up,
                                       .look_again = look_again});
    if (page) {
      keep(*page);
    }
    return page;
  }

  /// Calls until a page says that the poll is over, at most 1000 times; gives the pages.
  std::vector<Page> poll(TimePoint now) {
    std::vector<Page> pages;
    do {
      auto page = step(now);
      if (!page) {
        error = page.error();
        break;
      }
      pages.push_back(std::move(*page));
    } while (!pages.back().at_head && pages.size() < 1000);
    return pages;
  }

  /// How many requests a poll takes.
  std::size_t cost_of_poll(TimePoint now) {
    const std::size_t before = server_.requests.size();
    poll(now);
    return server_.requests.size() - before;
  }

  bool has(const FakePost& post) const { return read.contains(FakeMastodon::uri_of(post.id)); }

  Subject subject;
  Progress progress;
  std::optional<TimePoint> backfill_from;
  std::optional<TimeRange> stored;
  bool give_up = false;
  bool look_again = false;
  std::map<std::string, std::string> read;  ///< The newest version of every post, by its URI.
  std::vector<CoverageRow> covered;
  std::optional<Error> error;

  Connector& connector() { return connector_; }

 private:
  static SourceOptions with_url(SourceOptions source) {
    source.kind = "mastodon";
    source.url = "https://social.example.org";
    return source;
  }

  void keep(const Page& page) {
    progress = page.next;
    covered.insert(covered.end(), page.covered.begin(), page.covered.end());
    for (const Post& post : page.posts) {
      std::string& version = read[post.ref.uri];
      version = std::max(version, post.ref.version);
    }
  }

  FakeMastodon& server_;
  MastodonConnector connector_;
};

}  // namespace sightingd
