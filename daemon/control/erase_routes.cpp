// Erasing for good.
#include "daemon/api/erase_request.h"
#include "daemon/api/json_writer.h"
#include "daemon/api/receipt.h"
#include "daemon/control/erasure.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"
#include "daemon/workers/on_worker.h"
#include "pipeline/hex.h"
#include "storage/backup/backups.h"

#include <utility>

namespace sightingd {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMostReason = 4096;

Receipt signed_receipt(const SigningKey& key, const ReceiptText& text) {
  Receipt receipt{
      .text = receipt_text(text), .public_key = key.public_key().hex(), .signature = {}};
  const std::string signature = key.sign(kReceiptPurpose, receipt.text);
  receipt.signature =
      hex_of({reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()});
  return receipt;
}

/// An order that failed half-way has erased, too.
void note(const ControlParts& parts, const Result<Erased>& erased, const ReceiptText& text,
          Audited& audited) {
  audited.has_happened = erased || erased.error().code == ErrorCode::Storage;
  audited.event.details = {text.what};
  audited.event.reason = text.reason;
  if (erased) {
    audited.event.count = erased->sightings;
  }
  if (erased && erased->post) {
    audited.event.subject = parts.store.audit_subject(*erased->post);
  }
}

asio::awaitable<Answer> erased_answer(ControlParts parts, Result<Erased> erased, ReceiptText text,
                                      Audited& audited) {
  note(parts, erased, text, audited);
  if (!erased) {
    co_return erased.error().reason == "confirm"
        ? error_answer(409, "confirm", erased.error().message)
        : answer_of(erased.error());
  }
  const Result<BackupReach> reach =
      co_await on_worker(parts.workers, [&] { return parts.store.backups().reach(); });
  // All is erased: when it cannot be said how long, the receipt does not say that it ends.
  text.in_backups_until = reach ? reach->until : std::nullopt;
  text.in_backups_for_ever = !reach || reach->is_for_ever;
  text.at = parts.clock.now();
  text.sightings = erased->sightings;
  text.photos = erased->photos;
  text.updated = erased->updated;
  text.held = erased->held;
  text.refuses = erased->refuses;
  Answer answer;
  JsonWriter json(answer.body);
  json.begin_object();
  json.member("sightings", erased->sightings);
  json.member("photos", erased->photos);
  json.member("sightings_updated", erased->updated);
  json.member("held", erased->held);
  json.key("receipt");
  json.object(receipt_json(signed_receipt(parts.store.signing_key(), text)));
  json.end_object();
  answer.body += '\n';
  co_return answer;
}

asio::awaitable<Answer> erase(ControlParts parts, Call call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    co_return answer_of(only.error());
  }
  Result<EraseRequest> request = parse_erase_request(call.request.body);
  if (!request) {
    co_return answer_of(request.error());
  }
  ReceiptText text;
  text.what = to_text(request->what);
  text.subject = request->subject;
  text.reason = request->reason;
  Erasure erasure(parts);
  auto erased = co_await erasure.carry_out(std::move(*request));
  co_return co_await erased_answer(parts, std::move(erased), std::move(text), *call.audited);
}

asio::awaitable<Answer> erase_like(ControlParts parts, Call call) {
  const Parameters parameters(call.request.target);
  if (const auto only = parameters.only({"reason", "despite_hold"}); !only) {
    co_return answer_of(only.error());
  }
  const auto despite_hold = parameters.flag("despite_hold");
  if (!despite_hold) {
    co_return answer_of(despite_hold.error());
  }
  ReceiptText text;
  text.what = "like";
  text.reason = parameters.text("reason").value_or("");
  if (text.reason.empty() || text.reason.size() > kMostReason) {
    co_return error_answer(400, "bad_request", "'reason' must be a text of 1 to 4096 bytes.");
  }
  text.subject = call.request.body;
  Erasure erasure(parts);
  auto erased = co_await erasure.erase_like(std::move(call.request.body), *despite_hold);
  co_return co_await erased_answer(parts, std::move(erased), std::move(text), *call.audited);
}

Answer receipt_key(const ControlParts& parts) {
  Answer answer;
  JsonWriter json(answer.body);
  json.begin_object();
  json.member("public_key", parts.store.signing_key().public_key().hex());
  json.end_object();
  answer.body += '\n';
  return answer;
}

}  // namespace

void add_erase_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"POST", "/v1/erase", Access::Operate,
                    AsyncHandler([parts](Call call) { return erase(parts, std::move(call)); }),
                    kMaxEraseBody, AuditKind::Erasure});
  routes.push_back({"POST", "/v1/erase-like", Access::Operate,
                    AsyncHandler([parts](Call call) { return erase_like(parts, std::move(call)); }),
                    static_cast<std::size_t>(parts.max_upload_bytes), AuditKind::Erasure});
  routes.push_back({"GET", "/v1/receipt-key", Access::Read,
                    BlockingHandler([parts](const Call&) { return receipt_key(parts); })});
}

}  // namespace sightingd
