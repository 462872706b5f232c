#include "pipeline/running_digest.h"

#include <openssl/evp.h>

#include <new>

namespace sightingd {

struct RunningDigest::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();

  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(evp); }
};

RunningDigest::RunningDigest() : context_(std::make_unique<Context>()) {
  if (EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();  // SHA-256 of memory fails for no other reason.
  }
}
RunningDigest::~RunningDigest() = default;
RunningDigest::RunningDigest(RunningDigest&&) noexcept = default;

void RunningDigest::add(std::string_view bytes) {
  if (EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) != 1) {
    throw std::bad_alloc();
  }
}

Sha256 RunningDigest::finish() {
  Sha256 digest;
  if (EVP_DigestFinal_ex(context_->evp, digest.bytes.data(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  return digest;
}

}  // namespace sightingd
