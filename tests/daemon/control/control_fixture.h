#pragma once

#include "daemon/control/control_server.h"
#include "daemon/control/store_operations.h"
#include "tests/daemon/http/loop_thread.h"
#include "tests/daemon/http/raw_http.h"
#include "tests/storage/store_builders.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sightingd::test {

/// Says of bytes what the test decided before: by default that they are the photo of that name.
class ScriptedExaminer final : public Examiner {
 public:
  std::string cannot_examine() const override { return {}; }

  boost::asio::awaitable<Result<Examination>> examine(std::string bytes) override {
    if (failure) {
      co_return *failure;
    }
    if (answer) {
      co_return *answer;
    }
    ExaminedImage image;
    image.photo = photo(bytes);
    image.forms = upright_forms(image.photo);
    co_return Examination(std::move(image));
  }

  std::optional<Examination> answer;
  std::optional<Error> failure;
};

/// The control API in front of a real store, without a daemon.
class ControlFixture : public testing::Test {
 protected:
  ControlFixture() {
    StoreOptions options;
    options.path = directory.path() / "store";
    store = Store::open(options, SecretKey::of(std::string(SecretKey::kSize, 'k'))).value();
    SourceOptions source;
    source.name = "source";
    source.url = "https://example.org";
    settings.sources.push_back(source);
    WatchOptions watch;
    watch.name = "watch";
    watch.source = "source";
    watch.subject = Hashtag{"tag"};
    settings.watches.push_back(watch);
    settings.control.socket = directory.path() / "control.sock";
    operations = std::make_unique<StoreOperations>(settings, *store, workers);
    loop.run(
        [this] { server = ControlServer::listen(loop.loop, settings.control, parts()).value(); });
    store->on_commit([this](const FeedCursor&) { server->wake_followers(); });
  }
  ~ControlFixture() override {
    store->on_commit({});
    loop.await(server->stop());
    workers.join();
  }

  ControlParts parts() { return {*operations, *store, examiner, clock, workers}; }
  RawHttp client() const { return RawHttp::over_unix(settings.control.socket); }
  RawReply get(const std::string& target) const { return client().ask("GET", target); }
  RawReply post_to(const std::string& target, const std::string& body = {}) const {
    return client().ask("POST", target, body);
  }

  /// Commits one page of posts, as ingest would.
  void commit(std::vector<PostFacts> posts) {
    PageFacts facts = page(std::move(posts));
    facts.watch = watch_key(settings.sources[0], settings.watches[0].subject);
    std::vector<std::unique_ptr<Store::Staged>> staged;
    for (const PostFacts& each : facts.posts) {
      for (const ImageFacts& image : each.images.value_or(std::vector<ImageFacts>())) {
        if (const auto* found = std::get_if<PhotoFacts>(&image.outcome)) {
          staged.push_back(store->stage(found->photo.id, "stripped").value());
        }
      }
    }
    ASSERT_TRUE(store->commit(std::move(facts), std::move(staged)));
  }

  TemporaryDirectory directory;
  ManualClock clock{kNoon};
  Settings settings;
  ScriptedExaminer examiner;
  boost::asio::thread_pool workers{2};
  std::unique_ptr<Store> store;
  std::unique_ptr<StoreOperations> operations;
  LoopThread loop;
  std::unique_ptr<ControlServer> server;
};

}  // namespace sightingd::test
