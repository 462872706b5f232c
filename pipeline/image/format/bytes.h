#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Numbers in foreign bytes. Reading beyond the end is safe: what is not there counts as zero.
namespace sightingd {

inline std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : std::uint8_t{0};
}

/// `bytes.substr(at, count)` that is empty, not an exception, when `at` lies beyond the end.
inline std::string_view slice(std::string_view bytes, std::size_t at,
                              std::size_t count = std::string_view::npos) {
  return at < bytes.size() ? bytes.substr(at, count) : std::string_view();
}

inline std::uint16_t big16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8U | byte_at(bytes, at + 1));
}

inline std::uint32_t big32(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(big16(bytes, at)) << 16U | big16(bytes, at + 2);
}

inline std::uint16_t little16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) | byte_at(bytes, at + 1) << 8U);
}

inline std::uint32_t little24(std::string_view bytes, std::size_t at) {
  return little16(bytes, at) | static_cast<std::uint32_t>(byte_at(bytes, at + 2)) << 16U;
}

inline std::uint32_t little32(std::string_view bytes, std::size_t at) {
  return little16(bytes, at) | static_cast<std::uint32_t>(little16(bytes, at + 2)) << 16U;
}

inline void append_big16(std::string& bytes, std::size_t value) {
  bytes += static_cast<char>(value >> 8U);
  bytes += static_cast<char>(value);
}

inline void append_big32(std::string& bytes, std::size_t value) {
  append_big16(bytes, value >> 16U);
  append_big16(bytes, value);
}

inline void append_little16(std::string& bytes, std::size_t value) {
  bytes += static_cast<char>(value);
  bytes += static_cast<char>(value >> 8U);
}

inline void append_little24(std::string& bytes, std::size_t value) {
  append_little16(bytes, value);
  bytes += static_cast<char>(value >> 16U);
}

inline void append_little32(std::string& bytes, std::size_t value) {
  append_little16(bytes, value);
  append_little16(bytes, value >> 16U);
}

}  // namespace sightingd
