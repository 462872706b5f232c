#include "daemon/api/receipt.h"

#include "daemon/api/json_writer.h"
#include "pipeline/digest.h"

#include <rapidjson/document.h>

namespace sightingd {
namespace {

constexpr std::size_t kMostBytes = 64 << 10;
constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

Error malformed() {
  return {ErrorCode::Malformed,
          "This is no receipt: a JSON object with 'text', 'public_key' and 'signature' is needed."};
}

bool read(const rapidjson::Document& document, const char* name, std::string& text) {
  const auto member = document.FindMember(name);
  if (member == document.MemberEnd() || !member->value.IsString()) {
    return false;
  }
  text.assign(member->value.GetString(), member->value.GetStringLength());
  return true;
}

}  // namespace

std::string receipt_text(const ReceiptText& text) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("receipt", "erased by sightingd");
  json.member("at", text.at);
  json.member("what", text.what);
  json.member("subject_sha256", to_hex(sha256(text.subject)));
  json.member("reason", text.reason);
  json.member("sightings", text.sightings);
  json.member("photos", text.photos);
  json.member("sightings_updated", text.updated);
  json.member("held", text.held);
  json.member("refused_from_now_on", text.refuses);
  if (text.in_backups_for_ever) {
    json.member("in_backups_until", "for ever");
  } else {
    json.member("in_backups_until", text.in_backups_until);
  }
  json.end_object();
  return out;
}

std::string receipt_json(const Receipt& receipt) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("text", receipt.text);
  json.member("public_key", receipt.public_key);
  json.member("signature", receipt.signature);
  json.end_object();
  return out;
}

Result<Receipt> parse_receipt(std::string_view json) {
  if (json.size() > kMostBytes) {
    return malformed();
  }
  rapidjson::Document document;
  document.Parse<kParseFlags>(json.data(), json.size());
  Receipt receipt;
  if (document.HasParseError() || !document.IsObject() || document.MemberCount() != 3 ||
      !read(document, "text", receipt.text) || !read(document, "public_key", receipt.public_key) ||
      !read(document, "signature", receipt.signature)) {
    return malformed();
  }
  return receipt;
}

}  // namespace sightingd
