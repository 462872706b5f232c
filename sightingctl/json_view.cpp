#include "sightingctl/json_view.h"

namespace sightingd {
namespace {

const rapidjson::Value& nothing() {
  static const rapidjson::Value null;
  return null;
}

}  // namespace

const rapidjson::Value& JsonView::member(const char* name) const {
  if (!value_.IsObject()) {
    return nothing();
  }
  const auto found = value_.FindMember(name);
  return found == value_.MemberEnd() ? nothing() : found->value;
}

std::string JsonView::text(const char* name) const {
  const rapidjson::Value& value = member(name);
  return value.IsString() ? std::string(value.GetString(), value.GetStringLength()) : "";
}

std::uint64_t JsonView::number(const char* name) const {
  const rapidjson::Value& value = member(name);
  return value.IsUint64() ? value.GetUint64() : 0;
}

std::optional<double> JsonView::real(const char* name) const {
  const rapidjson::Value& value = member(name);
  return value.IsNumber() ? std::optional(value.GetDouble()) : std::nullopt;
}

bool JsonView::flag(const char* name) const {
  const rapidjson::Value& value = member(name);
  return value.IsBool() && value.GetBool();
}

std::optional<TimePoint> JsonView::time(const char* name) const {
  return parse_rfc3339(text(name));
}

JsonView JsonView::object(const char* name) const { return JsonView(member(name)); }

std::vector<JsonView> JsonView::list(const char* name) const {
  std::vector<JsonView> items;
  const rapidjson::Value& value = member(name);
  if (value.IsArray()) {
    for (const rapidjson::Value& item : value.GetArray()) {
      items.emplace_back(item);
    }
  }
  return items;
}

std::vector<std::optional<std::uint64_t>> JsonView::counts(const char* name) const {
  std::vector<std::optional<std::uint64_t>> counts;
  const rapidjson::Value& listed = member(name);
  if (listed.IsArray()) {
    for (const rapidjson::Value& count : listed.GetArray()) {
      counts.push_back(count.IsUint64() ? std::optional(count.GetUint64()) : std::nullopt);
    }
  }
  return counts;
}

std::vector<std::string> JsonView::texts(const char* name) const {
  std::vector<std::string> texts;
  const rapidjson::Value& value = member(name);
  if (value.IsArray()) {
    for (const rapidjson::Value& item : value.GetArray()) {
      texts.emplace_back(item.IsString() ? item.GetString() : "");
    }
  }
  return texts;
}

Outcome<JsonView> parse_answer(const std::string& body, rapidjson::Document& document) {
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject()) {
    return Failure{ExitCode::Bug, "the answer of sightingd cannot be understood."};
  }
  return JsonView(document);
}

}  // namespace sightingd
