#pragma once

#include <cstdint>
#include <string_view>

/// What the misbehaving examiner can be told to do, as the bytes of a "picture". With any
/// others it returns them as the stripped bytes of a picture of 100 x 100 pixels.
namespace sightingd::test {

inline constexpr std::string_view kCrash = "abort";
inline constexpr std::string_view kBadAccess = "write to address 0";
inline constexpr std::string_view kSleep = "sleep for ever";
inline constexpr std::string_view kCompute = "compute for ever";
inline constexpr std::string_view kTakeMemory = "take ten gigabytes";
inline constexpr std::string_view kOpenSocket = "open a socket";
inline constexpr std::string_view kStatFile = "ask for a file";  ///< Malformed: it was not told.
inline constexpr std::string_view kOpenFile = "open a file";     ///< Malformed: it could not.
inline constexpr std::string_view kGarbage = "answer garbage";
inline constexpr std::string_view kLie = "answer a lying length";
inline constexpr std::string_view kHalf = "answer by half";  ///< And no more.
inline constexpr std::string_view kMore = "answer and go on";
inline constexpr std::string_view kExit = "exit without a word";

inline constexpr std::string_view kPhantom = "reject and return bytes";
inline constexpr std::string_view kPunch = "take shared memory away";
inline constexpr std::string_view kPunchSlyly = "take it away slyly";  ///< Bit 32 of an int is set.

inline constexpr std::string_view kShorten = "strip the last byte";
inline constexpr std::string_view kChange = "change the last byte";
inline constexpr std::string_view kGrow = "add a byte";

/// Malformed unless no descriptor is open but its socket and /dev/null twice, and there is no
/// environment.
inline constexpr std::string_view kLookAround = "look around";

/// A picture of 25 megapixels: TooManyPixels under any lower limit.
inline constexpr std::string_view kLarge = "be large";
inline constexpr std::string_view kLargeAndSlow = "be large, then sleep for ever";
inline constexpr std::uint64_t kLargePixels = 25'000'000;

}  // namespace sightingd::test
