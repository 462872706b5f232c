#include "config/config_file.h"

#include "config/contradictions.h"
#include "config/draft.h"
#include "config/files.h"
#include "config/schema.h"
#include "config/text/nearest.h"
#include "config/text/toml_document.h"

#include <algorithm>
#include <list>
#include <tuple>
#include <utility>

namespace sightingd {
namespace {

/// The names of what may stand at the top of a file.
std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const Section<Settings>& section : schema().sections) {
    names.emplace_back(section.name);
  }
  names.emplace_back(schema().source.name);
  names.emplace_back(schema().watch.name);
  return names;
}

template <typename Target>
std::vector<std::string> key_names(const Section<Target>& section) {
  std::vector<std::string> names;
  for (const Key<Target>& key : section.keys) {
    names.emplace_back(key.text.name);
  }
  return names;
}

/// Reads files one after the other into a draft, and collects what is wrong with them.
class Loader {
 public:
  explicit Loader(SecretAccess secrets) : secrets_(std::move(secrets)) {}

  /// The file itself and what lies in conf.d beside it.
  LoadResult load(const std::filesystem::path& file) {
    draft_.start = {.file = file.native()};
    read_file(file);
    const auto parts = parts_beside(file);
    if (!parts) {
      reject_file(parts.error());
    } else {
      for (const std::filesystem::path& part : *parts) {
        read_file(part);
      }
    }
    complete(draft_);
    require_keys();
    append(errors_, contradictions(draft_, all_files_are_read_));
    return result();
  }

 private:
  void read_file(const std::filesystem::path& file) {
    files_.push_back(file.native());
    const auto text = read_text(file);
    if (!text) {
      return reject_file(text.error());
    }
    auto table = parse_toml(*text, file.native());
    if (!table) {
      return reject_file(table.error());
    }
    documents_.push_back(std::move(*table));
    read_document(documents_.back());
  }

  void reject_file(Diagnostic diagnostic) {
    all_files_are_read_ = false;
    errors_.push_back(std::move(diagnostic));
  }

  void read_document(const TomlTable& document) {
    for (const TomlEntry& entry : document.entries) {
      read_section(entry);
    }
  }

  void read_section(const TomlEntry& entry) {
    if (entry.key == schema().source.name) {
      return read_tables(entry, schema().source, draft_.sources);
    }
    if (entry.key == schema().watch.name) {
      return read_tables(entry, schema().watch, draft_.watches);
    }
    const auto section = std::ranges::find(schema().sections, entry.key, &Section<Settings>::name);
    if (section == schema().sections.end()) {
      errors_.push_back({.place = entry.place,
                         .key = entry.key,
                         .problem = "unknown section",
                         .suggestion = nearest(entry.key, section_names())});
      return;
    }
    const auto* table = std::get_if<TomlTable>(&entry.value.content);
    if (table == nullptr) {
      errors_.push_back({.place = entry.place,
                         .key = entry.key,
                         .problem = wrong_type(entry.value, "a table").problem,
                         .allowed = '[' + entry.key + ']'});
      return;
    }
    draft_.set_at.emplace(section->name, entry.place);
    read_once(*table, *section);
  }

  /// A section that each file may set: the last one wins, key by key.
  void read_once(const TomlTable& table, const Section<Settings>& section) {
    for (const TomlEntry& entry : table.entries) {
      const std::string path = std::string(section.name) + '.' + entry.key;
      if (!read_key(entry, section, path, draft_.settings)) {
        continue;
      }
      const auto [earlier, is_new] = draft_.set_at.emplace(path, entry.value.place);
      if (!is_new) {
        notes_.push_back({.place = entry.place,
                          .key = path,
                          .problem = "takes the place of the value at " + render(earlier->second)});
        earlier->second = entry.value.place;
      }
    }
  }

  /// A section of which there may be any number, in all files together.
  template <typename Options>
  void read_tables(const TomlEntry& entry, const Section<Options>& section,
                   std::vector<Drafted<Options>>& all) {
    const auto* array = std::get_if<TomlArray>(&entry.value.content);
    if (array == nullptr) {
      errors_.push_back({.place = entry.place,
                         .key = entry.key,
                         .problem = wrong_type(entry.value, "an array of tables").problem,
                         .allowed = "[[" + entry.key + "]]"});
      return;
    }
    for (std::size_t i = 0; i < array->size(); ++i) {
      const TomlValue& value = (*array)[i];
      const std::string path = entry.key + '[' + std::to_string(i) + ']';
      const auto* table = std::get_if<TomlTable>(&value.content);
      if (table == nullptr) {
        errors_.push_back({.place = value.place,
                           .key = path,
                           .problem = wrong_type(value, "a table").problem,
                           .allowed = "[[" + entry.key + "]]"});
        continue;
      }
      all.push_back({.options = {}, .table = table, .place = value.place, .key = path});
      read_table(section, all.back());
    }
  }

  template <typename Options>
  void read_table(const Section<Options>& section, Drafted<Options>& drafted) {
    for (const TomlEntry& entry : drafted.table->entries) {
      if (!read_key(entry, section, drafted.key + '.' + entry.key, drafted.options)) {
        drafted.unreadable.insert(entry.key);
      }
    }
  }

  /// True when the value was understood and taken over.
  template <typename Target>
  bool read_key(const TomlEntry& entry, const Section<Target>& section, const std::string& path,
                Target& target) {
    const auto key = std::ranges::find(section.keys, entry.key,
                                       [](const Key<Target>& known) { return known.text.name; });
    if (key == section.keys.end()) {
      errors_.push_back({.place = entry.place,
                         .key = path,
                         .problem = "unknown key",
                         .suggestion = nearest(entry.key, key_names(section))});
      return false;
    }
    const Outcome outcome = key->read(entry.value, target, secrets_);
    tell(errors_, outcome.misfits, path, key->text);
    tell(notes_, outcome.notes, path, key->text);
    return outcome.misfits.empty();
  }

  static void tell(std::vector<Diagnostic>& diagnostics, const std::vector<Misfit>& misfits,
                   const std::string& path, const KeyText& text) {
    for (const Misfit& misfit : misfits) {
      diagnostics.push_back({.place = misfit.place,
                             .key = path,
                             .problem = misfit.problem,
                             .value = misfit.value,
                             .allowed = text.allowed,
                             .suggestion = misfit.suggestion,
                             .is_private = text.is_private});
    }
  }

  void require_keys() {
    require_in_tables(schema().source, draft_.sources);
    require_in_tables(schema().watch, draft_.watches);
    // A file that could not be read may hold what seems to be missing from these.
    if (!all_files_are_read_) {
      return;
    }
    for (const Section<Settings>& section : schema().sections) {
      require(section, std::string(section.name), [&](std::string_view name) {
        const auto place = draft_.set_at.find(section.name);
        return std::pair(is_set_anywhere(section, name),
                         place == draft_.set_at.end() ? draft_.start : place->second);
      });
    }
  }

  bool is_set_anywhere(const Section<Settings>& section, std::string_view name) const {
    return std::ranges::any_of(documents_, [&](const TomlTable& document) {
      const TomlEntry* entry = document.find(section.name);
      const auto* table =
          entry == nullptr ? nullptr : std::get_if<TomlTable>(&entry->value.content);
      return table != nullptr && table->find(name) != nullptr;
    });
  }

  template <typename Options>
  void require_in_tables(const Section<Options>& section,
                         const std::vector<Drafted<Options>>& all) {
    for (const Drafted<Options>& drafted : all) {
      require(section, drafted.key, [&](std::string_view name) {
        return std::pair(drafted.table->find(name) != nullptr, drafted.place);
      });
    }
  }

  /// `look_up(name)` says whether a key is there, and where it would be.
  template <typename Target, typename LookUp>
  void require(const Section<Target>& section, const std::string& path, LookUp look_up) {
    for (const Key<Target>& key : section.keys) {
      if (!key.text.is_required) {
        continue;
      }
      const auto [is_there, place] = look_up(key.text.name);
      if (!is_there) {
        errors_.push_back({.place = place,
                           .key = path + '.' + std::string(key.text.name),
                           .problem = "is missing",
                           .allowed = key.text.allowed});
      }
    }
  }

  LoadResult result() {
    LoadResult result{.settings = {}, .errors = std::move(errors_), .notes = std::move(notes_)};
    const bool knows_socket = std::ranges::none_of(result.errors, [](const Diagnostic& mistake) {
      return mistake.key == "control" || mistake.key == "control.socket";
    });
    if (all_files_are_read_ && knows_socket) {
      result.control_socket = draft_.settings.control.socket;
    }
    if (result.errors.empty()) {
      append(result.notes, remarks(draft_));
      result.settings = settings();
    }
    sort(result.errors);
    sort(result.notes);
    return result;
  }

  Settings settings() {
    Settings settings = std::move(draft_.settings);
    for (Drafted<SourceOptions>& source : draft_.sources) {
      settings.sources.push_back(std::move(source.options));
    }
    for (Drafted<WatchOptions>& watch : draft_.watches) {
      settings.watches.push_back(std::move(watch.options));
    }
    return settings;
  }

  static void append(std::vector<Diagnostic>& all, std::vector<Diagnostic> more) {
    std::ranges::move(more, std::back_inserter(all));
  }

  /// By the order in which the files are read, then by line and column.
  void sort(std::vector<Diagnostic>& diagnostics) const {
    std::ranges::stable_sort(diagnostics, {}, [&](const Diagnostic& diagnostic) {
      const auto file = std::ranges::find(files_, diagnostic.place.file);
      return std::tuple(file - files_.begin(), diagnostic.place.line, diagnostic.place.column);
    });
  }

  SecretAccess secrets_;
  std::vector<std::string> files_;
  std::list<TomlTable> documents_;  ///< A list, because the draft points into them.
  bool all_files_are_read_ = true;
  SettingsDraft draft_;
  std::vector<Diagnostic> errors_;
  std::vector<Diagnostic> notes_;
};

}  // namespace

LoadResult load_settings(const std::filesystem::path& file, const Environment& environment,
                         Purpose purpose) {
  return Loader({.environment = environment, .purpose = purpose}).load(file);
}

}  // namespace sightingd
