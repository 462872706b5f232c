#include "config/contradictions.h"

#include "config/text/forms.h"
#include "config/text/nearest.h"
#include "config/text/quantity.h"
#include "connectors/http/address_guard.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sightingd {
namespace {

/// What memory, the status table and the speed of a reload are planned for.
constexpr std::size_t kMostWatches = 1'000;

/// What was written for `name`, right or wrong; null when it is no text.
template <typename Options>
const std::string* written_text(const Drafted<Options>& drafted, std::string_view name) {
  const TomlEntry* entry = drafted.table->find(name);
  return entry == nullptr ? nullptr : std::get_if<std::string>(&entry->value.content);
}

class Contradictions {
 public:
  explicit Contradictions(const SettingsDraft& draft) : draft_(draft) {
    for (const Drafted<SourceOptions>& source : draft.sources) {
      // As it was written: a name that is wrong in itself has been told of already.
      if (const std::string* name = written_text(source, "name")) {
        sources_.emplace(*name, &source);
      }
    }
  }

  std::vector<Diagnostic> find(bool is_whole) {
    if (draft_.watches.size() > kMostWatches) {
      return {too_many_watches()};
    }
    find_used_twice(draft_.sources, "name", &SourceOptions::name, "each name once");
    find_used_twice(draft_.watches, "name", &WatchOptions::name, "each name once");
    // A source is known by its URL: progress, budget and pending pictures are its own.
    find_used_twice(draft_.sources, "url", &SourceOptions::url, "one [[source]] for each server");
    for (const Drafted<WatchOptions>& watch : draft_.watches) {
      check_subject(watch);
      check_poll_intervals(watch);
    }
    find_subjects_watched_twice();
    for (const Drafted<SourceOptions>& source : draft_.sources) {
      check_scheme(source, is_whole);
    }
    if (is_whole) {
      check_across_files();
    }
    return std::move(found_);
  }

 private:
  void check_across_files() {
    for (const Drafted<WatchOptions>& watch : draft_.watches) {
      check_source(watch);
    }
    check_in_flight();
  }

  /// In `value`, which `key` sets.
  template <typename Options>
  void find_used_twice(const std::vector<Drafted<Options>>& all, std::string_view key,
                       std::string Options::*value, const std::string& allowed) {
    std::map<std::string, Place> first_places;
    for (const Drafted<Options>& drafted : all) {
      if (!drafted.has(key)) {
        continue;
      }
      const auto [first, is_new] =
          first_places.emplace(drafted.options.*value, drafted.place_of(key));
      if (!is_new) {
        found_.push_back({.place = drafted.place_of(key),
                          .key = drafted.key + '.' + std::string(key),
                          .problem = "is used already at " + render(first->second),
                          .value = drafted.options.*value,
                          .allowed = allowed,
                          .is_private = true});
      }
    }
  }

  void check_scheme(const Drafted<SourceOptions>& source, bool is_whole) {
    if (!source.has("url") || !source.options.url.starts_with("http:")) {
      return;
    }
    const std::optional<Origin> origin = parse_origin(source.options.url);
    const std::optional<IpAddress> address = parse_ip_address(origin->host);
    const Result<AddressGuard> guard = AddressGuard::make(draft_.settings.http.allow_addresses);
    // A file that could not be read may list an address; for a name it can do nothing.
    if (address && (!is_whole || (guard && guard->lists(*address)))) {
      return;
    }
    found_.push_back({.place = source.place_of("url"),
                      .key = source.key + ".url",
                      .problem = "must be https",
                      .value = source.options.url,
                      .allowed = "http only to a literal address that http.allow_addresses lists",
                      .is_private = true});
  }

  void check_source(const Drafted<WatchOptions>& watch) {
    const std::string* wanted = written_text(watch, "source");
    if (wanted == nullptr || watch.unreadable.contains("source")) {
      return;
    }
    if (!sources_.contains(*wanted)) {
      found_.push_back({.place = watch.place_of("source"),
                        .key = watch.key + ".source",
                        .problem = "names no source",
                        .value = *wanted,
                        .allowed = "the name of a [[source]]",
                        .suggestion = nearest(*wanted, source_names()),
                        .is_private = true});
    }
  }

  void check_subject(const Drafted<WatchOptions>& watch) {
    const bool has_hashtag = watch.table->find("hashtag") != nullptr;
    const bool has_account = watch.table->find("account") != nullptr;
    if (has_hashtag == has_account) {
      found_.push_back({.place = has_account ? watch.place_of("account") : watch.place,
                        .key = watch.key,
                        .problem = has_hashtag ? "has both a hashtag and an account"
                                               : "has neither a hashtag nor an account",
                        .allowed = "exactly one of them"});
    }
  }

  void check_poll_intervals(const Drafted<WatchOptions>& watch) {
    if (watch.unreadable.contains("poll_interval") || !watch.has("max_poll_interval") ||
        watch.options.max_poll_interval >= watch.options.poll_interval) {
      return;
    }
    found_.push_back(
        {.place = watch.place_of("max_poll_interval"),
         .key = watch.key + ".max_poll_interval",
         .problem = "is too short",
         .value = format_duration(watch.options.max_poll_interval),
         .allowed = "at least poll_interval, " + format_duration(watch.options.poll_interval)});
  }

  std::vector<std::string> source_names() const {
    std::vector<std::string> names;
    for (const auto& [name, source] : sources_) {
      names.push_back(name);
    }
    return names;
  }

  void find_subjects_watched_twice() {
    std::map<WatchKey, Place> first_places;
    for (const Drafted<WatchOptions>& watch : draft_.watches) {
      const auto source = sources_.find(watch.options.source);
      const std::string subject = watch.has("hashtag") ? "hashtag" : "account";
      if (source == sources_.end() || !source->second->has("url") || !watch.has(subject)) {
        continue;
      }
      const auto [first, is_new] = first_places.emplace(
          watch_key(source->second->options, watch.options.subject), watch.place);
      if (!is_new) {
        found_.push_back({.place = watch.place_of(subject),
                          .key = watch.key + '.' + subject,
                          .problem = "is watched already at " + render(first->second),
                          .value = *written_text(watch, subject),
                          .allowed = "each hashtag and account of a server once",
                          .is_private = true});
      }
    }
  }

  Diagnostic too_many_watches() const {
    const Drafted<WatchOptions>& first_beyond = draft_.watches[kMostWatches];
    return {.place = first_beyond.place,
            .key = first_beyond.key,
            .problem = "is one of " + std::to_string(draft_.watches.size()) + " watches: too many",
            .allowed = "at most " + std::to_string(kMostWatches)};
  }

  void check_in_flight() {
    const MediaOptions& media = draft_.settings.media;
    if (media.in_flight >= media.max_bytes) {
      return;
    }
    const auto in_flight = draft_.set_at.find("media.in_flight");
    const auto max_bytes = draft_.set_at.find("media.max_bytes");
    found_.push_back(
        {.place = in_flight != draft_.set_at.end() ? in_flight->second : max_bytes->second,
         .key = "media.in_flight",
         .problem = "is too small",
         .value = format_size(media.in_flight),
         .allowed = "at least media.max_bytes, " + format_size(media.max_bytes)});
  }

  const SettingsDraft& draft_;
  std::map<std::string, const Drafted<SourceOptions>*> sources_;  ///< By name, the first of each.
  std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> contradictions(const SettingsDraft& draft, bool is_whole) {
  return Contradictions(draft).find(is_whole);
}

}  // namespace sightingd
