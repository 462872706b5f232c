#include "daemon/api/audit_json.h"

#include "daemon/api/json_writer.h"
#include "pipeline/hex.h"

#include <span>

namespace sightingd {
namespace {

std::string hex_of_subject(const LookupHash& hash) {
  return hex_of(
      std::span(reinterpret_cast<const std::uint8_t*>(hash.bytes.data()), hash.bytes.size()));
}

void head_member(JsonWriter& json, std::string_view name, const ChainHead& head) {
  json.key(name);
  json.begin_object();
  json.member("number", head.number);
  json.member("hash", hex_of(head.hash));
  json.end_object();
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

void append_audit_entry(const AuditEntry& entry, std::string& out) {
  const AuditEvent& event = entry.event;
  JsonWriter json(out);
  json.begin_object();
  json.member("number", entry.head.number);
  json.member("time", event.time);
  json.member("kind", to_text(event.kind));
  json.member("uid", event.peer ? std::optional(event.peer->uid) : std::nullopt);
  json.member("pid", event.peer ? std::optional(event.peer->pid) : std::nullopt);
  json.member("route", unless_empty(event.route));
  json.member("subject",
              event.subject ? std::optional(hex_of_subject(*event.subject)) : std::nullopt);
  json.member("count", event.count);
  json.member("first_cursor", unless_empty(event.first_cursor));
  json.member("last_cursor", unless_empty(event.last_cursor));
  json.key("details");
  json.begin_array();
  for (const std::string& detail : event.details) {
    json.value(detail);
  }
  json.end_array();
  json.member("reason", event.reason);
  json.member("reason_removed", entry.had_reason && !event.reason);
  json.member("hash", hex_of(entry.head.hash));
  json.end_object();
  out.push_back('\n');
}

std::string verdict_json(const AuditVerdict& verdict, const PublicKey& signer) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("whole", !verdict.broken.has_value());
  json.member("broken", verdict.broken);
  json.member("entries", verdict.entries);
  head_member(json, "head", verdict.head);
  json.key("checkpoint");
  if (verdict.checkpoint) {
    json.begin_object();
    head_member(json, "after", verdict.checkpoint->after);
    json.member("broken", verdict.checkpoint->broken);
    json.member("cut_before", verdict.checkpoint->broken ? std::nullopt
                                                         : std::optional(verdict.checkpoint->time));
    json.end_object();
  } else {
    json.null();
  }
  json.member("public_key", signer.hex());
  json.end_object();
  out.push_back('\n');
  return out;
}

std::string transparency_json(const TransparencyReport& report) {
  std::string out;
  JsonWriter json(out);
  const auto months = [&json](std::string_view name, const std::vector<ReportMonth>& listed) {
    json.key(name);
    json.begin_array();
    for (const ReportMonth& month : listed) {
      json.value(to_text(month));
    }
    json.end_array();
  };
  json.begin_object();
  months("months", report.months);
  months("left_out", report.left_out);
  json.member("smallest_count", kSmallestCount);
  json.key("rows");
  json.begin_array();
  for (const TransparencyReport::Row& row : report.rows) {
    json.begin_object();
    json.member("kind", to_text(row.kind));
    json.key("counts");
    json.begin_array();
    for (const std::optional<std::uint64_t>& count : row.counts) {
      json.value(count);
    }
    json.end_array();
    json.member("total", row.total.shown);
    json.member("total_is_at_least", row.total.is_at_least);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  out.push_back('\n');
  return out;
}

}  // namespace sightingd
