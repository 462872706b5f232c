#include "config/draft.h"

#include "config/text/forms.h"
#include "connectors/registry.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sightingd {
namespace {

void limit_by_kind(Drafted<SourceOptions>& source) {
  if (source.table->find("request_limit") != nullptr) {
    return;
  }
  if (const std::optional<ConnectorKind> kind = find_connector_kind(source.options.kind)) {
    source.options.request_limit = kind->default_limit;
  }
}

/// "SOURCE-NUMBER", cut to the length of a name.
std::string numbered(const std::string& source, std::size_t number) {
  const std::string suffix = '-' + std::to_string(number);
  return source.substr(0, kLongestName - suffix.size()) + suffix;
}

/// Gives each unnamed watch the next number of its source that no watch has taken.
void name_watches(std::vector<Drafted<WatchOptions>>& watches) {
  std::set<std::string> taken;
  for (const Drafted<WatchOptions>& watch : watches) {
    taken.insert(watch.options.name);
  }
  std::map<std::string, std::size_t> numbers;
  for (Drafted<WatchOptions>& watch : watches) {
    if (watch.table->find("name") != nullptr) {
      continue;
    }
    std::size_t& number = numbers[watch.options.source];
    do {
      watch.options.name = numbered(watch.options.source, ++number);
    } while (!taken.insert(watch.options.name).second);
  }
}

void widen_poll_interval(Drafted<WatchOptions>& watch) {
  if (watch.table->find("max_poll_interval") == nullptr) {
    watch.options.max_poll_interval =
        std::max(watch.options.max_poll_interval, watch.options.poll_interval);
  }
}

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

std::vector<Diagnostic> remarks(const SettingsDraft& draft) {
  std::vector<Diagnostic> notes;
  if (!draft.settings.store_key.is_named) {
    notes.push_back({.place = draft.start,
                     .key = "store.encryption_key",
                     .problem = "none is named: the store is encrypted only where the unit has the "
                                "credential \"store-key\""});
  }
  if (const auto proxy = draft.set_at.find("http.proxy");
      proxy != draft.set_at.end() && !draft.settings.http.proxy.empty()) {
    notes.push_back({.place = proxy->second,
                     .key = "http.proxy",
                     .problem =
                         "through a proxy only literal addresses are guarded: the proxy must "
                         "refuse private addresses itself"});
  }
  std::set<std::string> watched;
  for (const Drafted<WatchOptions>& watch : draft.watches) {
    watched.insert(watch.options.source);
  }
  for (const Drafted<SourceOptions>& source : draft.sources) {
    if (!watched.contains(source.options.name)) {
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
