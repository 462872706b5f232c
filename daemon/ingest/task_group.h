#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace sightingd {

/// Coroutines that are cancelled and awaited together. Lives on one strand; must outlive its
/// tasks, so await finished() before destroying it.
class TaskGroup {
 public:
  /// `on_bug` is told of an exception that left a task. A task that ends because it was
  /// cancelled is no bug.
  TaskGroup(boost::asio::any_io_executor executor, std::function<void(std::exception_ptr)> on_bug);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// One task of a group, that may have ended long ago, and the group with it.
  class Task {
   public:
    Task() = default;
    /// Asks it to end, if it has not.
    void cancel() const;

   private:
    friend class TaskGroup;
    std::weak_ptr<boost::asio::cancellation_signal> signal_;
  };

  /// Starts a task at once. After cancel() it is dropped unstarted.
  Task spawn(boost::asio::awaitable<void> task);

  /// Asks every task to end. Final: later tasks are dropped.
  void cancel();

  bool cancelled() const;
  std::size_t running() const;

  /// Returns when no task runs.
  boost::asio::awaitable<void> finished();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sightingd
