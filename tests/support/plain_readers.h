#pragma once

#include <string>
#include <string_view>

/// The second opinion of those who wrote the formats' libraries, and of nobody here: whether a
/// reader of the whole file needs each of its bytes.
namespace sightingd::test {

/// libjpeg decodes it in full, without an error and without finding more than seven bytes in
/// front of a marker that it does not understand, and is done with the last byte of the file.
bool libjpeg_reads_all(std::string_view file);

/// The samples of a picture as libjpeg decodes it in full; nothing when it does not.
std::string libjpeg_samples(std::string_view file);

/// The luma of a gray or YCbCr picture as libjpeg decodes it in full, one byte a pixel; nothing
/// when it does not.
std::string libjpeg_luma(std::string_view file);

/// libpng decodes it in full, without an error or a warning about data that it does not need, and
/// is done with the last byte of the file.
bool libpng_reads_all(std::string_view file);

}  // namespace sightingd::test
