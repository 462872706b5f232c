#include "daemon/check_report.h"

#include "config/cost_preview.h"
#include "daemon/api/json_writer.h"

#include <string>
#include <string_view>
#include <vector>

namespace sightingd {
namespace {

void write_lines(JsonWriter& json, std::string_view name,
                 const std::vector<Diagnostic>& diagnostics, Audience audience) {
  json.key(name);
  json.begin_array();
  for (const Diagnostic& diagnostic : diagnostics) {
    json.value(render(diagnostic, audience));
  }
  json.end_array();
}

void write_limit(JsonWriter& json, const std::optional<RequestLimit>& limit) {
  json.key("limit");
  if (!limit) {
    json.null();
    return;
  }
  json.begin_object();
  json.member("requests", limit->requests);
  json.member("window_seconds", limit->window.count());
  json.end_object();
}

void write_cost(JsonWriter& json, const SourceCost& cost, std::string_view name) {
  json.begin_object();
  json.member("source", name);
  json.member("watches", cost.watches);
  json.member("window_seconds", cost.window.count());
  json.member("quiet_requests", cost.quiet_requests);
  json.member("busy_requests", cost.busy_requests);
  write_limit(json, cost.limit);
  json.member("shortest_interval_seconds", cost.shortest_interval.count());
  json.member("longest_interval_seconds", cost.longest_interval.count());
  json.member("is_stretched", cost.is_stretched);
  json.end_object();
}

}  // namespace

std::string check_report_json(const LoadResult& loaded, Audience audience) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.member("valid", loaded.settings.has_value());
  write_lines(json, "mistakes", loaded.errors, audience);
  write_lines(json, "notes", loaded.notes, audience);
  json.key("sources");
  json.begin_array();
  if (loaded.settings) {
    const std::vector<SourceCost> costs = cost_preview(*loaded.settings);
    for (std::size_t i = 0; i < costs.size(); ++i) {
      // The journal is told no values of the configuration.
      write_cost(
          json, costs[i],
          audience == Audience::Operator ? costs[i].source : "source[" + std::to_string(i) + "]");
    }
  }
  json.end_array();
  json.end_object();
  text += '\n';
  return text;
}

}  // namespace sightingd
