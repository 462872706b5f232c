#pragma once

#include "pipeline/digest.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace sightingd::test::mastodon {

/// What the photos look like. The default is small, so that tests are quick.
struct PhotoStyle {
  int width = 320;
  int height = 240;
  int quality = 85;
  int grain = 4;  ///< Strength of the noise, which decides how large a file becomes.
  /// Every so many photos one is the photo before it, saved again at a lower quality. 0: none.
  std::size_t resaved_every = 0;
};

/// Drawn JPEG photos by number, each with a GPS position in its EXIF. No person, no third party's
/// material. The same seed, style and number make the same bytes. Safe from any thread.
class PhotoShelf {
 public:
  struct Photo {
    std::string bytes;
    Sha256 sha256;
  };

  PhotoShelf(std::uint64_t seed, PhotoStyle style) : seed_(seed), style_(style) {}

  /// Drawn at the first call and kept.
  std::shared_ptr<const Photo> photo(std::size_t number);

  /// Draws photos 0 to `count` - 1 ahead, on all processors.
  void draw(std::size_t count);

 private:
  std::string bytes_of(std::size_t number) const;

  const std::uint64_t seed_;
  const PhotoStyle style_;
  std::mutex mutex_;
  std::map<std::size_t, std::shared_ptr<const Photo>> drawn_;
};

}  // namespace sightingd::test::mastodon
