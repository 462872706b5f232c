#include "config/difference.h"

#include "config/schema.h"

#include <algorithm>
#include <utility>

namespace sightingd {
namespace {

/// Adds every key of `section` whose value differs; `change` says where.
template <typename Target>
void compare_keys(const Section<Target>& section, const Target& from, const Target& to,
                  SettingsChange change, std::vector<SettingsChange>& changes) {
  for (const Key<Target>& key : section.keys) {
    if (key.is_same(from, to)) {
      continue;
    }
    change.key = key.text.name;
    change.from = key.write(from);
    change.to = key.write(to);
    change.needs_restart = key.text.takes_effect == TakesEffect::OnRestart;
    change.is_private = key.text.is_private;
    changes.push_back(change);
  }
}

template <typename Options>
const Options* find_by_name(const std::vector<Options>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &Options::name);
  return found == all.end() ? nullptr : &*found;
}

template <typename Options>
void compare_tables(const Section<Options>& section, const std::vector<Options>& from,
                    const std::vector<Options>& to, std::vector<SettingsChange>& changes) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (find_by_name(to, from[i].name) == nullptr) {
      changes.push_back({.kind = SettingsChange::Kind::Removed,
                         .section = std::string(section.name),
                         .name = from[i].name,
                         .index = i});
    }
  }
  for (std::size_t i = 0; i < to.size(); ++i) {
    SettingsChange change{.section = std::string(section.name), .name = to[i].name, .index = i};
    if (const Options* before = find_by_name(from, to[i].name)) {
      compare_keys(section, *before, to[i], std::move(change), changes);
    } else {
      change.kind = SettingsChange::Kind::Added;
      changes.push_back(std::move(change));
    }
  }
}

std::string or_unset(const std::string& value) { return value.empty() ? "not set" : value; }

std::string subject_of(const SettingsChange& change, Audience audience) {
  std::string subject = change.section;
  if (!change.name.empty()) {
    subject += audience == Audience::Operator ? " \"" + change.name + '"'
                                              : '[' + std::to_string(change.index) + ']';
  }
  return change.key.empty() ? subject : subject + '.' + change.key;
}

std::string what_happened(const SettingsChange& change, Audience audience) {
  switch (change.kind) {
    case SettingsChange::Kind::Added:
      return "added";
    case SettingsChange::Kind::Removed:
      return "removed";
    case SettingsChange::Kind::Changed:
      break;
  }
  const bool shows_values = audience == Audience::Operator || !change.is_private;
  // Two secrets look the same.
  if (!shows_values || change.from == change.to) {
    return "changed";
  }
  return or_unset(change.from) + " -> " + or_unset(change.to);
}

}  // namespace

std::vector<SettingsChange> difference(const Settings& from, const Settings& to) {
  std::vector<SettingsChange> changes;
  for (const Section<Settings>& section : schema().sections) {
    compare_keys(section, from, to, {.section = std::string(section.name)}, changes);
  }
  compare_tables(schema().source, from.sources, to.sources, changes);
  compare_tables(schema().watch, from.watches, to.watches, changes);
  return changes;
}

std::string name_of(const SettingsChange& change) {
  const std::string subject = subject_of(change, Audience::Operator);
  return change.kind == SettingsChange::Kind::Changed
             ? subject
             : subject + ' ' + what_happened(change, Audience::Operator);
}

std::string render(const SettingsChange& change, Audience audience) {
  const std::string line = subject_of(change, audience) + ": " + what_happened(change, audience);
  return change.needs_restart ? line + " (needs a restart)" : line;
}

}  // namespace sightingd
