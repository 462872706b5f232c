#include "config/cost_preview.h"

#include "config/text/quantity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace sightingd {
namespace {

/// What requests are counted in where no limit names a window.
constexpr std::chrono::minutes kUnlimitedWindow{15};

double polls_in(std::chrono::seconds window, std::chrono::seconds interval) {
  return static_cast<double>(window.count()) / static_cast<double>(interval.count());
}

SourceCost cost_of(const SourceOptions& source, const std::vector<WatchOptions>& watches) {
  SourceCost cost{.source = source.name, .limit = source.request_limit};
  cost.window = source.request_limit ? source.request_limit->window : kUnlimitedWindow;
  auto shortest = std::chrono::seconds::max();
  auto longest = std::chrono::seconds::zero();
  for (const WatchOptions& watch : watches) {
    if (watch.source != source.name) {
      continue;
    }
    ++cost.watches;
    cost.quiet_requests += polls_in(cost.window, watch.max_poll_interval);
    cost.busy_requests += polls_in(cost.window, watch.poll_interval);
    shortest = std::min(shortest, watch.poll_interval);
    longest = std::max(longest, watch.poll_interval);
  }
  if (cost.watches == 0) {
    return cost;
  }
  const double stretch =
      cost.limit ? std::max(1.0, cost.busy_requests / cost.limit->requests) : 1.0;
  const auto stretched = [stretch](std::chrono::seconds interval) {
    return std::chrono::seconds(
        std::llround(std::ceil(static_cast<double>(interval.count()) * stretch)));
  };
  cost.is_stretched = stretch > 1;
  cost.shortest_interval = stretched(shortest);
  cost.longest_interval = stretched(longest);
  return cost;
}

/// "30", or "2 to 30" when the two differ.
std::string range(const std::string& least, const std::string& most) {
  return least == most ? least : least + " to " + most;
}

std::string rounded_up(double requests) {
  return std::to_string(std::llround(std::ceil(requests)));
}

/// Exact to the second below an hour, to the minute above: enough to judge a plan by.
std::string rough_duration(std::chrono::seconds duration) {
  if (duration <= std::chrono::hours(1)) {
    return format_duration(duration);
  }
  return format_duration(std::chrono::ceil<std::chrono::minutes>(duration));
}

constexpr std::size_t kColumns = 5;
using Row = std::array<std::string, kColumns>;

Row row_of(const SourceCost& cost, std::string name) {
  const std::string requests =
      range(rounded_up(cost.quiet_requests), rounded_up(cost.busy_requests)) + " in " +
      format_duration(cost.window);
  std::string interval = "-";
  if (cost.watches > 0) {
    interval = range(rough_duration(cost.shortest_interval), rough_duration(cost.longest_interval));
    interval += cost.is_stretched ? " (by the limit)" : "";
  }
  return {std::move(name), std::to_string(cost.watches), requests,
          cost.limit ? format_rate(*cost.limit) : "none", interval};
}

std::string aligned(const std::vector<Row>& rows) {
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t column = 0; column + 1 < kColumns; ++column) {
      text += row[column] + std::string(widths[column] - row[column].size() + 2, ' ');
    }
    text += row.back() + '\n';
  }
  return text;
}

}  // namespace

std::vector<SourceCost> cost_preview(const Settings& settings) {
  std::vector<SourceCost> costs;
  for (const SourceOptions& source : settings.sources) {
    costs.push_back(cost_of(source, settings.watches));
  }
  return costs;
}

std::string render(const std::vector<SourceCost>& costs, Audience audience) {
  std::vector<Row> rows = {{"SOURCE", "WATCHES", "REQUESTS", "LIMIT", "POLL INTERVAL"}};
  for (std::size_t i = 0; i < costs.size(); ++i) {
    rows.push_back(row_of(costs[i], audience == Audience::Operator
                                        ? costs[i].source
                                        : "source[" + std::to_string(i) + ']'));
  }
  return aligned(rows);
}

}  // namespace sightingd
