#pragma once

#include "config/text/toml_document.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the value of a key may be. A value type is a small object with
///   Value                    what it is in the program
///   name                     what the manual calls it
///   allowed()                what a person may write, in words
///   read(const TomlValue&)   the value, or everything that is wrong with it
///   write(const Value&)      as TOML; empty when there is nothing to write
namespace sightingd {

/// One thing that is wrong with a value, at the value or inside it.
struct Misfit {
  Place place = {};
  std::string problem = {};     ///< As in Diagnostic.
  std::string value = {};       ///< As in Diagnostic.
  std::string suggestion = {};  ///< As in Diagnostic.
};

/// A value, or what is wrong with it.
template <typename T>
struct Reading {
  std::optional<T> value = {};
  std::vector<Misfit> misfits = {};
  /// Worth telling though there is a value.
  std::vector<Misfit> notes = {};
};

/// A basic string: quotes, backslashes and control characters are escaped.
std::string toml_string(std::string_view text);

/// `path`, taken from the folder of `file` when it is relative, as an absolute path.
std::filesystem::path path_beside(const std::string& file, const std::string& path);

/// "must be a string, not an integer".
Misfit wrong_type(const TomlValue& value, std::string_view wanted);

/// `choices` as `"a", "b" or "c"`.
std::string either_of(const std::vector<std::string>& choices);

/// Text of a certain form. `normalize` gives the form that the program uses, or nothing.
struct TextType {
  using Value = std::string;
  std::string_view form;     ///< Allowed, in words.
  std::string_view problem;  ///< What is said of a text that is not of this form.
  std::optional<std::string> (*normalize)(std::string_view text);

  static constexpr std::string_view name = "text";
  std::string allowed() const { return std::string(form); }
  Reading<std::string> read(const TomlValue& value) const;
  std::string write(const std::string& text) const { return toml_string(text); }
};

/// A path, taken from the folder of the file that holds it when it is relative.
struct PathType {
  enum class Target : std::uint8_t { Anything, Folder, File };
  using Value = std::string;
  Target must_be = Target::Anything;  ///< And exist, unless Anything.
  bool may_be_empty = false;
  std::size_t longest = 4095;  ///< Of the whole path in bytes; PATH_MAX leaves this.

  static constexpr std::string_view name = "path";
  std::string allowed() const;
  Reading<std::string> read(const TomlValue& value) const;
  std::string write(const std::string& path) const { return toml_string(path); }
};

struct IntegerType {
  using Value = std::size_t;
  std::int64_t least = 0;
  std::int64_t most = 0;

  static constexpr std::string_view name = "whole number";
  std::string allowed() const;
  Reading<std::size_t> read(const TomlValue& value) const;
  std::string write(std::size_t number) const { return std::to_string(number); }
};

/// A number with a unit, from `least` to `most`.
template <typename T>
struct QuantityType {
  using Value = T;
  std::string_view name;
  T least;
  T most;
  std::string_view too_little;  ///< "is too short"
  std::string_view too_much;
  std::optional<T> (*parse)(std::string_view text);
  std::string (*format)(T quantity);

  std::string allowed() const { return format(least) + " to " + format(most); }
  std::string write(T quantity) const { return toml_string(format(quantity)); }
  Reading<T> read(const TomlValue& value) const {
    const auto* text = std::get_if<std::string>(&value.content);
    if (text == nullptr) {
      return {.misfits = {wrong_type(value, "a string with a number and a unit")}};
    }
    const std::optional<T> quantity = parse(*text);
    std::string_view problem;
    if (!quantity) {
      problem = "is no number with a unit";
    } else if (*quantity < least) {
      problem = too_little;
    } else if (*quantity > most) {
      problem = too_much;
    } else {
      return {.value = quantity};
    }
    return {.misfits = {{.place = value.place, .problem = std::string(problem), .value = *text}}};
  }
};

/// One of a few words.
template <typename T>
struct ChoiceType {
  using Value = T;
  std::vector<std::pair<std::string, T>> choices;

  static constexpr std::string_view name = "choice";
  std::string allowed() const { return either_of(words()); }
  std::string write(const T& chosen) const {
    for (const auto& [word, choice] : choices) {
      if (choice == chosen) {
        return toml_string(word);
      }
    }
    return {};
  }
  Reading<T> read(const TomlValue& value) const;

 private:
  std::vector<std::string> words() const {
    std::vector<std::string> result;
    for (const auto& [word, choice] : choices) {
      result.push_back(word);
    }
    return result;
  }
};

/// An array of values of one type.
template <typename Element>
struct ListType {
  using Value = std::vector<typename Element::Value>;
  Element element;

  static constexpr std::string_view name = "list";
  std::string allowed() const { return "each " + element.allowed(); }
  std::string write(const Value& list) const {
    std::string text;
    for (const auto& item : list) {
      text += (text.empty() ? "" : ", ") + element.write(item);
    }
    return '[' + text + ']';
  }
  Reading<Value> read(const TomlValue& value) const {
    const auto* array = std::get_if<TomlArray>(&value.content);
    if (array == nullptr) {
      return {.misfits = {wrong_type(value, "an array")}};
    }
    Reading<Value> list{.value = Value()};
    for (const TomlValue& item : *array) {
      auto reading = element.read(item);
      if (reading.value) {
        list.value->push_back(std::move(*reading.value));
      }
      list.misfits.insert(list.misfits.end(), reading.misfits.begin(), reading.misfits.end());
    }
    if (!list.misfits.empty()) {
      list.value.reset();
    }
    return list;
  }
};

/// `text` is none of `choices`.
Misfit unknown_choice(const TomlValue& value, const std::string& text,
                      const std::vector<std::string>& choices);

template <typename T>
Reading<T> ChoiceType<T>::read(const TomlValue& value) const {
  const auto* text = std::get_if<std::string>(&value.content);
  if (text == nullptr) {
    return {.misfits = {wrong_type(value, "a string")}};
  }
  for (const auto& [word, choice] : choices) {
    if (word == *text) {
      return {.value = choice};
    }
  }
  return {.misfits = {unknown_choice(value, *text, words())}};
}

}  // namespace sightingd
