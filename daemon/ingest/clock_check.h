#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace sightingd {

/// Clocks that are further apart than this do not agree: what is dated by them cannot be relied on.
inline constexpr std::chrono::hours kClocksAgree{1};

/// Why the wall clock cannot be relied on: a sentence, empty when it can.
///
/// `differences` are the clocks of the servers that were heard minus ours; when at least half of
/// them do not agree, it is ours that is wrong. `drift` is how much further our wall clock has gone
/// since the start than the clock of this boot, which nobody sets. Pure.
std::string clock_complaint(const std::vector<std::chrono::milliseconds>& differences,
                            std::chrono::milliseconds drift);

}  // namespace sightingd
