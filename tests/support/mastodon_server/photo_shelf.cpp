#include "tests/support/mastodon_server/photo_shelf.h"

#include "tests/support/mastodon_server/random.h"
#include "tests/support/pictures.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace sightingd::test::mastodon {
namespace {

constexpr int kResavedQuality = 60;

}  // namespace

std::shared_ptr<const PhotoShelf::Photo> PhotoShelf::photo(std::size_t number) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = drawn_.find(number); found != drawn_.end()) {
      return found->second;
    }
  }
  Photo photo{.bytes = bytes_of(number), .sha256 = {}};
  photo.sha256 = sha256(photo.bytes);
  const std::lock_guard lock(mutex_);
  return drawn_.emplace(number, std::make_shared<const Photo>(std::move(photo))).first->second;
}

void PhotoShelf::draw(std::size_t count) {
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> painters;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    painters.emplace_back([&] {
      for (auto number = next++; number < count; number = next++) {
        photo(number);
      }
    });
  }
}

std::string PhotoShelf::bytes_of(std::size_t number) const {
  const bool resaved = style_.resaved_every > 0 &&
                       number % style_.resaved_every == style_.resaved_every - 1 && number > 0;
  Random random(seed_ ^ ((resaved ? number - 1 : number) * 0x9E3779B97F4A7C15U));
  const int scene = static_cast<int>(random.below(1U << 30U));
  const Extras place{.exif = exif_block(CameraExif{.latitude = random.unit() * 60,
                                                   .longitude = random.unit() * 150})};
  return encode_jpeg(
      with_noise(draw_scene(scene, style_.width, style_.height), scene, style_.grain), place,
      {.quality = resaved ? kResavedQuality : style_.quality});
}

}  // namespace sightingd::test::mastodon
