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

constexpr EraseRequest::What kSubjects[] = {EraseRequest::What::Post, EraseRequest::What::Author,
                                            EraseRequest::What::Photo,
                                            EraseRequest::What::OlderThan};

bool* flag_named(EraseRequest& request, std::string_view name) {
  if (name == "refuse_picture") {
    return &request.refuse_picture;
  }
  if (name == "despite_hold") {
    return &request.despite_hold;
  }
  return name == "confirm" ? &request.confirm : nullptr;
}

std::string* text_named(EraseRequest& request, std::string_view name) {
  if (name == "reason") {
    return &request.reason;
  }
  for (const EraseRequest::What what : kSubjects) {
    if (name == to_text(what) && request.subject.empty()) {
      request.what = what;
      return &request.subject;
    }
  }
  return nullptr;
}

Result<void> read_member(EraseRequest& request, std::string_view name,
                         const rapidjson::Value& value) {
  if (bool* const flag = flag_named(request, name)) {
    if (!value.IsBool()) {
      return malformed("'" + std::string(name) + "' must be true or false.");
    }
    *flag = value.GetBool();
    return {};
  }
  std::string* const text = text_named(request, name);
  if (text == nullptr) {
    return malformed(
        "The body may hold one of 'post', 'author', 'photo' and 'older_than', 'reason', "
        "'refuse_picture', 'despite_hold' and 'confirm' only.");
  }
  if (!read_text(value, *text)) {
    return malformed("'" + std::string(name) + "' must be a text of 1 to 4096 bytes.");
  }
  return {};
}

}  // namespace

std::string_view to_text(EraseRequest::What what) {
  switch (what) {
    case EraseRequest::What::Post:
      return "post";
    case EraseRequest::What::Author:
      return "author";
    case EraseRequest::What::Photo:
      return "photo";
    case EraseRequest::What::OlderThan:
      return "older_than";
  }
  return "";
}

Result<EraseRequest> parse_erase_request(std::string_view json) {
  if (json.size() > kMaxEraseBody) {
    return malformed("The body is too large.");
  }
  rapidjson::Document document;
  document.Parse<kParseFlags>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) {
    return malformed("The body must be a JSON object that says what to erase, with a 'reason'.");
  }
  EraseRequest request;
  for (const auto& member : document.GetObject()) {
    const std::string_view name(member.name.GetString(), member.name.GetStringLength());
    if (auto read = read_member(request, name, member.value); !read) {
      return read.error();
    }
  }
  if (request.subject.empty() || request.reason.empty()) {
    return malformed(
        "One of 'post' (a URL), 'author', 'photo' and 'older_than', and 'reason' (your words) are "
        "needed.");
  }
  if (request.refuse_picture && request.what != EraseRequest::What::Post) {
    return malformed("'refuse_picture' goes with 'post' only.");
  }
  return request;
}

std::string erase_request_json(const EraseRequest& request) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member(to_text(request.what), request.subject);
  json.member("reason", request.reason);
  json.member("refuse_picture", request.refuse_picture);
  json.member("despite_hold", request.despite_hold);
  json.member("confirm", request.confirm);
  json.end_object();
  return out;
}

}  // namespace sightingd
