#pragma once

#include "pipeline/image/hash/gray_picture.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sightingd {

/// The reduced luma of a JPEG file straight from its coefficients, at little more than what it
/// costs to find them: no block is transformed.
///
/// A cell of 4x4 or 8x8 samples is a part of one block, and its mean a sum of that block's
/// coefficients, each times the mean of its cosine over the cell (ITU-T T.81, A.3.3). Over the two
/// halves of an axis the cosines of even frequencies have the mean 0, but for the first, and those
/// of odd ones opposite means: so four sums, of no odd frequency, of those across, down and both,
/// make all four cells of 4x4. The means are those of the samples before they are rounded and cut
/// off at 0 and 255, which a decoder does.
///
/// For the usual: sequential Huffman coding of 8 bits, gray or YCbCr with the luma at full size, in
/// one whole scan, reduced to a quarter or less. Nothing for all others, and for whatever is
/// damaged or has a byte too many: what becomes of those only a decoder can say.
std::optional<GrayPicture> means_of_jpeg(std::string_view file, std::uint32_t width,
                                         std::uint32_t height);

}  // namespace sightingd
