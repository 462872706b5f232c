#include "connectors/http/replay_index.h"

#include "connectors/http/header_text.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>

namespace sightingd {
namespace {

using rapidjson::Value;

// RapidJSON writes values by recursion: what is deeper than this is no recording of a page.
constexpr int kDeepest = 100;
constexpr int kFormat = 1;
constexpr std::array<std::string_view, 6> kFailures{"timeout", "unreachable", "truncated",
                                                    "garbled", "tls",         "dns"};

class DepthCheck : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, DepthCheck> {
 public:
  bool StartObject() { return ++depth_ <= kDeepest; }
  bool StartArray() { return ++depth_ <= kDeepest; }
  bool EndObject(rapidjson::SizeType) { return --depth_ >= 0; }
  bool EndArray(rapidjson::SizeType) { return --depth_ >= 0; }

 private:
  int depth_ = 0;
};

std::string_view text_of(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

Error malformed(std::string message) {
  return {ErrorCode::Malformed, "exchanges.json: " + std::move(message), "replay"};
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), name) != known.end();
}

// The first member that is not in `known`, or an empty view.
std::string_view unknown_member(const Value& object,
                                std::initializer_list<std::string_view> known) {
  for (const auto& member : object.GetObject()) {
    if (!is_one_of(text_of(member.name), known)) {
      return text_of(member.name);
    }
  }
  return {};
}

const Value* find_member(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

// False when the member is there and is no text; absent leaves `text` as it is.
bool read_text(const Value& object, const char* name, std::string& text) {
  const Value* value = find_member(object, name);
  if (value == nullptr) {
    return true;
  }
  if (!value->IsString()) {
    return false;
  }
  text = text_of(*value);
  return true;
}

bool read_headers(const Value& object, ReplayAnswer& answer) {
  const Value* headers = find_member(object, "headers");
  if (headers == nullptr) {
    return true;
  }
  if (!headers->IsObject()) {
    return false;
  }
  for (const auto& header : headers->GetObject()) {
    if (!header.value.IsString()) {
      return false;
    }
    answer.headers.emplace_back(lower_ascii(text_of(header.name)), text_of(header.value));
  }
  return true;
}

bool read_status(const Value& object, ReplayAnswer& answer) {
  const Value* status = find_member(object, "status");
  if (status == nullptr) {
    return true;
  }
  if (!status->IsInt() || status->GetInt() < 100 || status->GetInt() > 599) {
    return false;
  }
  answer.status = status->GetInt();
  return true;
}

bool read_failure(const Value& object, ReplayAnswer& answer) {
  std::string failure;
  if (!read_text(object, "failure", failure)) {
    return false;
  }
  if (failure.empty()) {
    return true;
  }
  const auto known = std::find(kFailures.begin(), kFailures.end(), failure);
  if (known == kFailures.end()) {
    return false;
  }
  answer.failure = *known;
  return true;
}

bool read_body(const Value& object, ReplayAnswer& answer) {
  const int forms = static_cast<int>(object.HasMember("body")) +
                    static_cast<int>(object.HasMember("json")) +
                    static_cast<int>(object.HasMember("body_file"));
  if (forms > 1 || !read_text(object, "body", answer.body) ||
      !read_text(object, "body_file", answer.body_file)) {
    return false;
  }
  if (const Value* json = find_member(object, "json")) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    json->Accept(writer);
    answer.body.assign(buffer.GetString(), buffer.GetSize());
  }
  return true;
}

Result<ReplayAnswer> read_answer(const Value& object) {
  if (!object.IsObject()) {
    return malformed("an answer is not an object");
  }
  const auto unknown =
      unknown_member(object, {"status", "headers", "body", "json", "body_file", "failure"});
  if (!unknown.empty()) {
    return malformed("unknown member \"" + std::string(unknown) + "\" of an answer");
  }
  ReplayAnswer answer;
  if (!read_status(object, answer)) {
    return malformed("status must be a number from 100 to 599");
  }
  if (!read_headers(object, answer)) {
    return malformed("headers must be an object of texts");
  }
  if (!read_body(object, answer)) {
    return malformed("an answer has one of body, json and body_file; the first and last are texts");
  }
  if (!read_failure(object, answer)) {
    return malformed("unknown failure");
  }
  return answer;
}

Result<ReplayExchange> read_exchange(const Value& object) {
  if (!object.IsObject()) {
    return malformed("an exchange is not an object");
  }
  const auto unknown = unknown_member(object, {"method", "target", "token", "answers"});
  if (!unknown.empty()) {
    return malformed("unknown member \"" + std::string(unknown) + "\" of an exchange");
  }
  ReplayExchange exchange;
  std::string target;
  if (!read_text(object, "target", target) || target.empty()) {
    return malformed("an exchange has no target");
  }
  if (!read_text(object, "method", exchange.method)) {
    return malformed("method must be a text");
  }
  if (object.HasMember("token") && !read_text(object, "token", exchange.token.emplace())) {
    return malformed("token must be a text");
  }
  const Value* answers = find_member(object, "answers");
  if (answers == nullptr || !answers->IsArray() || answers->Empty()) {
    return malformed("answers must be an array of at least one");
  }
  for (const auto& value : answers->GetArray()) {
    auto answer = read_answer(value);
    if (!answer) {
      return answer.error();
    }
    exchange.answers.push_back(std::move(*answer));
  }
  exchange.target = canonical_replay_target(target);
  return exchange;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Decodes what is percent-encoded but for the signs that divide a URL, whose code is written in
// upper case. A percent sign that encodes nothing stands for itself.
std::string decode(std::string_view text) {
  constexpr std::string_view kDividers = "/?#&=+%";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      decoded += text[i] == '%' ? std::string_view("%25") : text.substr(i, 1);
      continue;
    }
    const char byte = static_cast<char>(high * 16 + low);
    if (kDividers.find(byte) == std::string_view::npos) {
      decoded += byte;
    } else {
      decoded += {'%', kHex[static_cast<std::size_t>(high)], kHex[static_cast<std::size_t>(low)]};
    }
    i += 2;
  }
  return decoded;
}

// In a query a plus sign is a space.
std::string decode_parameter(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return decode(spaced);
}

}  // namespace

std::string canonical_replay_target(std::string_view target) {
  target = target.substr(0, target.find('#'));
  const auto question = target.find('?');
  std::string canonical = decode(target.substr(0, question));
  if (question == std::string_view::npos) {
    return canonical;
  }
  std::vector<std::string> parameters;
  for (std::string_view rest = target.substr(question + 1); !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    if (end > 0) {
      parameters.push_back(decode_parameter(rest.substr(0, end)));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::sort(parameters.begin(), parameters.end());
  char divider = '?';
  for (const auto& parameter : parameters) {
    canonical += divider;
    canonical += parameter;
    divider = '&';
  }
  return canonical;
}

Result<ReplayIndex> ReplayIndex::parse(std::string_view json) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  rapidjson::MemoryStream depth_stream(json.data(), json.size());
  DepthCheck depth;
  rapidjson::Reader reader;
  if (const auto parsed = reader.Parse<kFlags>(depth_stream, depth); parsed.IsError()) {
    return malformed(parsed.Code() == rapidjson::kParseErrorTermination
                         ? "nested too deeply"
                         : std::string(rapidjson::GetParseError_En(parsed.Code())) + " (byte " +
                               std::to_string(parsed.Offset()) + ")");
  }
  rapidjson::Document document;
  document.Parse<kFlags>(json.data(), json.size());
  if (!document.IsObject()) {
    return malformed("not an object");
  }
  if (const auto unknown = unknown_member(document, {"format", "exchanges"}); !unknown.empty()) {
    return malformed("unknown member \"" + std::string(unknown) + "\"");
  }
  const Value* format = find_member(document, "format");
  if (format == nullptr || !format->IsInt() || format->GetInt() != kFormat) {
    return malformed("format must be 1");
  }
  const Value* exchanges = find_member(document, "exchanges");
  if (exchanges == nullptr || !exchanges->IsArray()) {
    return malformed("exchanges must be an array");
  }
  ReplayIndex index;
  for (const auto& value : exchanges->GetArray()) {
    auto exchange = read_exchange(value);
    if (!exchange) {
      Error error = exchange.error();
      error.message += " (exchange " + std::to_string(index.exchanges_.size() + 1) + ")";
      return error;
    }
    index.exchanges_.push_back(std::move(*exchange));
  }
  std::stable_sort(
      index.exchanges_.begin(), index.exchanges_.end(),
      [](const ReplayExchange& a, const ReplayExchange& b) { return a.target < b.target; });
  return index;
}

const ReplayExchange* ReplayIndex::find(std::string_view method, std::string_view target,
                                        std::string_view token) const {
  const ReplayExchange* for_everybody = nullptr;
  auto exchange = std::lower_bound(
      exchanges_.begin(), exchanges_.end(), target,
      [](const ReplayExchange& one, std::string_view wanted) { return one.target < wanted; });
  for (; exchange != exchanges_.end() && exchange->target == target; ++exchange) {
    if (exchange->method != method) {
      continue;
    }
    if (exchange->token == token) {
      return &*exchange;
    }
    if (!exchange->token && for_everybody == nullptr) {
      for_everybody = &*exchange;
    }
  }
  return for_everybody;
}

}  // namespace sightingd
