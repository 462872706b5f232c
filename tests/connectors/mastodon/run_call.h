#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace sightingd::test {

/// Runs one call of a connector, and what it waits for on `context`, to its end.
template <typename T>
T run_call(boost::asio::io_context& context, boost::asio::awaitable<T> call) {
  std::optional<T> result;
  boost::asio::co_spawn(context, std::move(call), [&result](std::exception_ptr error, T value) {
    if (error) {
      std::rethrow_exception(error);
    }
    result = std::move(value);
  });
  context.restart();
  while (!result && context.run_one() > 0) {
  }
  return std::move(result.value());
}

}  // namespace sightingd::test
