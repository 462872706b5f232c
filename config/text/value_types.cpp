#include "config/text/value_types.h"

#include "config/text/nearest.h"

#include <cstdio>
#include <filesystem>

namespace sightingd {
namespace {

Misfit misfit(const TomlValue& value, std::string problem, const std::string& text) {
  return {.place = value.place, .problem = std::move(problem), .value = text};
}

/// Nothing when a thing of the wanted kind is there.
std::optional<std::string> problem_of_target(const std::filesystem::path& path,
                                             PathType::Target must_be) {
  std::error_code ignored;
  switch (must_be) {
    case PathType::Target::Folder:
      return std::filesystem::is_directory(path, ignored)
                 ? std::nullopt
                 : std::optional<std::string>("is no folder that can be seen");
    case PathType::Target::File:
      return std::filesystem::is_regular_file(path, ignored)
                 ? std::nullopt
                 : std::optional<std::string>("is no file that can be seen");
    case PathType::Target::Anything:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::filesystem::path path_beside(const std::string& file, const std::string& path) {
  const std::filesystem::path beside = std::filesystem::path(file).parent_path() / path;
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(beside, error);
  return (error ? beside : absolute).lexically_normal();
}

std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      result += {'\\', byte};
    } else if (code < 0x20 || code == 0x7F) {
      char escape[7];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(code));
      result += escape;
    } else {
      result += byte;
    }
  }
  return result + '"';
}

Misfit wrong_type(const TomlValue& value, std::string_view wanted) {
  return {.place = value.place,
          .problem = "must be " + std::string(wanted) + ", not " + std::string(type_name(value))};
}

std::string either_of(const std::vector<std::string>& choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) {
      text += i + 1 == choices.size() ? " or " : ", ";
    }
    text += toml_string(choices[i]);
  }
  return text;
}

Misfit unknown_choice(const TomlValue& value, const std::string& text,
                      const std::vector<std::string>& choices) {
  Misfit result = misfit(value, "is not known", text);
  result.suggestion = nearest(text, choices);
  return result;
}

Reading<std::string> TextType::read(const TomlValue& value) const {
  const auto* text = std::get_if<std::string>(&value.content);
  if (text == nullptr) {
    return {.misfits = {wrong_type(value, "a string")}};
  }
  std::optional<std::string> normal = normalize(*text);
  if (!normal) {
    return {.misfits = {misfit(value, std::string(problem), *text)}};
  }
  return {.value = std::move(normal)};
}

std::string PathType::allowed() const {
  std::string words = must_be == Target::Folder ? "a folder that exists"
                      : must_be == Target::File ? "a file that exists"
                                                : "a path";
  if (longest < PathType().longest) {
    words += " of at most " + std::to_string(longest) + " bytes";
  }
  return may_be_empty ? words + ", or \"\" for none" : words;
}

Reading<std::string> PathType::read(const TomlValue& value) const {
  const auto* text = std::get_if<std::string>(&value.content);
  if (text == nullptr) {
    return {.misfits = {wrong_type(value, "a string")}};
  }
  if (text->empty()) {
    return may_be_empty ? Reading<std::string>{.value = ""}
                        : Reading<std::string>{.misfits = {misfit(value, "is empty", "")}};
  }
  if (text->find('\0') != std::string::npos) {
    return {.misfits = {misfit(value, "holds a NUL character", *text)}};
  }
  const std::filesystem::path path = path_beside(value.place.file, *text);
  if (path.native().size() > longest) {
    return {.misfits = {misfit(value, "is too long", *text)}};
  }
  if (std::optional<std::string> problem = problem_of_target(path, must_be)) {
    return {.misfits = {misfit(value, std::move(*problem), *text)}};
  }
  return {.value = path.native()};
}

std::string IntegerType::allowed() const {
  return std::to_string(least) + " to " + std::to_string(most);
}

Reading<std::size_t> IntegerType::read(const TomlValue& value) const {
  const auto* number = std::get_if<std::int64_t>(&value.content);
  if (number == nullptr) {
    return {.misfits = {wrong_type(value, "an integer")}};
  }
  if (*number < least || *number > most) {
    return {.misfits = {misfit(value, *number < least ? "is too small" : "is too large",
                               std::to_string(*number))}};
  }
  return {.value = static_cast<std::size_t>(*number)};
}

}  // namespace sightingd
