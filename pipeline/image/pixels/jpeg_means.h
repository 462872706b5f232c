#pragma once

#include "pipeline/image/hash/gray_picture.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sightingd {

/// The reduced luma of a JPEG file straight from its coefficients, at little more than what it
/// costs to find them: few blocks are transformed.
///
/// A cell of 4x4 or 8x8 samples is a part of one block, and its mean a sum of that block's
/// coefficients, each times the mean of its cosine over the cell (ITU-T T.81, A.3.3). Over the two
/// halves of an axis the cosines of even frequencies have the mean 0, but for the first, and those
/// of odd ones opposite means: so four sums, of no odd frequency, of those across, down and both,
/// make all four cells of 4x4.
///
/// These are means of samples that are neither rounded nor cut off at 0 and 255, as a decoder's
/// are. Where one of them could move a cell by more than 8 levels, the block is transformed and its
/// samples are cut off: else a few samples far beyond white, which nobody sees, could make a
/// picture another one's likeness. How far a sample can be from the mean of its block says the sum
/// of its squared coefficients (Parseval). Blocks in which the picture ends are transformed too.
///
/// For the usual file (jpeg_headers.h), reduced to a quarter or less. Nothing for all others, and
/// for whatever is damaged or has a byte too many: what becomes of those only a decoder can say.
std::optional<GrayPicture> means_of_jpeg(std::string_view file, std::uint32_t width,
                                         std::uint32_t height);

}  // namespace sightingd
