#pragma once

#include "config/settings.h"

#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

namespace sightingd {

/// The one place that writes log lines: `event key=value ...` to stderr, with the journal's
/// priority prefix under systemd (JOURNAL_STREAM is set). Fields are configured names, numbers
/// and members of closed sets: never a handle, tag, URL, id, text or place.
class Journal {
 public:
  using Field = std::pair<std::string_view, std::string_view>;

  explicit Journal(LogLevel level);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void set_level(LogLevel level);

  /// `event` is a short name in kebab-case; values are quoted where needed.
  void debug(std::string_view event, std::initializer_list<Field> fields = {});
  void info(std::string_view event, std::initializer_list<Field> fields = {});
  void warning(std::string_view event, std::initializer_list<Field> fields = {});
  void error(std::string_view event, std::initializer_list<Field> fields = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sightingd
