#pragma once

#include "pipeline/digest.h"
#include "pipeline/facts.h"
#include "storage/store.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Builders of facts for tests of the store and of decisions.
namespace sightingd::test {

inline const TimePoint kNoon = *parse_rfc3339("2026-02-01T12:00:00Z");

inline std::string uri(const std::string& name) { return "https://example.org/posts/" + name; }
inline SightingId id_of(const std::string& name) { return sighting_id(uri(name)); }

/// A photo that was received as `received`, with `bits` set in its hash (from bit 0 on).
inline Photo photo(const std::string& received, int bits = 0) {
  Photo photo;
  photo.received_sha256 = sha256(received);
  photo.id = photo_id(photo.received_sha256);
  photo.stored_sha256 = sha256("stripped ", received);
  photo.bytes = received.size();
  photo.width = 640;
  photo.height = 480;
  photo.pdq.quality = 100;
  photo.pdq.is_stable = true;
  for (int bit = 0; bit < bits; ++bit) {
    photo.pdq.hash.words[static_cast<std::size_t>(bit) / 64] |= std::uint64_t{1} << (bit % 64);
  }
  return photo;
}

/// Posts whose names begin with the same letter share the coarse part.
inline std::string position(const std::string& name) {
  return name.substr(0, 1) + kFinePosition + name;
}

/// A post by the name of `name`; its images follow by `with`.
inline PostFacts post(const std::string& name) {
  PostFacts facts;
  facts.post.ref.uri = uri(name);
  facts.post.id = "id-" + name;
  facts.post.position = position(name);
  facts.post.url = uri(name);
  facts.post.author = "ana@example.org";
  facts.post.author_uri = "https://example.org/users/ana";
  facts.post.posted_at = kNoon;
  facts.post.text = "text of " + name;
  facts.post.hashtags = {"tag"};
  facts.images.emplace();
  return facts;
}

inline PostFacts with(PostFacts facts, ImageOutcome outcome) {
  const ImageRef ref{.url = facts.post.ref.uri + "/image", .alt = "alt"};
  facts.post.images.push_back(ref);
  facts.images->push_back({.ref = ref, .outcome = std::move(outcome)});
  return facts;
}

/// What the picture is looked up by as it stands.
inline PdqForms upright_forms(const Photo& photo) { return upright_forms(matchable_hashes(photo)); }

inline PhotoFacts facts_of(Photo photo) {
  PdqForms forms = upright_forms(photo);
  return {std::move(photo), std::move(forms)};
}

inline PostFacts with(PostFacts facts, Photo photo) {
  return with(std::move(facts), facts_of(std::move(photo)));
}

inline PostFacts by(PostFacts facts, const std::string& author) {
  facts.post.author_uri = "https://example.org/users/" + author;
  return facts;
}

inline PostFacts edited(PostFacts facts, const std::string& version = "2026-02-01T13:00:00.000Z") {
  facts.post.ref.version = version;
  facts.post.edited_at = parse_rfc3339(version);
  return facts;
}

/// The same post as the store is told of it once it knows it: nothing was fetched.
inline PostFacts unfetched(PostFacts facts) {
  facts.images.reset();
  return facts;
}

/// An operator erases a post for good.
inline EraseSightings erase(const std::string& name) {
  return {.sightings = {id_of(name)}, .refuses = true, .at = kNoon};
}

inline PageFacts page(std::vector<PostFacts> posts) {
  PageFacts facts;
  facts.watch = {"https://example.org #tag"};
  facts.watch_name = "watch";
  facts.source = "source";
  facts.network = "mastodon";
  facts.read_at = kNoon;
  facts.media_required = false;
  facts.posts = std::move(posts);
  facts.progress = "progress";
  return facts;
}

/// The same page as another watch of the same source reads it.
inline PageFacts by_source(PageFacts facts, const std::string& name) {
  facts.watch = {"https://" + name + ".example #tag"};
  facts.source = name;
  return facts;
}

inline PageFacts by_watch(PageFacts facts, const std::string& name) {
  facts.watch = {"https://example.org #" + name};
  facts.watch_name = name;
  return facts;
}

}  // namespace sightingd::test
