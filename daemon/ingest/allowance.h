#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace sightingd {

/// A bounded amount of something (bytes, pages) that tasks take a share of and give back.
/// First come, first served: a large request is not overtaken by small ones. One strand.
class Allowance {
 public:
  /// A share that is given back when it is destroyed.
  class Share {
   public:
    Share() = default;
    Share(Allowance& owner, std::uint64_t amount) : owner_(&owner), amount_(amount) {}
    Share(Share&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), amount_(std::exchange(other.amount_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(amount_, other.amount_);
      return *this;
    }
    ~Share() { release(); }

    void release();

   private:
    Allowance* owner_ = nullptr;
    std::uint64_t amount_ = 0;
  };

  Allowance(boost::asio::any_io_executor executor, std::uint64_t total);
  ~Allowance();
  Allowance(const Allowance&) = delete;
  Allowance& operator=(const Allowance&) = delete;

  /// Waits until `amount` (at most the total: more is cut to it) is free.
  boost::asio::awaitable<Share> take(std::uint64_t amount);

  std::uint64_t total() const;
  std::uint64_t taken() const;
  std::size_t waiting() const;

 private:
  class Impl;
  void give_back(std::uint64_t amount);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sightingd
