// What must not be taken any more, and what is kept against its age.
#include "daemon/api/json_writer.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"
#include "daemon/workers/on_worker.h"

#include <utility>

namespace sightingd {
namespace {

namespace asio = boost::asio;

void write(JsonWriter& json, const Refusal& refusal) {
  json.begin_object();
  json.member("refusal", refusal.number);
  json.member("at", refusal.at);
  json.member("kind", to_text(refusal.kind));
  std::optional<std::string> photo;
  std::optional<std::string> pdq;
  if (refusal.picture) {
    photo = std::string(refusal.picture->photo.text());
    if (refusal.picture->hashes.whole) {
      pdq = to_hex(*refusal.picture->hashes.whole);
    }
  }
  json.member("photo", photo);
  json.member("pdq", pdq);
  json.end_object();
}

Answer refusals(const ControlParts& parts) {
  Answer answer;
  JsonWriter json(answer.body);
  json.begin_object();
  json.key("refusals");
  json.begin_array();
  for (const Refusal& refusal : parts.store.refusals()) {
    write(json, refusal);
  }
  json.end_array();
  json.end_object();
  answer.body += '\n';
  return answer;
}

asio::awaitable<Answer> remove_refusal(ControlParts parts, Call call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    co_return answer_of(only.error());
  }
  const auto number = number_argument(call);
  if (!number) {
    co_return error_answer(400, "bad_request", "A refusal is named by its number.");
  }
  Facts facts = WithdrawRefusal{.number = *number, .at = parts.clock.now()};
  const auto outcome = co_await parts.operations.commit(std::move(facts));
  if (!outcome) {
    co_return answer_of(outcome.error());
  }
  if (outcome->refusals_withdrawn == 0) {
    co_return error_answer(404, "not_found", "There is no refusal with this number.");
  }
  call.audited->has_happened = true;
  call.audited->event.count = *number;
  Answer answer;
  answer.body = "{\"removed\":" + std::to_string(*number) + "}\n";
  co_return answer;
}

Answer holds(const ControlParts& parts) {
  const auto held = parts.store.holds();
  if (!held) {
    return answer_of(held.error());
  }
  Answer answer;
  JsonWriter json(answer.body);
  json.begin_object();
  json.key("holds");
  json.begin_array();
  for (const HeldSighting& hold : *held) {
    json.begin_object();
    json.member("sighting", std::string(hold.sighting.text()));
    json.member("until", hold.until);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  answer.body += '\n';
  return answer;
}

/// Keeps a sighting until a time, or without one no longer.
asio::awaitable<Answer> hold(ControlParts parts, Call call) {
  const Parameters parameters(call.request.target);
  if (const auto only = parameters.only({"until", "reason"}); !only) {
    co_return answer_of(only.error());
  }
  const auto id = SightingId::parse(call.argument);
  if (!id) {
    co_return error_answer(400, "bad_request", "This is not the id of a sighting, \"sg_...\".");
  }
  std::optional<TimePoint> until;
  if (const auto text = parameters.text("until")) {
    until = parse_rfc3339(*text);
    if (!until || *until <= parts.clock.now()) {
      co_return error_answer(400, "bad_request",
                             "'until' must be a time to come, as 2027-01-31T00:00:00Z.");
    }
  }
  const auto reason = parameters.text("reason");
  if (!reason || reason->empty() || reason->size() > kMostAuditReasonBytes) {
    co_return error_answer(400, "bad_request", "'reason' must be a text of 1 to 4096 bytes.");
  }
  const auto known = co_await on_worker(parts.workers, [&]() -> Result<bool> {
    const auto view = parts.store.sighting(*id);
    if (!view) {
      return view.error();
    }
    return view->has_value();
  });
  if (!known) {
    co_return answer_of(known.error());
  }
  if (!*known) {
    co_return error_answer(404, "not_found", "No such sighting is stored.");
  }
  Facts facts = HoldSighting{.sighting = *id, .until = until, .at = parts.clock.now()};
  const auto outcome = co_await parts.operations.commit(std::move(facts));
  if (!outcome) {
    co_return answer_of(outcome.error());
  }
  call.audited->has_happened = true;
  call.audited->event.kind = until ? AuditKind::Hold : AuditKind::HoldEnd;
  call.audited->event.subject = parts.store.audit_subject(*id);
  call.audited->event.count = 1;
  call.audited->event.reason = std::string(*reason);
  Answer answer;
  JsonWriter json(answer.body);
  json.begin_object();
  json.member("sighting", std::string(id->text()));
  json.member("held_until", until);
  json.end_object();
  answer.body += '\n';
  co_return answer;
}

}  // namespace

void add_refusal_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"GET", "/v1/refusals", Access::Operate,
                    BlockingHandler([parts](const Call&) { return refusals(parts); })});
  routes.push_back(
      {"POST", "/v1/refusals/*/remove", Access::Operate,
       AsyncHandler([parts](Call call) { return remove_refusal(parts, std::move(call)); }), 0,
       AuditKind::RefusalEnd});
  routes.push_back({"GET", "/v1/holds", Access::Operate,
                    BlockingHandler([parts](const Call&) { return holds(parts); })});
  routes.push_back({"POST", "/v1/holds/*", Access::Operate,
                    AsyncHandler([parts](Call call) { return hold(parts, std::move(call)); }), 0,
                    AuditKind::Hold});
}

}  // namespace sightingd
