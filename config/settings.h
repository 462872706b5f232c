#pragma once

#include "config/secret.h"
#include "connectors/connector.h"
#include "connectors/http/http_options.h"
#include "connectors/source_options.h"
#include "examiner/examiner_options.h"
#include "storage/store_options.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// `[metrics]`: an empty address means no listener.
struct MetricsOptions {
  std::string listen = "127.0.0.1:9464";

  friend bool operator==(const MetricsOptions&, const MetricsOptions&) = default;
};

/// `[control]`.
struct ControlOptions {
  std::filesystem::path socket = "/run/sightingd/control.sock";
  std::vector<std::string> operators = {"sightingd-operators"};

  friend bool operator==(const ControlOptions&, const ControlOptions&) = default;
};

/// `[media]`.
struct MediaOptions {
  std::uint64_t max_bytes = 20ULL << 20U;
  std::uint64_t max_pixels = 80'000'000;
  std::uint64_t in_flight = 48ULL << 20U;

  friend bool operator==(const MediaOptions&, const MediaOptions&) = default;
};

/// `[consent]`: the wishes of authors that are honoured. Every source gets the same list.
struct ConsentOptions {
  std::vector<std::string> honour = {"noindex", "nobot", "no-unauthenticated"};

  friend bool operator==(const ConsentOptions&, const ConsentOptions&) = default;
};

/// `[refuse]`.
struct RefuseOptions {
  std::filesystem::path pdq_list = {};  ///< Empty: none.

  friend bool operator==(const RefuseOptions&, const RefuseOptions&) = default;
};

/// `[retention]`: nothing keeps it for good.
struct RetentionOptions {
  std::optional<std::chrono::seconds> sightings = std::chrono::days(180);
  std::optional<std::chrono::seconds> tombstones = std::chrono::days(90);
  std::optional<std::chrono::seconds> audit = std::chrono::days(2 * 365);
  std::optional<std::chrono::seconds> backups = std::chrono::days(30);

  friend bool operator==(const RetentionOptions&, const RetentionOptions&) = default;
};

/// How far back the first poll of a watch goes.
struct Backfill {
  enum class Kind : std::uint8_t { Nothing, Duration, Everything };
  Kind kind = Kind::Duration;
  std::chrono::seconds duration = std::chrono::days(7);

  friend bool operator==(const Backfill&, const Backfill&) = default;
};

/// One `[[watch]]`.
struct WatchOptions {
  std::string name = {};
  std::string source = {};
  Subject subject = {};
  std::chrono::seconds poll_interval{60};
  std::chrono::seconds max_poll_interval{15 * 60};
  Backfill backfill = {};
  bool media_required = true;

  friend bool operator==(const WatchOptions&, const WatchOptions&) = default;
};

/// `[limits]`: absent means no limit.
struct LimitsOptions {
  std::optional<std::uint32_t> per_author_per_day = 200;

  friend bool operator==(const LimitsOptions&, const LimitsOptions&) = default;
};

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

/// The whole configuration, checked: every value is in its range, every name resolves.
struct Settings {
  StoreOptions store;
  StoreKeyPlace store_key;
  MetricsOptions metrics;
  ControlOptions control;
  HttpOptions http;
  MediaOptions media;
  ExaminerOptions examiner;
  ConsentOptions consent;
  LimitsOptions limits;
  RetentionOptions retention;
  RefuseOptions refuse;
  LogLevel log_level = LogLevel::Info;
  std::vector<SourceOptions> sources;
  std::vector<WatchOptions> watches;
};

/// The name of a watch's progress: (source URL, folded hashtag or account).
WatchKey watch_key(const SourceOptions& source, const Subject& subject);

}  // namespace sightingd
