// One sighting, one photo.
#include "daemon/api/sighting_json.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"

namespace sightingd {
namespace {

Answer show_sighting(const Store& store, const Call& call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    return answer_of(only.error());
  }
  const auto id = SightingId::parse(call.argument);
  if (!id) {
    return error_answer(400, "bad_request", "This is no id of a sighting (sg_ and 26 characters).");
  }
  const auto sighting = store.sighting(*id);
  if (!sighting) {
    return answer_of(sighting.error());
  }
  // That nothing was found is an answer, too.
  call.audited->has_happened = true;
  call.audited->event.subject = store.audit_subject(*id);
  call.audited->event.count = *sighting ? 1 : 0;
  if (!*sighting) {
    return error_answer(404, "not_found", "No sighting has this id.");
  }
  Answer answer;
  append_sighting(**sighting, answer.body);
  return answer;
}

Answer show_photo(const Store& store, const Call& call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    return answer_of(only.error());
  }
  const auto id = PhotoId::parse(call.argument);
  if (!id) {
    return error_answer(400, "bad_request", "This is no id of a photo (ph_ and 26 characters).");
  }
  const auto photo = store.photo(*id);
  if (!photo) {
    return answer_of(photo.error());
  }
  // Asked after the photo: it may be erased in between.
  auto bytes = store.photo_bytes(*id);
  if (!bytes) {
    return answer_of(bytes.error());
  }
  call.audited->has_happened = true;
  call.audited->event.subject = store.audit_subject(*id);
  call.audited->event.count = *photo && *bytes ? 1 : 0;
  if (!*photo || !*bytes) {
    return error_answer(404, "not_found", "No photo has this id.");
  }
  Answer answer;
  answer.content_type = mime_type((*photo)->kind);
  answer.body = std::move(**bytes);
  return answer;
}

}  // namespace

void add_sighting_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back(
      {"GET", "/v1/sightings/*", Access::Read,
       BlockingHandler([parts](const Call& call) { return show_sighting(parts.store, call); }), 0,
       AuditKind::SightingRead});
  routes.push_back({"GET", "/v1/photos/*", Access::Read, BlockingHandler([parts](const Call& call) {
                      return show_photo(parts.store, call);
                    }),
                    0, AuditKind::PhotoRead});
}

}  // namespace sightingd
