#pragma once

#include <string>
#include <string_view>

namespace sightingd {

/// Whether this is an absolute http or https URL with a host, without credentials, white space
/// or control characters, and at most 4096 bytes of UTF-8.
bool is_web_url(std::string_view text);

/// Host and, when written, port of a web URL.
std::string_view authority_of_url(std::string_view url);

/// The path of a web URL, with whatever follows it; empty when there is none.
std::string_view path_of_url(std::string_view url);

/// Percent-encodes all but the unreserved characters of RFC 3986, so that the text can be a
/// path segment or the value of a query.
std::string percent_encode(std::string_view text);

}  // namespace sightingd
