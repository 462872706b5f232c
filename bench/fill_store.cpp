// fill-store DIRECTORY PHOTOS KEY-FILE
//
// A store with as many photos as told, one a sighting, written through the store's own door: what
// a daemon finds that has run for a long time. The photos' bytes are a few random ones, and their
// hashes are random, too.
#include "pipeline/facts.h"
#include "storage/store.h"

#include <cstdio>
#include <cstdlib>
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
constexpr std::size_t kPhotoBytes = 64;

class Filler {
 public:
  explicit Filler(Store& store) : store_(store) {}

  // False when the store refuses.
  bool fill(int photos) {
    for (int written = 0; written < photos;) {
      PageFacts page;
      page.watch = {"https://bench.example\nbench"};
      page.watch_name = "bench";
      page.source = "bench";
      page.network = "mastodon";
      page.read_at = start_ + std::chrono::seconds(written);
      std::vector<std::unique_ptr<Store::Staged>> staged;
      for (int i = 0; i < kPostsPerPage && written < photos; ++i, ++written) {
        if (!add_post(page, staged, written)) {
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
  bool add_post(PageFacts& page, std::vector<std::unique_ptr<Store::Staged>>& staged, int number) {
    const auto photo = random_photo();
    auto held = store_.stage(photo.id, bytes_);
    if (!held) {
      return false;
    }
    staged.push_back(std::move(*held));
    PostFacts facts;
    facts.post.ref.uri = "https://bench.example/posts/" + std::to_string(number);
    facts.post.id = std::to_string(number);
    facts.post.position = facts.post.id;
    facts.post.author = "bench@bench.example";
    facts.post.author_uri = "https://bench.example/users/bench";
    facts.post.posted_at = start_ + std::chrono::seconds(number);
    facts.post.text = "A post of the bench.";
    facts.post.images.push_back({.url = "https://bench.example/" + facts.post.id, .alt = {}});
    facts.images = std::vector<ImageFacts>{
        {facts.post.images.front(), PhotoFacts{photo, forms_of(photo.pdq.hash)}}};
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
    for (auto& byte : bytes_) {
      byte = static_cast<char>(random_());
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
  std::string bytes_ = std::string(kPhotoBytes, '\0');
  const TimePoint start_ = *parse_rfc3339("2026-02-01T10:00:00Z");
};

std::optional<SecretKey> key_in(const char* file) {
  std::ifstream in(file, std::ios::binary);
  return SecretKey::of(std::string(std::istreambuf_iterator<char>(in), {}));
}

int run(int argc, char** argv) {
  const auto key = argc == 4 ? key_in(argv[3]) : std::nullopt;
  if (!key) {
    std::fprintf(stderr, "usage: fill-store DIRECTORY PHOTOS KEY-FILE\n");
    return 2;
  }
  StoreOptions options;
  options.path = argv[1];
  const auto store = Store::open(options, key);
  if (!store || !Filler(**store).fill(std::atoi(argv[2]))) {
    std::fprintf(stderr, "fill-store: the store cannot be written\n");
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace sightingd::bench

int main(int argc, char** argv) { return sightingd::bench::run(argc, argv); }
