#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace sightingd::test {

/// The body of a URL; throws std::runtime_error when it does not come with status 200.
std::string http_get(const std::string& url);

/// Percent-encodes all but letters and digits.
std::string url_encoded(std::string_view text);

/// Reads `target` over the Unix socket until the connection ends, or `on_bytes` says false.
void read_unix_socket(const std::filesystem::path& socket, const std::string& target,
                      const std::function<bool(std::string_view)>& on_bytes);

}  // namespace sightingd::test
