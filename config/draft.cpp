#include "config/draft.h"

#include "config/text/forms.h"
#include "config/text/nearest.h"
#include "config/text/quantity.h"
#include "connectors/http/address_guard.h"
#include "connectors/registry.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sightingd {
namespace {

/// contract: "At most 1,000 watches".
constexpr std::size_t kMostWatches = 1'000;

/// What was written for `name`, right or wrong; null when it is no text.
template <typename Options>
const std::string* written_text(const Drafted<Options>& drafted, std::string_view name) {
  const TomlEntry* entry = drafted.table->find(name);
  return entry == nullptr ? nullptr : std::get_if<std::string>(&entry->value.content);
}

// ---------------------------------------------------------------- what follows from what

void limit_by_kind(Drafted<SourceOptions>& source) {
  if (source.table->find("request_limit") != nullptr) {
    return;
  }
  if (const std::optional<ConnectorKind> kind = find_connector_kind(source.options.kind)) {
    source.options.request_limit = kind->default_limit;
  }
}

/// "SOURCE-1", "SOURCE-2", ...: the first that no watch has, cut to the length of a name.
std::string free_name(const std::string& source, const std::set<std::string>& taken) {
  for (std::size_t number = 1;; ++number) {
    const std::string suffix = '-' + std::to_string(number);
    const std::string name = source.substr(0, kLongestName - suffix.size()) + suffix;
    if (!taken.contains(name)) {
      return name;
    }
  }
}

void name_watches(std::vector<Drafted<WatchOptions>>& watches) {
  std::set<std::string> taken;
  for (const Drafted<WatchOptions>& watch : watches) {
    taken.insert(watch.options.name);
  }
  for (Drafted<WatchOptions>& watch : watches) {
    if (watch.table->find("name") == nullptr) {
      watch.options.name = free_name(watch.options.source, taken);
      taken.insert(watch.options.name);
    }
  }
}

void widen_poll_interval(Drafted<WatchOptions>& watch) {
  if (watch.table->find("max_poll_interval") == nullptr) {
    watch.options.max_poll_interval =
        std::max(watch.options.max_poll_interval, watch.options.poll_interval);
  }
}

// ---------------------------------------------------------------- what contradicts what

class Contradictions {
 public:
  explicit Contradictions(const SettingsDraft& draft) : draft_(draft) {}

  std::vector<Diagnostic> find() {
    find_names_used_twice(draft_.sources);
    find_names_used_twice(draft_.watches);
    for (const Drafted<SourceOptions>& source : draft_.sources) {
      check_scheme(source);
    }
    for (const Drafted<WatchOptions>& watch : draft_.watches) {
      check_source(watch);
      check_subject(watch);
      check_poll_intervals(watch);
    }
    find_subjects_watched_twice();
    check_number_of_watches();
    check_in_flight();
    return std::move(found_);
  }

 private:
  template <typename Options>
  void find_names_used_twice(const std::vector<Drafted<Options>>& all) {
    std::map<std::string, Place> first_places;
    for (const Drafted<Options>& drafted : all) {
      if (!drafted.has("name")) {
        continue;
      }
      const auto [first, is_new] =
          first_places.emplace(drafted.options.name, drafted.place_of("name"));
      if (!is_new) {
        found_.push_back({.place = drafted.place_of("name"),
                          .key = drafted.key + ".name",
                          .problem = "is used already at " + render(first->second),
                          .value = drafted.options.name,
                          .allowed = "each name once",
                          .is_private = true});
      }
    }
  }

  void check_scheme(const Drafted<SourceOptions>& source) {
    if (!source.has("url") || !source.options.url.starts_with("http:")) {
      return;
    }
    const std::optional<Origin> origin = parse_origin(source.options.url);
    const std::optional<IpAddress> address = parse_ip_address(origin->host);
    const Result<AddressGuard> guard = AddressGuard::make(draft_.settings.http.allow_addresses);
    if (address && guard && guard->lists(*address)) {
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
    // As they were written: a source whose name is wrong has been told of already.
    std::vector<std::string> names;
    for (const Drafted<SourceOptions>& source : draft_.sources) {
      if (const std::string* name = written_text(source, "name")) {
        names.push_back(*name);
      }
    }
    if (std::ranges::find(names, *wanted) == names.end()) {
      found_.push_back({.place = watch.place_of("source"),
                        .key = watch.key + ".source",
                        .problem = "names no source",
                        .value = *wanted,
                        .allowed = "the name of a [[source]]",
                        .suggestion = nearest(*wanted, names),
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

  const Drafted<SourceOptions>* source_of(const Drafted<WatchOptions>& watch) const {
    const auto source = std::ranges::find(draft_.sources, watch.options.source,
                                          [](const auto& s) { return s.options.name; });
    return source == draft_.sources.end() ? nullptr : &*source;
  }

  void find_subjects_watched_twice() {
    std::map<WatchKey, Place> first_places;
    for (const Drafted<WatchOptions>& watch : draft_.watches) {
      const Drafted<SourceOptions>* source = source_of(watch);
      const std::string subject = watch.has("hashtag") ? "hashtag" : "account";
      if (source == nullptr || !source->has("url") || !watch.has(subject)) {
        continue;
      }
      const auto [first, is_new] =
          first_places.emplace(watch_key(source->options, watch.options.subject), watch.place);
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

  void check_number_of_watches() {
    if (draft_.watches.size() > kMostWatches) {
      found_.push_back({.place = draft_.watches[kMostWatches].place,
                        .key = draft_.watches[kMostWatches].key,
                        .problem = "is one of " + std::to_string(draft_.watches.size()) +
                                   " watches, which are too many",
                        .allowed = "at most " + std::to_string(kMostWatches)});
    }
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
  std::vector<Diagnostic> found_;
};

}  // namespace

void complete(SettingsDraft& draft) {
  for (Drafted<SourceOptions>& source : draft.sources) {
    limit_by_kind(source);
    source.options.honour = draft.settings.consent.honour;
  }
  name_watches(draft.watches);
  for (Drafted<WatchOptions>& watch : draft.watches) {
    widen_poll_interval(watch);
  }
  draft.settings.examiner.max_bytes = draft.settings.media.max_bytes;
  draft.settings.examiner.max_pixels = draft.settings.media.max_pixels;
}

std::vector<Diagnostic> contradictions(const SettingsDraft& draft) {
  return Contradictions(draft).find();
}

std::vector<Diagnostic> remarks(const SettingsDraft& draft) {
  std::vector<Diagnostic> notes;
  notes.push_back({.place = draft.start,
                   .key = "store.encryption_key",
                   .problem = "this version keeps the store unencrypted"});
  if (const auto proxy = draft.set_at.find("http.proxy");
      proxy != draft.set_at.end() && !draft.settings.http.proxy.empty()) {
    notes.push_back({.place = proxy->second,
                     .key = "http.proxy",
                     .problem =
                         "through a proxy only literal addresses are guarded: the proxy must "
                         "refuse private addresses itself"});
  }
  for (const Drafted<SourceOptions>& source : draft.sources) {
    const bool is_watched = std::ranges::any_of(draft.watches, [&](const auto& watch) {
      return watch.options.source == source.options.name;
    });
    if (!is_watched) {
      notes.push_back(
          {.place = source.place, .key = source.key, .problem = "no watch reads this source"});
    }
  }
  if (draft.watches.empty()) {
    notes.push_back({.place = draft.start, .problem = "there is no [[watch]]: nothing is read"});
  }
  return notes;
}

}  // namespace sightingd
