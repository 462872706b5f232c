#include "daemon/api/report_json.h"

#include "daemon/api/json_writer.h"

#include <algorithm>

namespace sightingd {
namespace {

// Builds one object on one line.
template <typename Members>
std::string object(Members members) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  members(json);
  json.end_object();
  out += '\n';
  return out;
}

template <typename Item, typename WriteMembers>
void write_objects(JsonWriter& json, std::string_view name, const std::vector<Item>& items,
                   WriteMembers write_members) {
  json.key(name);
  json.begin_array();
  for (const Item& item : items) {
    json.begin_object();
    write_members(json, item);
    json.end_object();
  }
  json.end_array();
}

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name);
  json.begin_array();
  for (const std::string& text : texts) {
    json.value(text);
  }
  json.end_array();
}

std::optional<std::string_view> unless_empty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void write_source(JsonWriter& json, const SourceStatus& source) {
  json.member("name", source.name);
  json.member("kind", source.kind);
  json.member("rate_limit_remaining", source.rate_limit_remaining);
  json.member("remark", unless_empty(source.remark));
  json.key("requests");
  json.begin_object();
  for (const auto& [code, count] : source.requests_by_code) {
    json.member(code, count);
  }
  json.end_object();
}

void write_watch(JsonWriter& json, const WatchStatus& watch) {
  json.member("name", watch.name);
  json.member("source", watch.source);
  json.member("state", watch.state);
  json.member("last_outcome", unless_empty(watch.last_outcome));
  json.member("last_error", unless_empty(watch.last_error));
  json.member("last_poll", watch.last_poll);
  json.member("last_success", watch.last_success);
  json.member("next_poll", watch.next_poll);
  json.member("lag_seconds", watch.lag.count());
  json.member("posts", watch.posts);
  json.member("sightings", watch.sightings);
  json.member("errors", watch.errors);
  json.member("coverage_ratio", watch.coverage_ratio);
}

void write_range(JsonWriter& json, TimeRange range, std::string_view state,
                 std::optional<std::string_view> reason) {
  json.begin_object();
  json.member("begin", range.begin);
  json.member("end", range.end);
  json.member("state", state);
  json.member("reason", reason);
  json.end_object();
}

// One watch's rows in order of time, each moment counted once.
class CoverageTable {
 public:
  CoverageTable(std::vector<CoverageRow> rows, TimePoint now) : rows_(std::move(rows)), now_(now) {
    std::ranges::stable_sort(rows_, {}, [](const CoverageRow& row) { return row.range.begin; });
    TimePoint reached = rows_.empty() ? now : rows_.front().range.begin;
    for (CoverageRow& row : rows_) {
      row.range.begin = std::max(row.range.begin, reached);
      reached = std::max(reached, row.range.end);
    }
    std::erase_if(rows_, [](const CoverageRow& row) { return row.range.begin >= row.range.end; });
  }

  // Nothing when nothing was read yet.
  std::optional<double> ratio() const {
    if (rows_.empty()) {
      return std::nullopt;
    }
    std::chrono::milliseconds complete{0};
    for (const CoverageRow& row : rows_) {
      if (row.complete) {
        complete += row.range.end - row.range.begin;
      }
    }
    const auto whole = std::max(now_, rows_.back().range.end) - rows_.front().range.begin;
    return std::chrono::duration<double>(complete) / std::chrono::duration<double>(whole);
  }

  void write_ranges(JsonWriter& json) const {
    json.key("ranges");
    json.begin_array();
    TimePoint reached = rows_.empty() ? now_ : rows_.front().range.begin;
    for (const CoverageRow& row : rows_) {
      write_gap(json, {reached, row.range.begin});
      write_range(json, row.range, row.complete ? "complete" : "partial", unless_empty(row.reason));
      reached = row.range.end;
    }
    write_gap(json, {reached, now_});
    json.end_array();
  }

 private:
  static void write_gap(JsonWriter& json, TimeRange gap) {
    if (gap.begin < gap.end) {
      write_range(json, gap, "missing", "not_read");
    }
  }

  std::vector<CoverageRow> rows_;
  TimePoint now_;
};

}  // namespace

std::string status_json(const Status& status) {
  return object([&](JsonWriter& json) {
    json.member("version", status.version);
    json.member("started_at", status.started_at);
    json.member("now", status.now);
    json.member("ready", status.ready);
    json.member("not_ready_reason", unless_empty(status.not_ready_reason));
    json.member("encrypted", status.encrypted);
    json.member("encrypting", status.encrypting);
    write_texts(json, "sandbox_layers", status.sandbox_layers);
    json.key("store");
    json.begin_object();
    json.member("bytes", status.store_bytes);
    json.member("sightings", status.sightings);
    json.member("photos", status.photos);
    json.member("pending_images", status.pending_images);
    json.member("feed_sequence", status.feed_sequence);
    json.member("waits_for_space", status.waits_for_space);
    json.end_object();
    json.key("retention");
    json.begin_object();
    json.member("lag_seconds", status.retention.lag.count());
    json.member("stopped", unless_empty(status.retention.stopped));
    json.end_object();
    write_objects(json, "sources", status.sources, write_source);
    write_objects(json, "watches", status.watches, write_watch);
  });
}

std::string coverage_json(const std::vector<WatchCoverage>& watches, TimePoint now) {
  return object([&](JsonWriter& json) {
    json.member("now", now);
    write_objects(json, "watches", watches, [now](JsonWriter& row, const WatchCoverage& watch) {
      const CoverageTable table(watch.rows, now);
      row.member("watch", watch.watch);
      row.member("ratio", table.ratio());
      table.write_ranges(row);
    });
  });
}

std::string skipped_rows_json(const std::vector<SkippedRow>& rows) {
  std::string text;
  for (const SkippedRow& skipped : rows) {
    std::string row = object([&](JsonWriter& json) {
      constexpr std::size_t kDateLength = 10;
      json.member("watch", skipped.watch_name);
      json.member("day", std::string_view(format_rfc3339(skipped.day)).substr(0, kDateLength));
      json.member("reason", to_text(skipped.reason));
      json.member("count", skipped.count);
      write_texts(json, "uris", skipped.uris);
    });
    row.pop_back();  // The newline.
    text += text.empty() ? "" : ",";
    text += row;
  }
  return text;
}

std::string similar_json(const std::vector<FoundPhoto>& photos) {
  return object([&](JsonWriter& json) {
    write_objects(json, "photos", photos, [](JsonWriter& row, const FoundPhoto& found) {
      row.member("photo", found.photo.id.text());
      row.member("distance", found.likeness.distance);
      row.member("via", to_text(found.likeness.via));
      row.member("mime", mime_type(found.photo.kind));
      row.member("bytes", found.photo.bytes);
      row.member("width", found.photo.width);
      row.member("height", found.photo.height);
      row.member("received_sha256", to_hex(found.photo.received_sha256));
      row.member("pdq", to_hex(found.photo.pdq.hash));
      row.member("pdq_quality", found.photo.pdq.quality);
    });
  });
}

std::string watches_json(const std::vector<WatchListing>& watches) {
  return object([&](JsonWriter& json) {
    write_objects(json, "watches", watches, [](JsonWriter& row, const WatchListing& watch) {
      row.member("name", watch.name);
      row.member("source", watch.source);
      row.member("hashtag", watch.is_account ? std::nullopt : std::optional(watch.subject));
      row.member("account", watch.is_account ? std::optional(watch.subject) : std::nullopt);
      row.member("paused", watch.paused);
      row.member("poll_interval_seconds", watch.poll_interval.count());
      row.member("max_poll_interval_seconds", watch.max_poll_interval.count());
      row.member("media", watch.media_required ? "required" : "any");
    });
  });
}

std::string reload_json(const ReloadReport& report) {
  return object([&](JsonWriter& json) {
    json.member("applied", report.applied);
    write_texts(json, "changes", report.changes);
    write_texts(json, "needs_restart", report.needs_restart);
    write_texts(json, "mistakes", report.mistakes);
  });
}

std::string error_json(std::string_view sentence, std::string_view code) {
  return object([&](JsonWriter& json) {
    json.member("error", sentence);
    json.member("code", code);
  });
}

}  // namespace sightingd
