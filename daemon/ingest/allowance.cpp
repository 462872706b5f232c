#include "daemon/ingest/allowance.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <list>

namespace sightingd {
namespace asio = boost::asio;

class Allowance::Impl {
 public:
  struct Waiter {
    Waiter(const asio::any_io_executor& executor, std::uint64_t wanted)
        : amount(wanted), granted(executor, asio::steady_timer::time_point::max()) {}
    std::uint64_t amount;
    asio::steady_timer granted;
    bool has_share = false;
  };

  // Leaves the queue when its coroutine goes, granted or cancelled.
  class Place {
   public:
    Place(Impl& impl, std::uint64_t amount)
        : impl_(impl), place_(impl.waiters.emplace(impl.waiters.end(), impl.executor, amount)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      const std::uint64_t unclaimed = place_->has_share ? place_->amount : 0;
      impl_.waiters.erase(place_);
      impl_.taken -= unclaimed;
      impl_.grant();
    }

    Waiter& waiter() { return *place_; }
    // From here on the share belongs to the caller.
    void claim() { place_->has_share = false; }

   private:
    Impl& impl_;
    std::list<Waiter>::iterator place_;
  };

  Impl(asio::any_io_executor where, std::uint64_t amount)
      : executor(std::move(where)), total(amount) {}

  void grant() {
    for (Waiter& waiter : waiters) {
      if (waiter.has_share) {
        continue;
      }
      if (waiter.amount > total - taken) {
        return;
      }
      taken += waiter.amount;
      waiter.has_share = true;
      waiter.granted.cancel();
    }
  }

  asio::any_io_executor executor;
  const std::uint64_t total;
  std::uint64_t taken = 0;
  std::list<Waiter> waiters;
};

void Allowance::Share::release() {
  if (Allowance* const owner = std::exchange(owner_, nullptr)) {
    owner->give_back(std::exchange(amount_, 0));
  }
}

Allowance::Allowance(asio::any_io_executor executor, std::uint64_t total)
    : impl_(std::make_unique<Impl>(std::move(executor), total)) {}

Allowance::~Allowance() = default;

asio::awaitable<Allowance::Share> Allowance::take(std::uint64_t amount) {
  Impl::Place place(*impl_, std::min(amount, impl_->total));
  impl_->grant();
  while (!place.waiter().has_share) {
    boost::system::error_code ignored;
    co_await place.waiter().granted.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  place.claim();
  co_return Share(*this, place.waiter().amount);
}

std::uint64_t Allowance::total() const { return impl_->total; }

std::uint64_t Allowance::taken() const { return impl_->taken; }

std::size_t Allowance::waiting() const {
  return static_cast<std::size_t>(std::count_if(impl_->waiters.begin(), impl_->waiters.end(),
                                                [](const auto& w) { return !w.has_share; }));
}

void Allowance::give_back(std::uint64_t amount) {
  impl_->taken -= amount;
  impl_->grant();
}

}  // namespace sightingd
