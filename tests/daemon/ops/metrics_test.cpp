#include "daemon/ops/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sightingd {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsTest, DeclaresEveryMetricEvenWithoutASample) {
  const std::string text = metrics_text({}, {});

  for (const char* name : {"sightingd_build_info gauge",
                           "sightingd_polls_total counter",
                           "sightingd_posts_total counter",
                           "sightingd_sightings_total counter",
                           "sightingd_posts_skipped_total counter",
                           "sightingd_images_total counter",
                           "sightingd_image_locations_total counter",
                           "sightingd_http_requests_total counter",
                           "sightingd_rate_limit_remaining gauge",
                           "sightingd_poll_lag_seconds gauge",
                           "sightingd_coverage_ratio gauge",
                           "sightingd_stage_duration_seconds histogram",
                           "sightingd_queue_depth gauge",
                           "sightingd_examiner_restarts_total counter",
                           "sightingd_store_bytes gauge",
                           "sightingd_photos gauge",
                           "sightingd_feed_sequence gauge",
                           "sightingd_retention_lag_seconds gauge",
                           "sightingd_waits_for_space gauge",
                           "process_cpu_seconds_total counter",
                           "process_resident_memory_bytes gauge",
                           "process_virtual_memory_bytes gauge",
                           "process_open_fds gauge",
                           "process_start_time_seconds gauge"}) {
    EXPECT_THAT(text, HasSubstr("# TYPE " + std::string(name) + "\n"));
  }
}

TEST(MetricsTest, ReadsWhatIngestCounted) {
  IngestCounters counters;
  counters.polls[{"social", "ok"}] = 3;
  counters.posts[{"social", "rescue"}] = 40;
  counters.sightings["social"] = 7;
  counters.skipped[{"social", SkipReason::NoMedia}] = 33;
  counters.images_of(ImageCount::Duplicate) = 2;
  counters.image_locations[LocationOrigin::Xmp] = 1;
  counters.queue_depths["fetch"] = 5;
  counters.examiner_restarts["crashed"] = 1;

  const std::string text = metrics_text({}, counters);

  EXPECT_THAT(text, HasSubstr("sightingd_polls_total{source=\"social\",outcome=\"ok\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("sightingd_posts_total{source=\"social\",watch=\"rescue\"} 40\n"));
  EXPECT_THAT(text, HasSubstr("sightingd_sightings_total{source=\"social\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("{source=\"social\",reason=\"no_media\"} 33\n"));
  EXPECT_THAT(text, HasSubstr("sightingd_images_total{outcome=\"duplicate\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("sightingd_image_locations_total{origin=\"xmp\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sightingd_queue_depth{stage=\"fetch\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("sightingd_examiner_restarts_total{reason=\"crashed\"} 1\n"));
}

TEST(MetricsTest, ReadsWhatTheStatusSays) {
  Status status;
  status.version = "1.2.3";
  status.photos = 12;
  SourceStatus source;
  source.name = "social";
  source.requests_by_code["200"] = 9;
  status.sources.push_back(source);
  WatchStatus watch;
  watch.name = "rescue";
  watch.source = "social";
  watch.lag = std::chrono::seconds(61);
  watch.coverage_ratio = 0.5;
  status.watches.push_back(watch);

  const std::string text = metrics_text(status, {});

  EXPECT_THAT(text, HasSubstr("sightingd_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sightingd_photos 12\n"));
  EXPECT_THAT(text, HasSubstr("{source=\"social\",code=\"200\"} 9\n"));
  EXPECT_THAT(text, HasSubstr("_lag_seconds{source=\"social\",watch=\"rescue\"} 61\n"));
  EXPECT_THAT(text, HasSubstr("_coverage_ratio{source=\"social\",watch=\"rescue\"} 0.5\n"));
}

TEST(MetricsTest, LeavesOutWhatNobodyKnows) {
  Status status;
  status.sources.emplace_back();

  EXPECT_THAT(metrics_text(status, {}), Not(HasSubstr("sightingd_rate_limit_remaining{")));
}

TEST(MetricsTest, AddsTheBucketsOfAHistogramUp) {
  IngestCounters counters;
  counters.stages.record(Stage::Commit, std::chrono::microseconds(100));
  counters.stages.record(Stage::Commit, std::chrono::seconds(20));

  const std::string text = metrics_text({}, counters);

  EXPECT_THAT(text, HasSubstr("_seconds_count{stage=\"commit\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("_seconds_bucket{stage=\"commit\",le=\"10\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_seconds_bucket{stage=\"commit\",le=\"+Inf\"} 2\n"));
}

}  // namespace
}  // namespace sightingd
