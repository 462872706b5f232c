#pragma once

#include "config/secret.h"
#include "config/settings.h"
#include "config/text/value_types.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// When a changed value is taken over.
enum class TakesEffect : std::uint8_t {
  OnReload,
  OnRestart,
};

/// What is told of one key; the reference and the example file come from it.
struct KeyText {
  std::string_view name;
  std::string_view meaning;  ///< A sentence or two.
  TakesEffect takes_effect = TakesEffect::OnRestart;
  /// As TOML; empty when there is none.
  std::string_view default_value = {};
  /// What holds without the key, where that is no value.
  std::string_view default_words = {};
  /// As TOML, in the example file; the default when empty.
  std::string_view example = {};
  /// The example file holds the key as a comment.
  bool is_commented_out = false;
  bool is_required = false;
  /// No value of it goes to the journal.
  bool is_private = false;
  std::string type = {};     ///< Of the value type.
  std::string allowed = {};  ///< Of the value type.
};

/// What came of reading one value into its target.
struct Outcome {
  std::vector<Misfit> misfits;
  std::vector<Misfit> notes;
};

/// One key of a section whose values are kept in a `Target`.
template <typename Target>
struct Key {
  KeyText text;
  /// Sets the value unless there are misfits.
  std::function<Outcome(const TomlValue&, Target&, const SecretAccess&)> read;
  /// As TOML; a secret as [secret]; empty when not set.
  std::function<std::string(const Target&)> write;
  std::function<bool(const Target&, const Target&)> is_same;
};

/// One table of the file, or each of the tables of one name.
template <typename Target>
struct Section {
  std::string_view name;
  std::string_view meaning;
  std::vector<Key<Target>> keys;
};

/// Every key of the configuration, in the order of the reference.
struct Schema {
  std::vector<Section<Settings>> sections;  ///< Each once: `[store]`.
  Section<SourceOptions> source;            ///< `[[source]]`.
  Section<WatchOptions> watch;              ///< `[[watch]]`.
};

/// The one schema, made at the first call.
const Schema& schema();

}  // namespace sightingd
