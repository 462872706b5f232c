#pragma once

#include <string>

namespace sightingd::test {

/// Checks what the lines of a feed say of the duplicates among its stored photos, in whatever order
/// they came: a photo that several images show is a duplicate in all of them but one; what is
/// called near is as near as told; and of two photos that are near one is linked to the other, or
/// to one nearer. Every mistake is a test failure, and so is a feed without near photos.
void expect_links_to_add_up(const std::string& feed);

}  // namespace sightingd::test
