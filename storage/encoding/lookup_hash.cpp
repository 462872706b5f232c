#include "storage/encoding/lookup_hash.h"

#include <openssl/evp.h>

#include <new>
#include <utility>

namespace sightingd {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

constexpr std::size_t kBlock = 64;  // Of SHA-256, RFC 2104 section 2.
constexpr std::size_t kDigest = 32;

/// SHA-256 over memory fails for lack of memory only.
void require(bool done) {
  if (!done) {
    throw std::bad_alloc();
  }
}

Context begin_with(std::string_view key, unsigned char pad) {
  std::array<unsigned char, kBlock> block;
  block.fill(pad);
  for (std::size_t i = 0; i < key.size() && i < kBlock; ++i) {
    block[i] = static_cast<unsigned char>(static_cast<unsigned char>(key[i]) ^ pad);
  }
  Context context(EVP_MD_CTX_new());
  require(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
          EVP_DigestUpdate(context.get(), block.data(), block.size()) == 1);
  return context;
}

}  // namespace

/// The two halves of HMAC with the key already taken in.
struct LookupHasher::State {
  Context inner;
  Context outer;
};

LookupHasher::LookupHasher(std::string_view key)
    : state_(std::make_unique<State>(State{begin_with(key, 0x36), begin_with(key, 0x5c)})) {}

LookupHasher::~LookupHasher() = default;

LookupHash LookupHasher::operator()(char kind, std::string_view text) const {
  thread_local const Context context(EVP_MD_CTX_new());
  std::array<unsigned char, kDigest> digest;
  require(context && EVP_MD_CTX_copy_ex(context.get(), state_->inner.get()) == 1 &&
          EVP_DigestUpdate(context.get(), &kind, 1) == 1 &&
          EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1 &&
          EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1 &&
          EVP_MD_CTX_copy_ex(context.get(), state_->outer.get()) == 1 &&
          EVP_DigestUpdate(context.get(), digest.data(), digest.size()) == 1 &&
          EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  LookupHash hash;
  for (std::size_t i = 0; i < hash.bytes.size(); ++i) {
    hash.bytes[i] = static_cast<char>(digest[i]);
  }
  return hash;
}

}  // namespace sightingd
