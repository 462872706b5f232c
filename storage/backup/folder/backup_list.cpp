#include "storage/backup/folder/backup_list.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>

namespace sightingd {
namespace {

constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kHexDigits = "0123456789abcdef";

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void key(Json& json, std::string_view name) {
  json.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}
void member(Json& json, std::string_view name, std::string_view text) {
  key(json, name);
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}
void member(Json& json, std::string_view name, std::uint64_t number) {
  key(json, name);
  json.Uint64(number);
}
void member(Json& json, std::string_view name, const std::optional<std::string>& text) {
  if (text) {
    return member(json, name, std::string_view(*text));
  }
  key(json, name);
  json.Null();
}
std::optional<std::string> hex(const std::optional<Sha256>& digest) {
  return digest ? std::optional(to_hex(*digest)) : std::nullopt;
}

std::string line(const rapidjson::StringBuffer& buffer) {
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

Error malformed(std::string_view what) {
  return {ErrorCode::Malformed, std::string("this is no ").append(what)};
}

/// Reads members; once one is missing or senseless, all is.
class Members {
 public:
  explicit Members(const rapidjson::Value& object) : object_(object), ok_(object.IsObject()) {}

  std::string text(const char* name, bool (*is_sensible)(std::string_view)) {
    const rapidjson::Value* const value = find(name);
    if (value == nullptr || !value->IsString() ||
        !is_sensible({value->GetString(), value->GetStringLength()})) {
      ok_ = false;
      return {};
    }
    return {value->GetString(), value->GetStringLength()};
  }
  std::uint64_t number(const char* name) {
    const rapidjson::Value* const value = find(name);
    ok_ = value != nullptr && value->IsUint64() && ok_;
    return ok_ ? value->GetUint64() : 0;
  }
  std::optional<Sha256> digest(const char* name) {
    const auto text = text_or_null(name);
    const auto read = text ? sha256_from_hex(*text) : std::nullopt;
    ok_ = ok_ && (!text || read);
    return read;
  }
  std::optional<TimePoint> time_or_null(const char* name) {
    const auto text = text_or_null(name);
    const auto read = text ? parse_rfc3339(*text) : std::nullopt;
    ok_ = ok_ && (!text || read);
    return read;
  }
  const rapidjson::Value* list(const char* name) {
    const rapidjson::Value* const value = find(name);
    ok_ = value != nullptr && value->IsArray() && ok_;
    return ok_ ? value : nullptr;
  }
  bool ok() const { return ok_; }

 private:
  const rapidjson::Value* find(const char* name) const {
    if (!ok_) {
      return nullptr;
    }
    const auto found = object_.FindMember(name);
    return found == object_.MemberEnd() ? nullptr : &found->value;
  }
  std::optional<std::string> text_or_null(const char* name) {
    const rapidjson::Value* const value = find(name);
    if (value == nullptr || (!value->IsString() && !value->IsNull())) {
      ok_ = false;
      return std::nullopt;
    }
    return value->IsString()
               ? std::optional(std::string(value->GetString(), value->GetStringLength()))
               : std::nullopt;
  }

  const rapidjson::Value& object_;
  bool ok_;
};

bool is_stamp(std::string_view text) {
  return !text.empty() && text.size() <= 80 &&
         text.find_first_not_of("0123456789.-") == std::string_view::npos;
}

}  // namespace

bool is_backup_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

bool is_object_file_name(std::string_view file) {
  constexpr std::string_view kRows = "rows/";
  if (file == "audit/audit.log" || file == "format") {
    return true;
  }
  const std::string_view name = file.starts_with(kRows) ? file.substr(kRows.size()) : "";
  return !name.empty() && name.size() <= 100 && name.front() != '.' &&
         name.find_first_not_of(
             "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
             ".-_") == std::string_view::npos;
}

bool is_backup_file_name(std::string_view name) {
  for (const std::string_view folder : {"photos/", "audit/reasons/"}) {
    if (name.starts_with(folder)) {
      const std::string_view rest = name.substr(folder.size());
      return !rest.empty() && rest.size() <= 100 &&
             rest.find_first_not_of(kHexDigits) == std::string_view::npos;
    }
  }
  return false;
}

std::string to_json(const BackupList& list) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  member(json, "sightingd_backup", kFormat);
  member(json, "id", std::string_view(list.id));
  member(json, "made_at", std::string_view(format_rfc3339(list.made_at)));
  member(json, "expires_at",
         list.expires_at ? std::optional(format_rfc3339(*list.expires_at)) : std::nullopt);
  member(json, "files", list.files);
  member(json, "files_sha256", hex(list.files_sha256));
  key(json, "objects");
  json.StartArray();
  for (const ListedObject& object : list.objects) {
    json.StartObject();
    member(json, "id", std::string_view(object.id));
    member(json, "file", std::string_view(object.file));
    member(json, "bytes", object.bytes);
    member(json, "sha256", hex(object.sha256));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return line(buffer);
}

std::string to_json(const ListedFile& file) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  member(json, "name", std::string_view(file.name));
  member(json, "stamp", std::string_view(file.stamp));
  member(json, "bytes", file.bytes);
  member(json, "sha256", hex(file.sha256));
  json.EndObject();
  return line(buffer);
}

Result<BackupList> parse_backup_list(std::string_view text) {
  rapidjson::Document document;
  document.Parse<kParseFlags>(text.data(), text.size());
  if (document.HasParseError()) {
    return malformed("list of a backup");
  }
  Members members(document);
  const bool is_known = members.number("sightingd_backup") == kFormat;
  BackupList list;
  list.id = members.text("id", is_backup_id);
  const auto made_at = members.time_or_null("made_at");
  list.expires_at = members.time_or_null("expires_at");
  list.files = members.number("files");
  list.files_sha256 = members.digest("files_sha256");
  const rapidjson::Value* const objects = members.list("objects");
  if (!members.ok() || !is_known || !made_at) {
    return malformed("list of a backup");
  }
  list.made_at = *made_at;
  for (const rapidjson::Value& each : objects->GetArray()) {
    Members object(each);
    list.objects.push_back({.id = object.text("id", is_backup_id),
                            .file = object.text("file", is_object_file_name),
                            .bytes = object.number("bytes"),
                            .sha256 = object.digest("sha256")});
    if (!object.ok()) {
      return malformed("list of a backup");
    }
  }
  return list;
}

Result<ListedFile> parse_listed_file(std::string_view text) {
  rapidjson::Document document;
  document.Parse<kParseFlags>(text.data(), text.size());
  if (document.HasParseError()) {
    return malformed("line of the files of a backup");
  }
  Members members(document);
  ListedFile file{.name = members.text("name", is_backup_file_name),
                  .stamp = members.text("stamp", is_stamp),
                  .bytes = members.number("bytes"),
                  .sha256 = members.digest("sha256")};
  if (!members.ok()) {
    return malformed("line of the files of a backup");
  }
  return file;
}

}  // namespace sightingd
