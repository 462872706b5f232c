#pragma once

#include "pipeline/time.h"

#include <rapidjson/writer.h>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// Appends JSON text to a string that the caller keeps, and may reuse.
///
/// The caller balances begin and end. Texts must be UTF-8; numbers that JSON cannot say (NaN,
/// infinities) are written as null.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : sink_{out}, writer_(sink_) {}

  void begin_object() { writer_.StartObject(); }
  void end_object() { writer_.EndObject(); }
  void begin_array() { writer_.StartArray(); }
  void end_array() { writer_.EndArray(); }
  void key(std::string_view name) { writer_.Key(name.data(), size_of(name)); }

  void null() { writer_.Null(); }
  /// An object that is written already.
  void object(std::string_view text) {
    writer_.RawValue(text.data(), text.size(), rapidjson::kObjectType);
  }
  void value(bool flag) { writer_.Bool(flag); }
  void value(std::string_view text) { writer_.String(text.data(), size_of(text)); }
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(TimePoint time) { value(format_rfc3339(time)); }
  template <std::integral Number>
  void value(Number number) {
    if constexpr (std::signed_integral<Number>) {
      writer_.Int64(number);
    } else {
      writer_.Uint64(number);
    }
  }
  void value(double number) {
    if (std::isfinite(number)) {
      writer_.Double(number);
    } else {
      writer_.Null();
    }
  }
  template <typename T>
  void value(const std::optional<T>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      null();
    }
  }

  /// One member of an object.
  template <typename T>
  void member(std::string_view name, const T& content) {
    key(name);
    value(content);
  }
  void null_member(std::string_view name) {
    key(name);
    null();
  }

 private:
  // What RapidJSON asks of an output stream.
  struct Sink {
    using Ch = char;
    std::string& out;
    void Put(char c) { out.push_back(c); }
    void Flush() {}
  };

  static rapidjson::SizeType size_of(std::string_view text) {
    return static_cast<rapidjson::SizeType>(text.size());
  }

  Sink sink_;
  rapidjson::Writer<Sink> writer_;
};

}  // namespace sightingd
