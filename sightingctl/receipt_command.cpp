#include "daemon/api/receipt.h"

#include "pipeline/hex.h"
#include "sightingctl/commands.h"
#include "sightingctl/json_view.h"
#include "storage/sealing/signing_key.h"

#include <array>
#include <ostream>

namespace sightingd {
namespace {

bool is_genuine(const Receipt& receipt) {
  const auto key = PublicKey::of_hex(receipt.public_key);
  std::array<std::uint8_t, kSignatureSize> signature{};
  return key && read_hex(receipt.signature, signature) &&
         is_signed(*key, kReceiptPurpose, receipt.text,
                   {reinterpret_cast<const char*>(signature.data()), signature.size()});
}

}  // namespace

Outcome<ExitCode> run_receipt_verify(const Tool& tool, const std::string& file,
                                     const std::string& public_key) {
  const auto content = file_argument(tool, file);
  if (!content) {
    return content.error();
  }
  const auto receipt = parse_receipt(*content);
  if (!receipt) {
    return Failure{ExitCode::Usage, receipt.error().message};
  }
  if (!public_key.empty() && !PublicKey::of_hex(public_key)) {
    return Failure{ExitCode::Usage, "--public-key must be 64 hex digits."};
  }
  if (!public_key.empty() &&
      PublicKey::of_hex(public_key) != PublicKey::of_hex(receipt->public_key)) {
    tool.err
        << "This receipt names another key than the one you gave: it was not signed by whoever "
           "published that one.\n";
    return ExitCode::No;
  }
  if (!is_genuine(*receipt)) {
    tool.err << "This receipt was changed, or never signed by the key that it names.\n";
    return ExitCode::No;
  }
  tool.out << receipt->text << '\n';
  if (public_key.empty()) {
    tool.err << "The signature is right. It was made by the key " << receipt->public_key
             << ":\ncompare that with the one that the operator has published, or give it with "
                "--public-key.\n";
  } else {
    tool.err << "The receipt is genuine.\n";
  }
  return ExitCode::Done;
}

Outcome<ExitCode> run_receipt_key(const Tool& tool) {
  const auto body = ask_store(tool, "/v1/receipt-key");
  if (!body) {
    return body.error();
  }
  rapidjson::Document document;
  const auto answer = parse_answer(*body, document);
  if (!answer) {
    return answer.error();
  }
  tool.out << (tool.json ? *body : answer->text("public_key") + "\n");
  return ExitCode::Done;
}

}  // namespace sightingd
