#include "storage/log/chain.h"

#include <sodium.h>

#include <algorithm>
#include <span>
#include <utility>

namespace sightingd {
namespace {

static_assert(SecretKey::kSize >= crypto_generichash_KEYBYTES_MIN &&
              SecretKey::kSize <= crypto_generichash_KEYBYTES_MAX);

// What is hashed begins with what it is, so that a start is never taken for an entry.
constexpr std::uint8_t kOfStart = 1;
constexpr std::uint8_t kOfEntry = 2;

constexpr std::string_view kMagic = "sgtchain";
constexpr char kFormat = 1;
constexpr std::size_t kHashSize = std::tuple_size_v<ChainHash>;
constexpr std::size_t kLengthSize = 4;
constexpr std::size_t kNumberSize = 8;
/// Magic, format, whether there is a key, the length of the owner's bytes.
constexpr std::size_t kOwnerAt = kMagic.size() + 2 + kLengthSize;

static_assert(kOwnerAt + chain::kMostOwnerBytes + kNumberSize + 2 * kHashSize <=
              chain::kMostBytesAtOnce);
static_assert(chain::kFrameOverhead == kLengthSize + kHashSize);
static_assert(chain::kMostPayloadBytes + chain::kFrameOverhead <= chain::kMostBytesAtOnce);

void append_number(std::string& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    out.push_back(static_cast<char>(value >> (8 * i)));
  }
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return value;
}

std::string_view text_of(const ChainHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

ChainHash hash_at(std::string_view bytes, std::size_t at) {
  ChainHash hash;
  std::ranges::copy(bytes.substr(at, hash.size()), hash.begin());
  return hash;
}

class Hashing {
 public:
  explicit Hashing(const SecretKey* key) {
    crypto_generichash_init(&state_, key == nullptr ? nullptr : key->data(),
                            key == nullptr ? 0 : SecretKey::kSize, kHashSize);
  }

  void add(std::string_view bytes) {
    crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                              bytes.size());
  }

  ChainHash finish() {
    ChainHash hash{};
    crypto_generichash_final(&state_, hash.data(), hash.size());
    return hash;
  }

 private:
  crypto_generichash_state state_;
};

Error broken_start() {
  return {ErrorCode::Storage, "the beginning of the log is not what was written", "broken-chain"};
}

/// The length of the owner's bytes.
Result<std::size_t> owner_size(std::string_view bytes) {
  if (bytes.size() < kOwnerAt || !bytes.starts_with(kMagic)) {
    return broken_start();
  }
  if (bytes[kMagic.size()] > kFormat) {
    return Error{ErrorCode::Storage,
                 "the log was written by a newer version: install that one or a newer one",
                 "newer-format"};
  }
  const std::uint64_t size = number_at(bytes, kMagic.size() + 2, kLengthSize);
  if (bytes[kMagic.size()] != kFormat || size > chain::kMostOwnerBytes ||
      size > bytes.size() - kOwnerAt) {
    return broken_start();
  }
  return static_cast<std::size_t>(size);
}

}  // namespace

ChainHasher::ChainHasher(const std::optional<SecretKey>& key) {
  ready_cryptography();
  if (key) {
    key_ = std::make_unique<Locked<SecretKey>>();
    **key_ = *key;
  }
}

ChainHead ChainHasher::next(const ChainHead& previous, std::string_view payload) const {
  std::string place(1, static_cast<char>(kOfEntry));
  append_number(place, previous.number + 1, kNumberSize);
  Hashing hashing(key_ == nullptr ? nullptr : &**key_);
  hashing.add(place);
  hashing.add(text_of(previous.hash));
  hashing.add(payload);
  return {.number = previous.number + 1, .hash = hashing.finish()};
}

ChainHash ChainHasher::of_start(std::string_view start) const {
  const char kind = static_cast<char>(kOfStart);
  Hashing hashing(key_ == nullptr ? nullptr : &**key_);
  hashing.add({&kind, 1});
  hashing.add(start);
  return hashing.finish();
}

std::string chain::encode(const ChainStart& start, const ChainHasher& hasher) {
  std::string bytes(kMagic);
  bytes.push_back(kFormat);
  bytes.push_back(hasher.has_key() ? '\1' : '\0');
  append_number(bytes, start.owner.size(), kLengthSize);
  bytes.append(start.owner);
  append_number(bytes, start.after.number, kNumberSize);
  bytes.append(text_of(start.after.hash));
  bytes.append(text_of(hasher.of_start(bytes)));
  return bytes;
}

Result<chain::ReadStart> chain::read_start(std::string_view bytes, const ChainHasher& hasher) {
  const auto owner = owner_size(bytes);
  if (!owner) {
    return owner.error();
  }
  const std::size_t number_begins = kOwnerAt + *owner;
  const std::size_t hash_begins = number_begins + kNumberSize;
  const std::size_t check_begins = hash_begins + kHashSize;
  const char keyed = hasher.has_key() ? '\1' : '\0';
  if (bytes.size() < check_begins + kHashSize || bytes[kMagic.size() + 1] != keyed ||
      hasher.of_start(bytes.substr(0, check_begins)) != hash_at(bytes, check_begins)) {
    return broken_start();
  }
  return ReadStart{.start = {.owner = std::string(bytes.substr(kOwnerAt, *owner)),
                             .after = {.number = number_at(bytes, number_begins, kNumberSize),
                                       .hash = hash_at(bytes, hash_begins)}},
                   .size = check_begins + kHashSize};
}

Result<std::string> chain::read_owner(std::string_view bytes) {
  const auto size = owner_size(bytes);
  if (!size) {
    return size.error();
  }
  return std::string(bytes.substr(kOwnerAt, *size));
}

void chain::append_frame(std::string& bytes, std::string_view payload, ChainHead& head,
                         const ChainHasher& hasher) {
  head = hasher.next(head, payload);
  append_number(bytes, payload.size(), kLengthSize);
  bytes.append(payload);
  bytes.append(text_of(head.hash));
}

chain::ReadFrame chain::read_frame(std::string_view bytes, const ChainHead& previous,
                                   const ChainHasher& hasher) {
  if (bytes.empty()) {
    return {};
  }
  ReadFrame frame{.outcome = ReadFrame::Outcome::Torn};
  // No frame is all zeros: a hash of that many is never met. A file system that lost power may
  // show zeros where it had not written yet.
  const bool is_blank = std::ranges::all_of(bytes, [](char byte) { return byte == 0; });
  if (bytes.size() < kFrameOverhead || is_blank) {
    return frame;
  }
  const std::uint64_t size = number_at(bytes, 0, kLengthSize);
  if (size > kMostPayloadBytes) {
    frame.outcome = ReadFrame::Outcome::Broken;
    return frame;
  }
  frame.size = kFrameOverhead + static_cast<std::size_t>(size);
  if (frame.size > bytes.size()) {
    return frame;
  }
  frame.payload = bytes.substr(kLengthSize, static_cast<std::size_t>(size));
  frame.head = hasher.next(previous, frame.payload);
  frame.outcome = frame.head.hash == hash_at(bytes, frame.size - kHashSize)
                      ? ReadFrame::Outcome::Intact
                      : ReadFrame::Outcome::Broken;
  return frame;
}

}  // namespace sightingd
