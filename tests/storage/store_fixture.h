#pragma once

#include "storage/store.h"
#include "tests/storage/store_builders.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace sightingd::test {

/// A real store in a directory of its own.
class StoreTest : public ::testing::Test {
 protected:
  void reopen() {
    store.reset();
    store = Store::open({directory.path()}).value();
  }

  /// Stages the bytes of every photo in `facts`, then commits.
  CommitOutcome commit(Facts facts) {
    std::vector<std::unique_ptr<Store::Staged>> staged;
    if (const auto* page = std::get_if<PageFacts>(&facts)) {
      for (const PostFacts& post : page->posts) {
        for (const ImageFacts& image : post.images.value_or(std::vector<ImageFacts>())) {
          stage(image.outcome, staged);
        }
      }
    }
    if (const auto* retry = std::get_if<RetryFacts>(&facts)) {
      stage(retry->outcome, staged);
    }
    return store->commit(std::move(facts), std::move(staged)).value();
  }

  void stage(const ImageOutcome& outcome, std::vector<std::unique_ptr<Store::Staged>>& staged) {
    if (const auto* came = std::get_if<PhotoFacts>(&outcome)) {
      staged.push_back(store->stage(came->photo.id, bytes_of(came->photo)).value());
    }
  }

  static std::string bytes_of(const Photo& photo) {
    return "bytes of " + std::string(photo.id.text());
  }

  std::vector<FeedEvent> feed(const FeedCursor& after = {}) {
    return store->feed(after, 1000).value();
  }

  SightingView view(const std::string& name) {
    return store->sighting(id_of(name)).value().value();
  }

  TemporaryDirectory directory;
  std::unique_ptr<Store> store = Store::open({directory.path()}).value();
};

}  // namespace sightingd::test
