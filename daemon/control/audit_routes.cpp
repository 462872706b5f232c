// The audit log: its entries, whether it is whole, and what is counted of it.
#include "daemon/api/audit_json.h"
#include "daemon/api/transparency_report.h"
#include "daemon/control/audit_stream.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"
#include "daemon/workers/on_worker.h"

#include <utility>

namespace sightingd {
namespace {

namespace asio = boost::asio;

// A worker has other things to do in between.
constexpr int kEntriesCountedAtOnce = 4096;
constexpr auto kMostMonths = std::chrono::months(120);

Answer bad_request(std::string_view sentence) { return error_answer(400, "bad_request", sentence); }

std::optional<LookupHash> subject_of(const Store& store, std::string_view id) {
  if (const auto sighting = SightingId::parse(id)) {
    return store.audit_subject(*sighting);
  }
  const auto photo = PhotoId::parse(id);
  return photo ? std::optional(store.audit_subject(*photo)) : std::nullopt;
}

Answer entries(const ControlParts& parts, const Call& call) {
  const Parameters parameters(call.request.target);
  const auto only = parameters.only({"after", "last", "id"});
  const auto after = parameters.number("after", 0, INT64_MAX);
  const auto last = parameters.number("last", 1, INT64_MAX);
  if (!only || !after || !last) {
    return answer_of(!only ? only.error() : !after ? after.error() : last.error());
  }
  AuditQuery query{.after = after->value_or(0), .last = last->value_or(UINT64_MAX), .subject = {}};
  if (const auto id = parameters.text("id")) {
    query.subject = subject_of(parts.store, *id);
    if (!query.subject) {
      return bad_request(
          "'id' must be an id of a sighting or a photo (sg_ or ph_ and 26 characters).");
    }
  }
  const AuditLog& log = parts.store.audit();
  const std::uint64_t newest = log.head().number;
  auto reader = log.read();
  if (!reader) {
    return answer_of(reader.error());
  }
  call.audited->has_happened = true;
  call.audited->event.subject = query.subject;
  Answer answer;
  answer.content_type = "application/x-ndjson";
  answer.stream = std::make_unique<AuditStream>(std::move(*reader), newest, query, parts.workers);
  return answer;
}

Answer verdict(const Store& store, const Call& call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    return answer_of(only.error());
  }
  const auto verdict = store.audit().verify();
  if (!verdict) {
    return answer_of(verdict.error());
  }
  call.audited->has_happened = true;
  call.audited->event.count = verdict->entries;
  Answer answer;
  answer.body = verdict_json(*verdict, store.signing_key().public_key());
  return answer;
}

/// False at the end.
Result<bool> count_some(AuditReader& reader, AuditTally& tally, std::optional<TimePoint>& first) {
  for (int i = 0; i < kEntriesCountedAtOnce; ++i) {
    const auto entry = reader.next();
    if (!entry) {
      return entry.error();
    }
    if (!*entry) {
      return false;
    }
    first = first.value_or((*entry)->event.time);
    tally.add((*entry)->event);
  }
  return true;
}

asio::awaitable<Answer> report(ControlParts parts, Call call) {
  const Parameters parameters(call.request.target);
  if (const auto only = parameters.only({"from", "to"}); !only) {
    co_return answer_of(only.error());
  }
  const auto from = parse_month(parameters.text("from").value_or(""));
  const auto to = parse_month(parameters.text("to").value_or(""));
  if (!from || !to || *to < *from || *to - *from >= kMostMonths) {
    co_return bad_request(
        "'from' and 'to' must be months, as 2026-02, or days in them, at most 120 months "
        "together.");
  }
  auto reader = parts.store.audit().read();
  if (!reader) {
    co_return answer_of(reader.error());
  }
  AuditTally tally;
  std::optional<TimePoint> first;
  for (bool goes_on = true; goes_on;) {
    const Result<bool> counted =
        co_await on_worker(parts.workers, [&] { return count_some(*reader, tally, first); });
    if (!counted) {
      co_return answer_of(counted.error());
    }
    goes_on = *counted;
  }
  const auto checkpoint = reader->checkpoint();
  if (checkpoint) {
    // Of a log that was found broken, nobody knows how far back the lost entries reach.
    tally.begins_at(checkpoint->broken ? first.value_or(parts.clock.now()) : checkpoint->time);
  }
  call.audited->has_happened = true;
  Answer answer;
  answer.body = transparency_json(tally.report(*from, *to, parts.clock.now()));
  co_return answer;
}

Answer remove_reason(const ControlParts& parts, const Call& call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    return answer_of(only.error());
  }
  const auto entry = number_argument(call);
  if (!entry) {
    return bad_request("This is no number of an entry of the audit log.");
  }
  // The log notes it itself, with the removal.
  if (const auto removed = parts.store.audit().remove_reason(*entry, call.audited->event);
      !removed) {
    return answer_of(removed.error());
  }
  Answer answer;
  answer.body = "{\"removed\":true}\n";
  return answer;
}

}  // namespace

void add_audit_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"GET", "/v1/audit", Access::Operate,
                    BlockingHandler([parts](const Call& call) { return entries(parts, call); }), 0,
                    AuditKind::AuditRead});
  routes.push_back(
      {"GET", "/v1/audit/verdict", Access::Operate,
       BlockingHandler([parts](const Call& call) { return verdict(parts.store, call); }), 0,
       AuditKind::AuditRead});
  routes.push_back(
      {"POST", "/v1/audit/*/remove-reason", Access::Operate,
       BlockingHandler([parts](const Call& call) { return remove_reason(parts, call); }), 0,
       AuditKind::ReasonRemoval});
  routes.push_back({"GET", "/v1/report", Access::Operate,
                    AsyncHandler([parts](Call call) { return report(parts, std::move(call)); }), 0,
                    AuditKind::AuditRead});
}

}  // namespace sightingd
