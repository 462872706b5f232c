#include "daemon/ingest/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <list>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

bool is_cancellation(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

class TaskGroup::Impl {
 public:
  Impl(asio::any_io_executor executor, std::function<void(std::exception_ptr)> on_bug)
      : executor_(std::move(executor)),
        idle_(executor_, asio::steady_timer::time_point::max()),
        on_bug_(std::move(on_bug)) {}

  std::weak_ptr<asio::cancellation_signal> spawn(asio::awaitable<void> task) {
    if (cancelled_) {
      return {};
    }
    const auto place =
        signals_.insert(signals_.end(), std::make_shared<asio::cancellation_signal>());
    const std::weak_ptr<asio::cancellation_signal> signal = *place;
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot((*place)->slot(),
                                                [this, place](const std::exception_ptr& failure) {
                                                  ended(place, failure);
                                                }));
    return signal;
  }

  void cancel() {
    cancelled_ = true;
    // A task may end, and so leave the list, while its signal is emitted.
    for (auto signal = signals_.begin(); signal != signals_.end();) {
      const auto current = *signal++;
      current->emit(asio::cancellation_type::terminal);
    }
  }

  asio::awaitable<void> finished() {
    while (!signals_.empty()) {
      boost::system::error_code ignored;
      co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }

  bool cancelled() const { return cancelled_; }
  std::size_t running() const { return signals_.size(); }

 private:
  using Signals = std::list<std::shared_ptr<asio::cancellation_signal>>;

  void ended(Signals::iterator signal, const std::exception_ptr& failure) {
    // The signal's own slot is still on the stack here.
    asio::post(executor_, [this, signal] {
      signals_.erase(signal);
      if (signals_.empty()) {
        idle_.cancel();
      }
    });
    if (failure && !is_cancellation(failure)) {
      on_bug_(failure);
    }
  }

  asio::any_io_executor executor_;
  asio::steady_timer idle_;
  std::function<void(std::exception_ptr)> on_bug_;
  Signals signals_;
  bool cancelled_ = false;
};

TaskGroup::TaskGroup(asio::any_io_executor executor, std::function<void(std::exception_ptr)> on_bug)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(on_bug))) {}

TaskGroup::~TaskGroup() = default;

void TaskGroup::Task::cancel() const {
  if (const auto signal = signal_.lock()) {
    signal->emit(asio::cancellation_type::terminal);
  }
}

TaskGroup::Task TaskGroup::spawn(asio::awaitable<void> task) {
  Task spawned;
  spawned.signal_ = impl_->spawn(std::move(task));
  return spawned;
}
void TaskGroup::cancel() { impl_->cancel(); }
bool TaskGroup::cancelled() const { return impl_->cancelled(); }
std::size_t TaskGroup::running() const { return impl_->running(); }
asio::awaitable<void> TaskGroup::finished() { return impl_->finished(); }

}  // namespace sightingd
