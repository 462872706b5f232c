#include "daemon/api/erase_request.h"

#include "daemon/api/json_writer.h"

#include <rapidjson/document.h>

namespace sightingd {
namespace {

// Deeper documents are refused by the parser without recursion.
constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
constexpr std::size_t kMaxText = 4096;

Error malformed(std::string message) { return {ErrorCode::Malformed, std::move(message)}; }

bool read_text(const rapidjson::Value& value, std::string& text) {
  if (!value.IsString() || value.GetStringLength() == 0 || value.GetStringLength() > kMaxText) {
    return false;
  }
  text.assign(value.GetString(), value.GetStringLength());
  return true;
}

}  // namespace

Result<EraseRequest> parse_erase_request(std::string_view json) {
  if (json.size() > kMaxEraseBody) {
    return malformed("The body is too large.");
  }
  rapidjson::Document document;
  document.Parse<kParseFlags>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) {
    return malformed("The body must be a JSON object with 'post' and 'reason'.");
  }
  EraseRequest request;
  for (const auto& member : document.GetObject()) {
    const std::string_view name(member.name.GetString(), member.name.GetStringLength());
    if (name != "post" && name != "reason") {
      return malformed("The body may hold 'post' and 'reason' only.");
    }
    if (!read_text(member.value, name == "post" ? request.post : request.reason)) {
      return malformed("'" + std::string(name) + "' must be a text of 1 to 4096 bytes.");
    }
  }
  if (request.post.empty() || request.reason.empty()) {
    return malformed("'post' (a URL) and 'reason' (your words) are both needed.");
  }
  return request;
}

std::string erase_request_json(const EraseRequest& request) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("post", request.post);
  json.member("reason", request.reason);
  json.end_object();
  return out;
}

}  // namespace sightingd
