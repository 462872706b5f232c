#include "daemon/ops/journal.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <string>

namespace sightingd {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// sd-daemon(3): "<N>" at the start of a line is its syslog priority.
std::string_view priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "<7>";
    case spdlog::level::info:
      return "<6>";
    case spdlog::level::warn:
      return "<4>";
    default:
      return "<3>";
  }
}

bool is_plain(std::string_view value) {
  return !value.empty() && value.find_first_of(" \t\r\n\"=\\") == std::string_view::npos;
}

void append_value(std::string& line, std::string_view value) {
  if (is_plain(value)) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      line += '\\';
    }
    line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  line += '"';
}

}  // namespace

class Journal::Impl {
 public:
  explicit Impl(LogLevel level)
      : under_systemd_(std::getenv("JOURNAL_STREAM") != nullptr),
        logger_("sightingd", std::make_shared<spdlog::sinks::stderr_sink_st>()) {
    logger_.set_pattern(under_systemd_ ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger_.flush_on(spdlog::level::debug);
    set_level(level);
  }

  void set_level(LogLevel level) { logger_.set_level(level_of(level)); }

  void write(spdlog::level::level_enum level, std::string_view event,
             std::initializer_list<Field> fields) {
    if (!logger_.should_log(level)) {
      return;
    }
    std::string line;
    if (under_systemd_) {
      line += priority_of(level);
    }
    line += event;
    for (const auto& [key, value] : fields) {
      line += ' ';
      line += key;
      line += '=';
      append_value(line, value);
    }
    logger_.log(level, spdlog::string_view_t(line));
  }

 private:
  const bool under_systemd_;
  spdlog::logger logger_;
};

Journal::Journal(LogLevel level) : impl_(std::make_unique<Impl>(level)) {}
Journal::~Journal() = default;

void Journal::set_level(LogLevel level) { impl_->set_level(level); }

void Journal::debug(std::string_view event, std::initializer_list<Field> fields) {
  impl_->write(spdlog::level::debug, event, fields);
}
void Journal::info(std::string_view event, std::initializer_list<Field> fields) {
  impl_->write(spdlog::level::info, event, fields);
}
void Journal::warning(std::string_view event, std::initializer_list<Field> fields) {
  impl_->write(spdlog::level::warn, event, fields);
}
void Journal::error(std::string_view event, std::initializer_list<Field> fields) {
  impl_->write(spdlog::level::err, event, fields);
}

}  // namespace sightingd
