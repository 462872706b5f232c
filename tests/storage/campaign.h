#pragma once

#include "storage/store.h"
#include "tests/storage/store_builders.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sightingd::test {

/// Of the campaign that the writer process commits.
inline constexpr std::uint32_t kWriterSeed = 23;

/// A campaign of pages, retries, re-checks and erasures over a small set of names, so that they
/// meet each other often.
class Campaign {
 public:
  explicit Campaign(std::uint32_t seed) : random_(seed) {}

  Facts next() {
    now_ += std::chrono::minutes(3);
    switch (below(10)) {
      case 0:
        return RetryFacts{
            .sighting = id_of(name()), .index = 0, .outcome = outcome(), .tried_at = now_};
      case 1:
      case 2:
        return RecheckFacts{.verdicts = {{.sighting = id_of(name()), .gone = below(3) > 0}},
                            .checked_at = now_};
      case 3:
        return below(8) > 0 ? Facts(PauseWatch{.watch = {"watch"}, .paused = below(2) == 0})
                            : Facts(erase(name()));
      default:
        return next_page();
    }
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_()) % limit; }
  std::string name() { return std::to_string(below(60)); }

  ImageOutcome outcome() {
    switch (below(5)) {
      case 0:
        return FetchFailed{};
      case 1:
        return ImageRejected{RejectReason::Malformed};
      default: {
        const int bits = static_cast<int>(below(20)) * 9;
        return facts_of(photo("photo " + std::to_string(bits), bits));
      }
    }
  }

  PageFacts next_page() {
    PageFacts facts = page({});
    if (below(3) == 0) {
      facts = by_watch(std::move(facts), "second");
    }
    facts.read_at = now_;
    facts.media_required = below(2) == 0;
    facts.per_author_per_day = 40;
    facts.covered = {{now_ - std::chrono::minutes(below(20)), now_}};
    facts.progress = std::to_string(now_.time_since_epoch().count());
    for (std::uint32_t i = below(5); i > 0; --i) {
      PostFacts read = by(post(name()), below(2) == 0 ? "ana" : "ben");
      for (std::uint32_t images = below(3); images > 0; --images) {
        read = with(std::move(read), outcome());
      }
      if (below(4) == 0) {
        read = edited(std::move(read), format_rfc3339(now_));
      }
      facts.posts.push_back(std::move(read));
    }
    return facts;
  }

  std::mt19937 random_;
  TimePoint now_ = kNoon;
};

/// Stages every photo that `facts` name.
inline std::vector<std::unique_ptr<Store::Staged>> stage_all(Store& store, const Facts& facts) {
  std::vector<std::unique_ptr<Store::Staged>> staged;
  const auto stage = [&](const ImageOutcome& outcome) {
    if (const auto* came = std::get_if<PhotoFacts>(&outcome)) {
      staged.push_back(store.stage(came->photo.id, "bytes").value());
    }
  };
  if (const auto* page = std::get_if<PageFacts>(&facts)) {
    for (const PostFacts& post : page->posts) {
      for (const ImageFacts& image : post.images.value_or(std::vector<ImageFacts>())) {
        stage(image.outcome);
      }
    }
  } else if (const auto* retry = std::get_if<RetryFacts>(&facts)) {
    stage(retry->outcome);
  }
  return staged;
}

}  // namespace sightingd::test
