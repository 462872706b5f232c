// A store with as many sightings as told, written through the store's own door: what a daemon finds
// that has run for a long time. The first ones show a photo each, whose bytes and hashes are
// random.
#include "pipeline/facts.h"
#include "storage/store.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace sightingd::bench {
namespace {

constexpr int kPostsPerPage = 40;

class Filler {
 public:
  Filler(Store& store, std::size_t photo_bytes) : store_(store), bytes_(photo_bytes, '\0') {}

  // False when the store refuses.
  bool fill(int sightings, int photos) {
    for (int written = 0; written < sightings;) {
      PageFacts page;
      page.watch = {"https://bench.example\nbench"};
      page.watch_name = "bench";
      page.source = "bench";
      page.network = "mastodon";
      page.read_at = start_ + std::chrono::seconds(written);
      std::vector<std::unique_ptr<Store::Staged>> staged;
      for (int i = 0; i < kPostsPerPage && written < sightings; ++i, ++written) {
        if (!add_post(page, staged, written, written < photos)) {
          return false;
        }
      }
      page.progress = std::to_string(written);
      if (!store_.commit(std::move(page), std::move(staged))) {
        return false;
      }
    }
    return true;
  }

 private:
  bool add_post(PageFacts& page, std::vector<std::unique_ptr<Store::Staged>>& staged, int number,
                bool shows_photo) {
    PostFacts facts;
    facts.images = std::vector<ImageFacts>();
    facts.post.ref.uri = "https://bench.example/posts/" + std::to_string(number);
    facts.post.id = std::to_string(number);
    facts.post.position = facts.post.id;
    facts.post.author = "bench@bench.example";
    facts.post.author_uri = "https://bench.example/users/bench";
    facts.post.posted_at = start_ + std::chrono::seconds(number);
    facts.post.text = "A post of the bench.";
    if (shows_photo) {
      const auto photo = random_photo();
      auto held = store_.stage(photo.id, bytes_);
      if (!held) {
        return false;
      }
      staged.push_back(std::move(*held));
      facts.post.images.push_back({.url = "https://bench.example/" + facts.post.id, .alt = {}});
      facts.images->push_back(
          {facts.post.images.front(), PhotoFacts{photo, forms_of(photo.pdq.hash)}});
    }
    page.posts.push_back(std::move(facts));
    return true;
  }

  // As many as a photo without a border is looked up by.
  PdqForms forms_of(const PdqHash& upright) {
    PdqForms forms;
    for (const Turn turn : kTurns) {
      forms.push_back({.hash = upright, .turn = turn});
      for (auto& word : forms.back().hash.words) {
        word ^= turn == Turn::None ? 0 : random_();
      }
    }
    return forms;
  }

  Photo random_photo() {
    Photo photo;
    for (std::size_t i = 0; i + sizeof(std::uint64_t) <= bytes_.size();
         i += sizeof(std::uint64_t)) {
      const std::uint64_t random = random_();
      std::memcpy(&bytes_[i], &random, sizeof(random));
    }
    photo.received_sha256 = sha256(bytes_);
    photo.stored_sha256 = photo.received_sha256;
    photo.id = photo_id(photo.received_sha256);
    photo.bytes = bytes_.size();
    photo.width = 1280;
    photo.height = 960;
    for (auto& word : photo.pdq.hash.words) {
      word = random_();
    }
    photo.pdq.quality = 100;
    photo.pdq.is_stable = true;
    return photo;
  }

  Store& store_;
  std::mt19937_64 random_{1};
  std::string bytes_;
  const TimePoint start_ = *parse_rfc3339("2026-02-01T10:00:00Z");
};

std::optional<SecretKey> key_in(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return SecretKey::of(std::string(std::istreambuf_iterator<char>(in), {}));
}

int run(int argc, char** argv) {
  CLI::App app{"A store as a daemon finds it that has run for a long time."};
  StoreOptions options;
  std::string key_file;
  int sightings = 0;
  int photos = 0;
  std::size_t photo_bytes = 64;
  app.add_option("DIRECTORY", options.path)->required();
  app.add_option("KEY-FILE", key_file)->required();
  app.add_option("--sightings", sightings, "How many")->required();
  app.add_option("--photos", photos, "Of these, the first so many show a photo each");
  app.add_option("--photo-bytes", photo_bytes, "Of each photo")->capture_default_str();
  app.add_option("--ledger", options.erasure_ledger, "The folder of the erasure ledger");
  CLI11_PARSE(app, argc, argv);
  const auto store = Store::open(options, key_in(key_file));
  if (!store || !Filler(**store, photo_bytes).fill(sightings, photos)) {
    std::fprintf(stderr, "fill-store: the store cannot be written\n");
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace sightingd::bench

int main(int argc, char** argv) { return sightingd::bench::run(argc, argv); }
