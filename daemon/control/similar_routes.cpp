// Stored photos that are the same picture as a given one.
#include "daemon/api/report_json.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"
#include "daemon/workers/on_worker.h"
#include "pipeline/similarity/likeness.h"

#include <algorithm>

namespace sightingd {
namespace {

namespace asio = boost::asio;

// More photos than this are one that spreads, not something to look through.
constexpr std::size_t kMostPhotos = 1000;
constexpr int kMaxRadius = 90;

Result<int> radius_of(const Parameters& parameters) {
  const auto radius = parameters.number("radius", 0, kMaxRadius);
  if (!radius) {
    return radius.error();
  }
  return static_cast<int>(radius->value_or(kNearDistance));
}

Result<void> append_photo(const Store& store, const PhotoId& id, const Likeness& likeness,
                          std::vector<FoundPhoto>& photos) {
  auto photo = store.photo(id);
  if (!photo) {
    return photo.error();
  }
  if (*photo) {
    photos.push_back({likeness, std::move(**photo)});
  }
  return {};
}

Result<void> append_similar(const Store& store, const PdqForms& asked, int radius,
                            std::vector<FoundPhoto>& photos) {
  const auto similar = store.similar(asked, radius);
  if (!similar) {
    return similar.error();
  }
  for (const SimilarPhoto& found : *similar) {
    if (photos.size() == kMostPhotos) {
      break;
    }
    const bool listed = std::ranges::any_of(
        photos, [&](const FoundPhoto& photo) { return photo.photo.id == found.photo; });
    if (listed) {
      continue;
    }
    if (auto appended = append_photo(store, found.photo, found.likeness, photos); !appended) {
      return appended.error();
    }
  }
  return {};
}

Answer found_answer(const Result<void>& result, const std::vector<FoundPhoto>& photos,
                    Audited& audited) {
  if (!result) {
    return answer_of(result.error());
  }
  audited.has_happened = true;
  audited.event.count = photos.size();
  Answer answer;
  answer.body = similar_json(photos);
  return answer;
}

Answer similar_to_hash(const Store& store, const Call& call) {
  const Parameters parameters(call.request.target);
  if (const auto only = parameters.only({"pdq", "radius"}); !only) {
    return answer_of(only.error());
  }
  const auto radius = radius_of(parameters);
  if (!radius) {
    return answer_of(radius.error());
  }
  const auto hash = pdq_from_hex(parameters.text("pdq").value_or(""));
  if (!hash) {
    return error_answer(400, "bad_request", "'pdq' must be 64 hex digits.");
  }
  std::vector<FoundPhoto> photos;
  const auto result = append_similar(store, {PdqForm{.hash = *hash}}, *radius, photos);
  return found_answer(result, photos, *call.audited);
}

// The same bytes first, whatever their quality; then what looks the same.
Answer similar_to_image(const Store& store, const ExaminedImage& image, int radius,
                        Audited& audited) {
  std::vector<FoundPhoto> photos;
  Result<void> result = append_photo(store, image.photo.id, {}, photos);
  if (result && photos.empty() && image.forms.empty()) {
    return error_answer(422, "too_plain",
                        "This picture has too little detail to be told from others.");
  }
  if (result && !image.forms.empty()) {
    result = append_similar(store, image.forms, radius, photos);
  }
  return found_answer(result, photos, audited);
}

asio::awaitable<Answer> similar_to_file(ControlParts parts, Call call) {
  const Parameters parameters(call.request.target);
  if (const auto only = parameters.only({"radius"}); !only) {
    co_return answer_of(only.error());
  }
  const auto radius = radius_of(parameters);
  if (!radius) {
    co_return answer_of(radius.error());
  }
  const Result<Examination> examined =
      co_await parts.examiner.examine(std::move(call.request.body));
  if (!examined) {
    co_return answer_of(examined.error());
  }
  if (const auto* reason = std::get_if<RejectReason>(&*examined)) {
    co_return error_answer(422, "rejected",
                           "This picture cannot be used: " + std::string(to_text(*reason)) + ".");
  }
  const auto* image = std::get_if<ExaminedImage>(&*examined);
  if (image == nullptr) {
    co_return error_answer(422, "not_an_image", "This is no picture of a kind that is read.");
  }
  co_return co_await on_worker(
      parts.workers, [&] { return similar_to_image(parts.store, *image, *radius, *call.audited); });
}

}  // namespace

void add_similar_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"GET", "/v1/similar", Access::Read, BlockingHandler([parts](const Call& call) {
                      return similar_to_hash(parts.store, call);
                    }),
                    0, AuditKind::Search});
  routes.push_back({"POST", "/v1/similar", Access::Read, AsyncHandler([parts](Call call) {
                      return similar_to_file(parts, std::move(call));
                    }),
                    static_cast<std::size_t>(parts.max_upload_bytes), AuditKind::Search});
}

}  // namespace sightingd
