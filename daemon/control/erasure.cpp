#include "daemon/control/erasure.h"

#include "config/text/quantity.h"
#include "daemon/control/find_by_url.h"
#include "daemon/workers/on_worker.h"
#include "pipeline/erasing.h"

#include <algorithm>
#include <set>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kSightingsAtATime = 256;

Error nothing_stored(const char* what) { return {ErrorCode::Gone, what}; }

/// Whether this is the URI of an author, not a handle.
bool is_uri(std::string_view name) { return name.find(':') != std::string_view::npos; }

}  // namespace

asio::awaitable<Result<Erased>> Erasure::carry_out(EraseRequest request) {
  if (request.what == EraseRequest::What::Post) {
    co_return co_await erase_post(request);
  }
  if (request.what == EraseRequest::What::Author) {
    co_return co_await erase_author(request);
  }
  if (request.what == EraseRequest::What::Photo) {
    co_return co_await erase_photo(request);
  }
  co_return co_await erase_older(request);
}

asio::awaitable<Result<std::optional<SightingId>>> Erasure::find_post(const std::string& subject) {
  if (const auto id = SightingId::parse(subject)) {
    co_return id;
  }
  const SightingId by_uri = sighting_id(subject);
  const auto stored = co_await on_worker(parts_.workers, [&]() -> Result<bool> {
    const std::vector<PostRef> refs = {{.uri = subject, .version = {}}};
    const auto known = parts_.store.known("", refs);
    if (!known) {
      return known.error();
    }
    return known->front().known;
  });
  if (!stored) {
    co_return stored.error();
  }
  if (*stored) {
    co_return by_uri;
  }
  co_return co_await find_by_url(parts_.store, parts_.workers, subject);
}

asio::awaitable<Result<Erased>> Erasure::erase_post(const EraseRequest& request) {
  const auto id = co_await find_post(request.subject);
  if (!id) {
    co_return id.error();
  }
  const Error unknown = nothing_stored(
      "No sighting of this post is stored; give the post's uri as the feed shows it.");
  if (!*id) {
    co_return unknown;
  }
  Erased erased{.refuses = true, .post = **id};
  if (request.refuse_picture) {
    const auto view =
        co_await on_worker(parts_.workers, [&] { return parts_.store.sighting(**id); });
    if (!view) {
      co_return view.error();
    }
    for (std::size_t i = 0; *view && i < (*view)->images.size(); ++i) {
      if (const auto& photo = (*view)->images[i].photo) {
        auto done = co_await erase_picture(photo->id, request.despite_hold, erased);
        if (!done) {
          co_return done.error();
        }
      }
    }
  }
  EraseSightings order{.sightings = {},
                       .refuses = true,
                       .despite_hold = request.despite_hold,
                       .at = parts_.clock.now()};
  std::vector<SightingId> one = {**id};
  if (auto done = co_await erase_all(std::move(one), std::move(order), erased); !done) {
    co_return done.error();
  }
  if (erased.sightings == 0 && erased.held == 0) {
    co_return unknown;
  }
  co_return erased;
}

asio::awaitable<Result<Erased>> Erasure::erase_author(const EraseRequest& request) {
  std::string name = request.subject;
  if (name.starts_with('@')) {
    name.erase(0, 1);
  }
  // Under all handles: what they have in common is the author's URI.
  std::set<std::string> authors;
  if (is_uri(name)) {
    authors.insert(name);
  }
  Store::Wanted named = [&](const KnownSighting& known) {
    const Post& post = known.sighting.post;
    if (post.author == name || author_of(post) == name) {
      authors.insert(author_of(post));
    }
    return false;
  };
  const auto looked = co_await search(std::move(named));
  if (!looked) {
    co_return looked.error();
  }
  if (authors.empty()) {
    co_return nothing_stored(
        "No post of this author is stored; give the author_uri as the feed shows it, which is then "
        "refused all the same.");
  }
  Erased erased{.refuses = true};
  // First: what comes while the others are looked for is refused.
  for (const std::string& author : authors) {
    Facts refused = RefuseAuthor{
        .author_uri = author, .despite_hold = request.despite_hold, .at = parts_.clock.now()};
    if (auto done = co_await commit(std::move(refused), erased); !done) {
      co_return done.error();
    }
  }
  Store::Wanted by_them = [&](const KnownSighting& known) {
    return authors.contains(author_of(known.sighting.post));
  };
  auto found = co_await search(std::move(by_them));
  if (!found) {
    co_return found.error();
  }
  EraseSightings order{.sightings = {},
                       .despite_hold = request.despite_hold,
                       .noted = true,
                       .at = parts_.clock.now()};
  if (auto done = co_await erase_all(std::move(*found), std::move(order), erased); !done) {
    co_return done.error();
  }
  co_return erased;
}

asio::awaitable<Result<Erased>> Erasure::erase_photo(const EraseRequest& request) {
  const auto id = PhotoId::parse(request.subject);
  if (!id) {
    co_return Error{ErrorCode::Malformed, "'photo' must be the id of a photo, \"ph_...\"."};
  }
  Erased erased{.refuses = true};
  if (auto done = co_await erase_picture(*id, request.despite_hold, erased); !done) {
    co_return done.error();
  }
  co_return erased;
}

asio::awaitable<Result<Erased>> Erasure::erase_like(std::string file, bool despite_hold) {
  const Result<Examination> examined = co_await parts_.examiner.examine(std::move(file));
  if (!examined) {
    co_return examined.error();
  }
  if (const auto* reason = std::get_if<RejectReason>(&*examined)) {
    co_return Error{ErrorCode::Malformed,
                    "This picture cannot be used: " + std::string(to_text(*reason)) + "."};
  }
  const auto* image = std::get_if<ExaminedImage>(&*examined);
  if (image == nullptr) {
    co_return Error{ErrorCode::Malformed, "This is no picture of a kind that is read."};
  }
  Erased erased{.refuses = true};
  if (auto done = co_await erase_picture(image->photo, image->forms, despite_hold, erased); !done) {
    co_return done.error();
  }
  co_return erased;
}

/// A stored photo: its bytes say in which forms copies of it are to be looked for.
asio::awaitable<Result<void>> Erasure::erase_picture(const PhotoId& photo, bool despite_hold,
                                                     Erased& erased) {
  std::string bytes;
  std::optional<Photo> stored;
  const auto read = co_await on_worker(parts_.workers, [&]() -> Result<void> {
    auto found = parts_.store.photo(photo);
    auto content = parts_.store.photo_bytes(photo);
    if (!found) {
      return found.error();
    }
    if (!content) {
      return content.error();
    }
    stored = std::move(*found);
    bytes = std::move(*content).value_or("");
    return {};
  });
  if (!read) {
    co_return read.error();
  }
  if (!stored) {
    co_return nothing_stored("No such photo is stored.");
  }
  const Result<Examination> examined = co_await parts_.examiner.examine(std::move(bytes));
  if (!examined) {
    co_return examined.error();
  }
  // What was stored can be examined; if not, its bytes are still refused.
  const auto* image = std::get_if<ExaminedImage>(&*examined);
  PdqForms forms = image == nullptr ? PdqForms() : image->forms;
  co_return co_await erase_picture(*stored, std::move(forms), despite_hold, erased);
}

asio::awaitable<Result<void>> Erasure::erase_picture(const Photo& photo, PdqForms forms,
                                                     bool despite_hold, Erased& erased) {
  auto listed = co_await parts_.operations.watches();
  if (!listed) {
    co_return listed.error();
  }
  ErasePicture order{.picture = {.photo = photo.id, .hashes = matchable_hashes(photo)},
                     .forms = std::move(forms),
                     .watches_without_media = {},
                     .despite_hold = despite_hold,
                     .at = parts_.clock.now()};
  for (WatchListing& watch : *listed) {
    if (!watch.media_required) {
      order.watches_without_media.push_back(std::move(watch.name));
    }
  }
  Facts facts = std::move(order);
  co_return co_await commit(std::move(facts), erased);
}

asio::awaitable<Result<Erased>> Erasure::erase_older(const EraseRequest& request) {
  const auto age = parse_duration(request.subject);
  if (!age) {
    co_return Error{ErrorCode::Malformed, "'older_than' must be an age such as 180d or 12h."};
  }
  const TimePoint before = parts_.clock.now() - *age;
  Store::Wanted old = [before](const KnownSighting& known) {
    return known.sighting.first_seen_at < before;
  };
  auto found = co_await search(std::move(old));
  if (!found) {
    co_return found.error();
  }
  const std::uint64_t stored = parts_.store.statistics().sightings;
  if (!request.confirm && found->size() > erased_unconfirmed(stored)) {
    co_return Error{ErrorCode::Unavailable,
                    "This would erase " + std::to_string(found->size()) + " of " +
                        std::to_string(stored) +
                        " sightings, more than 5 %: say --confirm if that is meant.",
                    "confirm"};
  }
  Erased erased;
  Facts note = NoteAge{
      .first_seen_before = before, .despite_hold = request.despite_hold, .at = parts_.clock.now()};
  if (auto done = co_await commit(std::move(note), erased); !done) {
    co_return done.error();
  }
  EraseSightings order{.sightings = {},
                       .despite_hold = request.despite_hold,
                       .noted = true,
                       .at = parts_.clock.now()};
  if (auto done = co_await erase_all(std::move(*found), std::move(order), erased); !done) {
    co_return done.error();
  }
  co_return erased;
}

asio::awaitable<Result<std::vector<SightingId>>> Erasure::search(Store::Wanted wanted) {
  std::vector<SightingId> found;
  std::uint64_t after = 0;
  for (;;) {
    auto piece = co_await on_worker(
        parts_.workers, [&] { return parts_.store.search(wanted, after, kSightingsAtATime); });
    if (!piece) {
      co_return piece.error();
    }
    std::ranges::move(piece->found, std::back_inserter(found));
    if (piece->last == 0) {
      co_return found;
    }
    after = piece->last;
  }
}

asio::awaitable<Result<void>> Erasure::erase_all(std::vector<SightingId> sightings,
                                                 EraseSightings like, Erased& erased) {
  for (std::size_t i = 0; i < sightings.size(); i += kSightingsAtATime) {
    const auto first = sightings.begin() + static_cast<std::ptrdiff_t>(i);
    const std::size_t count = std::min(kSightingsAtATime, sightings.size() - i);
    EraseSightings some = like;
    some.sightings.assign(first, first + static_cast<std::ptrdiff_t>(count));
    Facts facts = std::move(some);
    if (auto done = co_await commit(std::move(facts), erased); !done) {
      co_return done.error();
    }
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> Erasure::commit(Facts facts, Erased& erased) {
  const auto outcome = co_await parts_.operations.commit(std::move(facts));
  if (!outcome) {
    co_return outcome.error();
  }
  erased.sightings += outcome->erased;
  erased.photos += outcome->photos_gone;
  erased.updated += outcome->updated;
  erased.held += outcome->held;
  co_return Result<void>();
}

}  // namespace sightingd
