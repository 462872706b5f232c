#pragma once

#include <functional>

namespace sightingd::test {

/// Runs `scenario` in a child process with a network of its own: only a loopback interface, which
/// also answers to the public address 9.9.9.9, and 127.0.0.1 as the only name server, with a
/// patience of minutes. Nothing leaves this machine.
///
/// Returns what `scenario` returned; kSkipped where the system allows no such thing; kHung when
/// it did not end within 20 s.
int run_in_own_network(const std::function<int()>& scenario);

constexpr int kSkipped = 77;
constexpr int kHung = -1;

}  // namespace sightingd::test
