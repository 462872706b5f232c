#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace sightingd {

/// Readies libsodium, which everything in this folder needs; any thread may call it, any number of
/// times. What fails here is a bug of the machine: throws std::runtime_error.
void ready_cryptography();

/// 32 bytes that seal and open. A value like any other, but it wipes itself when it goes; what is
/// to live long lies in Locked memory.
class SecretKey {
 public:
  static constexpr std::size_t kSize = 32;

  /// A new one, from the system's source of randomness.
  static SecretKey random();
  /// Nothing unless there are kSize bytes.
  static std::optional<SecretKey> of(std::string_view bytes);

  SecretKey() = default;
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();

  /// Another key that says nothing about this one: BLAKE2b, as libsodium's crypto_kdf does it.
  /// `purpose`: one number a use.
  SecretKey derived(std::uint64_t purpose) const;

  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  const unsigned char* data() const { return bytes_.data(); }

 private:
  std::array<unsigned char, kSize> bytes_{};
};

namespace locked {
void* allocate(std::size_t size);
void release(void* memory);
}  // namespace locked

/// Owns an object in memory that is kept out of swap (as far as the limit of locked memory goes)
/// and out of core dumps, stands between guard pages and is wiped when it goes.
template <typename T>
class Locked {
 public:
  Locked() : object_(new (locked::allocate(sizeof(T))) T()) {
    static_assert(alignof(T) == 1, "libsodium aligns the end of what it allocates, not its start");
  }

  T& operator*() { return *object_; }
  const T& operator*() const { return *object_; }
  T* operator->() { return object_.get(); }
  const T* operator->() const { return object_.get(); }

 private:
  struct Destroy {
    void operator()(T* object) const {
      object->~T();
      locked::release(object);
    }
  };
  std::unique_ptr<T, Destroy> object_;
};

}  // namespace sightingd
