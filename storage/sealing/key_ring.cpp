#include "storage/sealing/key_ring.h"

#include "pipeline/hex.h"
#include "pipeline/wipe.h"
#include "storage/sealing/seal.h"

#include <algorithm>
#include <span>
#include <utility>

namespace sightingd {
namespace {

// What a store key is used for, each by a key of its own (SecretKey::derived).
constexpr std::uint64_t kNaming = 1;
constexpr std::uint64_t kSealingTheRing = 2;

constexpr std::size_t kNameSize = 8;
constexpr std::uint8_t kMark = 1;  // The form of a sealed ring: a name, a seal.
constexpr std::uint8_t kLastGeneration = 0x7F;

Error wrong_key() {
  return {ErrorCode::Storage,
          "the store was sealed with another key than the one that `encryption_key` names: give it "
          "back its own key, or restore a backup that has one",
          "key"};
}

Error damaged() {
  return {ErrorCode::Storage,
          "the ring of keys of the store cannot be opened; the store is damaged: restore it from a "
          "backup",
          "damaged"};
}

}  // namespace

std::string name_of_key(const SecretKey& store_key) {
  const SecretKey name = store_key.derived(kNaming);
  return hex_of(std::span(name.data(), kNameSize));
}

KeyRing KeyRing::make(bool has_clear_rows) {
  KeyRing ring;
  ring.add(1, SecretKey::random());
  ring.has_clear_rows_ = has_clear_rows;
  return ring;
}

Result<KeyRing> KeyRing::open(std::string_view sealed, const SecretKey& store_key) {
  const std::string name = name_of_key(store_key);
  if (sealed.size() < name.size()) {
    return damaged();
  }
  if (!sealed.starts_with(name)) {
    return wrong_key();
  }
  std::string content;
  const SecretKey key = store_key.derived(kSealingTheRing);
  if (!sealing::open(key, name, sealed.substr(name.size()), content)) {
    return damaged();
  }
  constexpr std::size_t kEntrySize = 1 + SecretKey::kSize;
  KeyRing ring;
  bool well_formed = !content.empty() && (content.size() - 1) % kEntrySize == 0 &&
                     content.size() > kEntrySize && content.size() <= 1 + kMostKeys * kEntrySize;
  ring.has_clear_rows_ = well_formed && content.front() != 0;
  for (std::size_t at = 1; well_formed && at < content.size(); at += kEntrySize) {
    const auto generation = static_cast<std::uint8_t>(content[at]);
    well_formed = generation > 0 && generation <= kLastGeneration;
    ring.add(generation,
             *SecretKey::of(std::string_view(content).substr(at + 1, SecretKey::kSize)));
  }
  wipe(content);
  if (!well_formed) {
    return damaged();
  }
  return ring;
}

std::string KeyRing::sealed_by(const SecretKey& store_key) const {
  std::string content(1, has_clear_rows_ ? '\1' : '\0');
  content.reserve(1 + kMostKeys * (1 + SecretKey::kSize));  // Never moved: nothing is left behind.
  for (std::size_t i = 0; i < count_; ++i) {
    content.push_back(static_cast<char>((*entries_)[i].generation));
    content.append((*entries_)[i].key.bytes());
  }
  std::string sealed = name_of_key(store_key);
  sealed += sealing::seal(store_key.derived(kSealingTheRing), kMark, sealed, content);
  wipe(content);
  return sealed;
}

const SecretKey& KeyRing::newest() const { return (*entries_)[count_ - 1].key; }

std::uint8_t KeyRing::newest_generation() const { return (*entries_)[count_ - 1].generation; }

const SecretKey* KeyRing::find(std::uint8_t generation) const {
  for (std::size_t i = 0; i < count_; ++i) {
    if ((*entries_)[i].generation == generation) {
      return &(*entries_)[i].key;
    }
  }
  return nullptr;
}

KeyRing KeyRing::renewed() const {
  KeyRing ring;
  ring.add(newest_generation(), newest());
  ring.add(newest_generation() == kLastGeneration ? 1 : newest_generation() + 1,
           SecretKey::random());
  return ring;
}

KeyRing KeyRing::settled() const {
  KeyRing ring;
  ring.add(newest_generation(), newest());
  return ring;
}

void KeyRing::add(std::uint8_t generation, const SecretKey& key) {
  (*entries_)[count_] = {.generation = generation, .key = key};
  ++count_;
}

}  // namespace sightingd
