#include "demo/campaign.h"

#include "demo/phrases.h"
#include "tests/support/pictures.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace sightingd::demo {
namespace {

using test::CameraExif;
using test::Extras;

// What the posts with a hashtag are, how many of each. The order is shuffled.
constexpr int kWithExif = 62;
constexpr int kWithXmp = 18;
constexpr int kWithoutPlace = 40;
constexpr int kTextOnly = 24;
constexpr int kSameBytes = 12;
constexpr int kResaved = 9;
constexpr int kResized = 8;
// Posts of the last minutes, so that a reader who looks back a quarter of an hour meets them.
constexpr int kFresh = 8;
constexpr int kRescuePosts = 10;

constexpr std::chrono::hours kSpan{72};
constexpr std::chrono::minutes kFreshSpan{9};

// Scenes too plain to be linked by likeness: their PDQ quality is just below 50.
constexpr std::array kPlainScenes{13, 68};

constexpr int kWidth = 320;
constexpr int kHeight = 240;
constexpr int kQuality = 72;
constexpr int kResavedQuality = 50;

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers with every standard library.
class Random {
 public:
  std::size_t below(std::size_t bound) {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return static_cast<std::size_t>((z ^ (z >> 31U)) % bound);
  }

  template <typename T>
  void shuffle(std::vector<T>& all) {
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
      std::swap(all[i], all[i + below(all.size() - i)]);
    }
  }

 private:
  std::uint64_t state_ = 20260501;
};

/// Builds the campaign post by post, oldest first.
class Builder {
 public:
  Campaign build(TimePoint newest) {
    campaign_.tags = {std::string(kPhrases[0].tag), std::string(kPhrases[1].tag),
                      std::string(kPhrases[2].tag)};
    add_first_days();
    add_reposts();
    add_rescue_posts();
    add_oddities();
    add_fresh_posts();
    date_posts(newest);
    return std::move(campaign_);
  }

 private:
  void add_first_days() {
    std::vector<std::optional<Place>> kinds;
    kinds.insert(kinds.end(), kWithExif, Place::Exif);
    kinds.insert(kinds.end(), kWithXmp, Place::Xmp);
    kinds.insert(kinds.end(), kWithoutPlace, Place::Nowhere);
    kinds.insert(kinds.end(), kTextOnly, std::nullopt);
    random_.shuffle(kinds);
    for (const auto& kind : kinds) {
      auto post = next_post();
      if (kind) {
        post.pictures.push_back(own_picture(*kind));
      }
      campaign_.posts.push_back(std::move(post));
    }
  }

  // Each shows the picture of another post, so that every picture is shown at most twice.
  void add_reposts() {
    std::vector<Nature> natures;
    natures.insert(natures.end(), kSameBytes, Nature::SameBytes);
    natures.insert(natures.end(), kResaved, Nature::Resaved);
    natures.insert(natures.end(), kResized, Nature::Resized);
    random_.shuffle(natures);
    random_.shuffle(originals_);
    for (std::size_t i = 0; i < natures.size(); ++i) {
      auto post = next_post();
      post.pictures.push_back(repost_of(originals_[i], natures[i]));
      campaign_.posts.push_back(std::move(post));
    }
  }

  // The followed account: posts with the first tag, one without any, one without a picture, and
  // one that it passed on.
  void add_rescue_posts() {
    for (int i = 0; i < kRescuePosts; ++i) {
      auto post = rescue_post();
      post.tag = campaign_.tags[0];
      post.pictures.push_back(own_picture(i % 2 == 0 ? Place::Exif : Place::Nowhere));
      campaign_.posts.push_back(std::move(post));
    }
    auto untagged = rescue_post();
    untagged.pictures.push_back(own_picture(Place::Xmp));
    campaign_.posts.push_back(std::move(untagged));
    campaign_.posts.push_back(rescue_post());
    auto boost = rescue_post();
    boost.is_boost = true;
    boost.pictures.push_back(own_picture(Place::Nowhere));
    campaign_.posts.push_back(std::move(boost));
  }

  void add_oddities() {
    auto broken = next_post();
    broken.pictures.push_back(file("broken.jpg", broken_jpeg(), Nature::Broken));
    auto bomb = next_post();
    bomb.pictures.push_back(file("bomb.png", png_bomb(), Nature::Bomb));
    auto video = next_post();
    video.has_video = true;
    auto shy = next_post();
    shy.author = {.name = "private_person", .opted_out = true};
    shy.pictures.push_back(own_picture(Place::Exif));
    auto sensitive = next_post();
    sensitive.sensitive = true;
    sensitive.pictures.push_back(own_picture(Place::Nowhere));
    for (auto* post : {&broken, &bomb, &video, &shy, &sensitive}) {
      campaign_.posts.push_back(std::move(*post));
    }
    auto gallery = next_post();
    gallery.pictures = {own_picture(Place::Exif), own_png(), own_webp(), own_gif()};
    campaign_.posts.push_back(std::move(gallery));
  }

  // All in one feed, so that what becomes of them is met by one poll.
  void add_fresh_posts() {
    for (int i = 0; i < kFresh; ++i) {
      auto post = post_in(kPhrases[0]);
      post.pictures.push_back(own_picture(i % 2 == 0 ? Place::Exif : Place::Nowhere));
      campaign_.posts.push_back(std::move(post));
    }
    const auto newest = campaign_.posts.rbegin();
    newest[0].fate = Fate::Arrives;
    newest[2].fate = Fate::Edited;
    newest[4].fate = Fate::Deleted;
  }

  // Evenly over three days, the last ones within minutes.
  void date_posts(TimePoint newest) {
    const auto count = static_cast<int>(campaign_.posts.size());
    const auto old_step = (kSpan - kFreshSpan) / (count - kFresh);
    auto time = newest - kSpan;
    for (int i = 0; i < count; ++i) {
      auto& post = campaign_.posts[static_cast<std::size_t>(i)];
      post.posted_at = time;
      // Mastodon's snowflake: 48 bits of milliseconds, 16 bits more.
      post.id = static_cast<std::uint64_t>(time.time_since_epoch().count()) << 16U |
                static_cast<std::uint64_t>(i);
      time += i + kFresh < count
                  ? std::chrono::duration_cast<std::chrono::milliseconds>(old_step)
                  : std::chrono::duration_cast<std::chrono::milliseconds>(kFreshSpan) / kFresh;
    }
  }

  Post next_post() { return post_in(kPhrases[kTurns[turn_++ % kTurns.size()]]); }

  Post post_in(const Phrases& phrases) {
    Post post;
    post.language = phrases.language;
    post.tag = phrases.tag;
    post.author.name = std::string(phrases.author) + std::to_string(1 + random_.below(7));
    place_ = phrases.places[random_.below(phrases.places.size())];
    post.text = std::string(phrases.sentences[random_.below(phrases.sentences.size())]) + " " +
                std::string(place_.name);
    return post;
  }

  Post rescue_post() {
    auto post = post_in(kPhrases[0]);
    post.tag.clear();
    post.author = {.name = std::string(kRescueAccount)};
    return post;
  }

  Picture file(std::string name, std::string bytes, Nature nature, Place place = Place::Nowhere) {
    campaign_.files.emplace(name, std::move(bytes));
    return {.file = std::move(name), .nature = nature, .place = place};
  }

  // A picture that was taken at the place of the post in hand.
  Picture own_picture(Place place) {
    const int seed = ++drawn_;
    const double latitude = place_.latitude + 0.001 * seed;
    const double longitude = place_.longitude - 0.001 * seed;
    Extras extras;
    if (place == Place::Exif) {
      extras.exif = test::exif_block(CameraExif{.latitude = latitude,
                                                .longitude = longitude,
                                                .altitude_m = 12.5,
                                                .taken = "2026:04:30 18:22:10",
                                                .taken_offset = "+08:00"});
    } else if (place == Place::Xmp) {
      extras.xmp = test::xmp_packet_at(latitude, longitude);
    }
    auto picture =
        file("photo" + std::to_string(seed) + ".jpg",
             test::encode_jpeg(scene(seed), extras, {.quality = kQuality}), Nature::Own, place);
    if (seed % 3 == 0) {
      picture.alt = "A drawn street scene, nobody in it";
    }
    const bool is_plain =
        std::find(kPlainScenes.begin(), kPlainScenes.end(), seed) != kPlainScenes.end();
    if (place != Place::Nowhere && !is_plain) {
      originals_.push_back(seed);
    }
    return picture;
  }

  Picture own_png() {
    const auto scene = test::draw_scene(++drawn_, kWidth / 2, kHeight / 2);
    return file("drawing.png", test::encode_png(scene), Nature::Own);
  }

  Picture own_webp() {
    const Extras extras{
        .exif = test::exif_block(CameraExif{.latitude = -33.4489, .longitude = -70.6693})};
    return file("drawing.webp", test::encode_webp(scene(++drawn_), extras), Nature::Own,
                Place::Exif);
  }

  Picture own_gif() {
    return file("drawing.gif", test::encode_gif({test::draw_scene(++drawn_, 160, 120)}),
                Nature::Own);
  }

  Picture repost_of(int seed, Nature nature) {
    const auto original = "photo" + std::to_string(seed) + ".jpg";
    if (nature == Nature::SameBytes) {
      const auto shown_by = std::find_if(
          campaign_.posts.begin(), campaign_.posts.end(), [&original](const Post& post) {
            return !post.pictures.empty() && post.pictures.front().file == original;
          });
      return {.file = original, .nature = nature, .place = shown_by->pictures.front().place};
    }
    auto again = nature == Nature::Resized
                     ? test::scaled(scene(seed), kWidth * 3 / 4, kHeight * 3 / 4)
                     : scene(seed);
    return file("again" + std::to_string(seed) + ".jpg",
                test::encode_jpeg(again, {}, {.quality = kResavedQuality}), nature);
  }

  static test::Picture scene(int seed) {
    return test::with_noise(test::draw_scene(seed, kWidth, kHeight), seed, 2);
  }

  std::string broken_jpeg() {
    std::string bytes("\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", 20);
    while (bytes.size() < 2000) {
      bytes += static_cast<char>(random_.below(255));  // No 0xFF: no marker comes again.
    }
    return bytes;
  }

  static std::string png_bomb() {
    constexpr std::string_view kHeader("\x00\x00\xEA\x60\x00\x00\xEA\x60\x08\x02\x00\x00\x00", 13);
    // zlib's form of nothing (RFC 1950, RFC 1951 3.2.6).
    constexpr std::string_view kNothing("\x78\x9C\x03\x00\x00\x00\x00\x01", 8);
    return "\x89PNG\r\n\x1A\n" + test::png_chunk("IHDR", kHeader) +
           test::png_chunk("IDAT", kNothing) + test::png_chunk("IEND", "");
  }

  // Which language comes next: two in five Chinese, two English, one Spanish.
  static constexpr std::array<std::size_t, 5> kTurns{0, 1, 0, 1, 2};

  Campaign campaign_;
  Random random_;
  std::vector<int> originals_;  ///< Seeds of pictures with a place, to be posted again.
  NamedPlace place_;
  std::size_t turn_ = 0;
  int drawn_ = 0;
};

}  // namespace

Campaign make_campaign(TimePoint newest) { return Builder().build(newest); }

}  // namespace sightingd::demo
