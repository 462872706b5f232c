#pragma once

#include "storage/store.h"
#include "tests/storage/store_builders.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sightingd::test {

/// Whether a store has a key.
enum class Sealing : std::uint8_t { Clear, Sealed };

/// The key of the stores of tests.
inline SecretKey store_key(char letter = 'k') {
  return *SecretKey::of(std::string(SecretKey::kSize, letter));
}

/// A real store in a directory of its own, once without a key and once with one.
class StoreTest : public ::testing::TestWithParam<Sealing> {
 protected:
  bool is_sealed() const { return GetParam() == Sealing::Sealed; }
  std::optional<SecretKey> key() const {
    return is_sealed() ? std::optional(store_key()) : std::nullopt;
  }
  Result<std::unique_ptr<Store>> open(const std::filesystem::path& path) const {
    return Store::open({path}, key());
  }

  void reopen() {
    store.reset();
    store = open(directory.path()).value();
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
  std::unique_ptr<Store> store = open(directory.path()).value();
};

inline std::string name_of(const ::testing::TestParamInfo<Sealing>& info) {
  return info.param == Sealing::Sealed ? "Sealed" : "Clear";
}

}  // namespace sightingd::test
