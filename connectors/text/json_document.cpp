#include "connectors/text/json_document.h"

#include <cstddef>
#include <cstdint>

namespace sightingd {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Hands what the reader finds on to the document, and stops the reader when it goes too deep.
class DepthLimit {
 public:
  using Ch = rapidjson::Document::Ch;
  using Size = rapidjson::SizeType;

  explicit DepthLimit(rapidjson::Document& document) : document_(document) {}

  bool Null() { return document_.Null(); }
  bool Bool(bool value) { return document_.Bool(value); }
  bool Int(int value) { return document_.Int(value); }
  bool Uint(unsigned value) { return document_.Uint(value); }
  bool Int64(std::int64_t value) { return document_.Int64(value); }
  bool Uint64(std::uint64_t value) { return document_.Uint64(value); }
  bool Double(double value) { return document_.Double(value); }
  bool RawNumber(const Ch* text, Size length, bool copy) {
    return document_.RawNumber(text, length, copy);
  }
  bool String(const Ch* text, Size length, bool copy) {
    return document_.String(text, length, copy);
  }
  bool Key(const Ch* text, Size length, bool copy) { return document_.Key(text, length, copy); }
  bool StartObject() { return ++depth_ <= kMaxJsonDepth && document_.StartObject(); }
  bool EndObject(Size members) {
    --depth_;
    return document_.EndObject(members);
  }
  bool StartArray() { return ++depth_ <= kMaxJsonDepth && document_.StartArray(); }
  bool EndArray(Size elements) {
    --depth_;
    return document_.EndArray(elements);
  }

 private:
  rapidjson::Document& document_;
  int depth_ = 0;
};

// Fills a document from a text that is parsed in place.
class InPlaceReader {
 public:
  explicit InPlaceReader(std::string& bytes) : bytes_(bytes) {}

  bool operator()(rapidjson::Document& document) {
    DepthLimit handler(document);
    rapidjson::InsituStringStream stream(bytes_.data());
    rapidjson::Reader reader;
    result_ = reader.Parse<rapidjson::kParseInsituFlag>(stream, handler);
    return !result_.IsError();
  }

  rapidjson::ParseResult result() const { return result_; }

 private:
  std::string& bytes_;
  rapidjson::ParseResult result_;
};

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// The value of the escape \uXXXX at `at`; nothing when there is none.
std::optional<unsigned> unicode_escape(std::string_view text, std::size_t at) {
  if (text.size() - at < 6 || text[at] != '\\' || text[at + 1] != 'u') {
    return std::nullopt;
  }
  unsigned value = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const auto digit = hex_digit(text[i]);
    if (!digit) {
      return std::nullopt;
    }
    value = value * 16 + *digit;
  }
  return value;
}

bool is_high_surrogate(unsigned value) { return value >= 0xd800 && value <= 0xdbff; }
bool is_low_surrogate(unsigned value) { return value >= 0xdc00 && value <= 0xdfff; }

// JavaScript servers pass on the broken surrogates of a hostile post as escapes; RapidJSON
// would refuse the whole page for one of them.
void repair_lone_surrogates(std::string& json) {
  for (auto at = json.find('\\'); at != std::string::npos; at = json.find('\\', at)) {
    const auto value = unicode_escape(json, at);
    if (!value) {
      at += 2;
    } else if (is_high_surrogate(*value) &&
               is_low_surrogate(unicode_escape(json, at + 6).value_or(0))) {
      at += 12;
    } else {
      if (is_high_surrogate(*value) || is_low_surrogate(*value)) {
        json.replace(at, 6, "\\ufffd");
      }
      at += 6;
    }
    if (at >= json.size()) {
      break;
    }
  }
}

// Whether a text that does not parse looks like the beginning of one that would.
bool is_cut_off(char first, char last, std::size_t stopped_at, std::size_t size) {
  const bool begins = first == '[' || first == '{';
  const bool ends = last == ']' || last == '}';
  return begins && (!ends || stopped_at >= size);
}

Error unavailable(std::string message, std::string_view reason) {
  return {ErrorCode::Unavailable, std::move(message), reason};
}

Error bad_json() { return {ErrorCode::Malformed, "the answer is not JSON", "bad_json"}; }

}  // namespace

Result<JsonDocument> JsonDocument::parse(std::string bytes) {
  const auto begin = bytes.find_first_not_of(kSpace);
  if (begin == std::string::npos) {
    return unavailable("the answer is empty", "empty_body");
  }
  const char first = bytes[begin];
  const char last = bytes[bytes.find_last_not_of(kSpace)];
  if (first == '<') {
    return unavailable("the answer is a web page instead of JSON", "html");
  }
  // In place, a NUL would end the text early and hide what follows.
  if (bytes.find('\0') != std::string::npos) {
    return bad_json();
  }
  repair_lone_surrogates(bytes);
  const std::size_t size = bytes.size();
  auto parsed = std::make_unique<Parsed>();
  parsed->bytes = std::move(bytes);
  InPlaceReader reader(parsed->bytes);
  parsed->document.Populate(reader);
  if (reader.result().IsError()) {
    if (is_cut_off(first, last, reader.result().Offset(), size)) {
      return unavailable("the answer ends in the middle of its JSON", "truncated_json");
    }
    return bad_json();
  }
  return JsonDocument(std::move(parsed));
}

const JsonValue* json_member(const JsonValue& object, std::string_view name) {
  if (!object.IsObject()) {
    return nullptr;
  }
  const auto found = object.FindMember(
      JsonValue(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
  return found == object.MemberEnd() || found->value.IsNull() ? nullptr : &found->value;
}

std::optional<std::string_view> json_text(const JsonValue& object, std::string_view name) {
  const JsonValue* value = json_member(object, name);
  if (value == nullptr || !value->IsString()) {
    return std::nullopt;
  }
  return std::string_view(value->GetString(), value->GetStringLength());
}

bool json_flag(const JsonValue& object, std::string_view name) {
  const JsonValue* value = json_member(object, name);
  return value != nullptr && value->IsTrue();
}

}  // namespace sightingd
