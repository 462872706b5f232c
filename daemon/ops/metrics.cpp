#include "daemon/ops/metrics.h"

#include "daemon/ops/process_usage.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

// Everything a metric may be read from.
struct Owners {
  const Status& status;
  const IngestCounters& counters;
  ProcessUsage process;
};

// Collects the samples of one metric.
class Samples {
 public:
  Samples(MetricType type, std::vector<ClientMetric>& out) : type_(type), out_(out) {}

  using Label = std::pair<std::string_view, std::string_view>;

  template <typename Number>
  void add(Number number, std::initializer_list<Label> labels = {}) {
    ClientMetric metric = labelled(labels);
    if (type_ == MetricType::Counter) {
      metric.counter.value = static_cast<double>(number);
    } else {
      metric.gauge.value = static_cast<double>(number);
    }
    out_.push_back(std::move(metric));
  }

  template <typename Number>
  void add(const std::optional<Number>& number, std::initializer_list<Label> labels = {}) {
    if (number) {
      add(*number, labels);
    }
  }

  void add(const StageDurations::Histogram& histogram, std::initializer_list<Label> labels) {
    ClientMetric metric = labelled(labels);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
      cumulative += histogram.counts[i];
      ClientMetric::Bucket bucket;
      bucket.cumulative_count = cumulative;
      bucket.upper_bound = i < StageDurations::kBounds.size()
                               ? std::chrono::duration<double>(StageDurations::kBounds[i]).count()
                               : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back(bucket);
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = std::chrono::duration<double>(histogram.sum).count();
    out_.push_back(std::move(metric));
  }

 private:
  static ClientMetric labelled(std::initializer_list<Label> labels) {
    ClientMetric metric;
    for (const auto& [name, value] : labels) {
      metric.label.push_back({std::string(name), std::string(value)});
    }
    return metric;
  }

  MetricType type_;
  std::vector<ClientMetric>& out_;
};

struct Metric {
  std::string_view name;
  MetricType type;
  std::string_view help;
  void (*read)(const Owners& owners, Samples& samples);
};

constexpr auto kCounter = MetricType::Counter;
constexpr auto kGauge = MetricType::Gauge;
constexpr auto kHistogram = MetricType::Histogram;

// Every metric of this program, in the order of docs/api.md. Labels come from closed sets and
// configured names only: never an id, an account, a URL or a hashtag.
constexpr std::array kMetrics = {
    Metric{"sightingd_build_info", kGauge, "Always 1; the version is in the label.",
           [](const Owners& from, Samples& to) {
             to.add(1, {{"version", from.status.version}});
           }},
    Metric{"sightingd_ready", kGauge, "1 when /readyz says ready, else 0.",
           [](const Owners& from, Samples& to) { to.add(from.status.ready ? 1 : 0); }},
    Metric{"sightingd_polls_total", kCounter, "Polls that ended, by what came of them.",
           [](const Owners& from, Samples& to) {
             for (const auto& [key, count] : from.counters.polls) {
               to.add(count, {{"source", key.first}, {"outcome", key.second}});
             }
           }},
    Metric{"sightingd_posts_total", kCounter, "Posts read, those read again included.",
           [](const Owners& from, Samples& to) {
             for (const auto& [key, count] : from.counters.posts) {
               to.add(count, {{"source", key.first}, {"watch", key.second}});
             }
           }},
    Metric{"sightingd_sightings_total", kCounter, "New sightings.",
           [](const Owners& from, Samples& to) {
             for (const auto& [source, count] : from.counters.sightings) {
               to.add(count, {{"source", source}});
             }
           }},
    Metric{"sightingd_posts_skipped_total", kCounter, "Posts that are no sighting, by reason.",
           [](const Owners& from, Samples& to) {
             for (const auto& [key, count] : from.counters.skipped) {
               to.add(count, {{"source", key.first}, {"reason", to_text(key.second)}});
             }
           }},
    Metric{"sightingd_images_total", kCounter, "Pictures of posts, by what became of them.",
           [](const Owners& from, Samples& to) {
             for (std::size_t i = 0; i < kImageCounts; ++i) {
               to.add(from.counters.images[i], {{"outcome", to_text(static_cast<ImageCount>(i))}});
             }
           }},
    Metric{"sightingd_image_locations_total", kCounter,
           "Pictures that said where they were taken, by where that was read.",
           [](const Owners& from, Samples& to) {
             for (const auto& [origin, count] : from.counters.image_locations) {
               to.add(count, {{"origin", to_text(origin)}});
             }
           }},
    Metric{"sightingd_http_requests_total", kCounter,
           "Requests to sources, by status code or kind of failure.",
           [](const Owners& from, Samples& to) {
             for (const SourceStatus& source : from.status.sources) {
               for (const auto& [code, count] : source.requests_by_code) {
                 to.add(count, {{"source", source.name}, {"code", code}});
               }
             }
           }},
    Metric{"sightingd_rate_limit_remaining", kGauge,
           "Requests that the source still grants in its present window, as it said itself.",
           [](const Owners& from, Samples& to) {
             for (const SourceStatus& source : from.status.sources) {
               to.add(source.rate_limit_remaining, {{"source", source.name}});
             }
           }},
    Metric{"sightingd_poll_lag_seconds", kGauge,
           "Time since everything that the source showed had been read.",
           [](const Owners& from, Samples& to) {
             for (const WatchStatus& watch : from.status.watches) {
               to.add(watch.lag.count(), {{"source", watch.source}, {"watch", watch.name}});
             }
           }},
    Metric{"sightingd_coverage_ratio", kGauge,
           "Share of the last 7 days, or since the first reading, that was read without a hole.",
           [](const Owners& from, Samples& to) {
             for (const WatchStatus& watch : from.status.watches) {
               to.add(watch.coverage_ratio, {{"source", watch.source}, {"watch", watch.name}});
             }
           }},
    Metric{"sightingd_stage_duration_seconds", kHistogram, "Time that one step took, by stage.",
           [](const Owners& from, Samples& to) {
             for (std::size_t i = 0; i < kStages; ++i) {
               const auto stage = static_cast<Stage>(i);
               to.add(from.counters.stages.of(stage), {{"stage", to_text(stage)}});
             }
           }},
    Metric{"sightingd_queue_depth", kGauge, "What waits at this moment, by stage.",
           [](const Owners& from, Samples& to) {
             for (const auto& [stage, depth] : from.counters.queue_depths) {
               to.add(depth, {{"stage", stage}});
             }
           }},
    Metric{"sightingd_examiner_restarts_total", kCounter,
           "Examiner processes that had to be replaced, by reason.",
           [](const Owners& from, Samples& to) {
             for (const auto& [reason, count] : from.counters.examiner_restarts) {
               to.add(count, {{"reason", reason}});
             }
           }},
    Metric{"sightingd_store_bytes", kGauge, "Size of the store on disk.",
           [](const Owners& from, Samples& to) { to.add(from.status.store_bytes); }},
    Metric{"sightingd_stored_sightings", kGauge, "Living sightings in the store.",
           [](const Owners& from, Samples& to) { to.add(from.status.sightings); }},
    Metric{"sightingd_photos", kGauge, "Photos in the store.",
           [](const Owners& from, Samples& to) { to.add(from.status.photos); }},
    Metric{"sightingd_pending_images", kGauge, "Pictures whose fetch is to be tried again.",
           [](const Owners& from, Samples& to) { to.add(from.status.pending_images); }},
    Metric{"sightingd_feed_sequence", kGauge, "Sequence number of the newest event of the feed.",
           [](const Owners& from, Samples& to) { to.add(from.status.feed_sequence); }},
    Metric{"sightingd_retention_lag_seconds", kGauge,
           "For how long the oldest sighting that is not held should have been erased.",
           [](const Owners& from, Samples& to) { to.add(from.status.retention.lag.count()); }},
    Metric{"sightingd_waits_for_space", kGauge,
           "1 while nothing is taken in because the disk of the store is full, or nearly so.",
           [](const Owners& from, Samples& to) { to.add(from.status.waits_for_space ? 1 : 0); }},
    Metric{"process_cpu_seconds_total", kCounter, "CPU time spent, user and system.",
           [](const Owners& from, Samples& to) {
             to.add(std::chrono::duration<double>(from.process.cpu).count());
           }},
    Metric{"process_resident_memory_bytes", kGauge, "Resident memory.",
           [](const Owners& from, Samples& to) { to.add(from.process.resident_bytes); }},
    Metric{"process_virtual_memory_bytes", kGauge, "Virtual memory.",
           [](const Owners& from, Samples& to) { to.add(from.process.virtual_bytes); }},
    Metric{"process_open_fds", kGauge, "Open file descriptors.",
           [](const Owners& from, Samples& to) { to.add(from.process.open_descriptors); }},
    Metric{"process_max_fds", kGauge, "Most file descriptors that may be open.",
           [](const Owners& from, Samples& to) { to.add(from.process.max_descriptors); }},
    Metric{"process_start_time_seconds", kGauge, "When the process started, in Unix time.",
           [](const Owners& from, Samples& to) {
             to.add(
                 std::chrono::duration<double>(from.status.started_at.time_since_epoch()).count());
           }},
};

}  // namespace

std::string metrics_text(const Status& status, const IngestCounters& counters) {
  const Owners owners{status, counters, process_usage()};
  std::vector<prometheus::MetricFamily> families;
  families.reserve(kMetrics.size());
  for (const Metric& metric : kMetrics) {
    prometheus::MetricFamily family;
    family.name = metric.name;
    family.help = metric.help;
    family.type = metric.type;
    Samples samples(metric.type, family.metric);
    metric.read(owners, samples);
    families.push_back(std::move(family));
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace sightingd
