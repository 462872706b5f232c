// In place of tiff_block.cpp and decode_tiff.cpp in a build without libtiff.
#include "pipeline/image/format/tiff/tiff_block.h"
#include "pipeline/image/pixels/decode.h"

namespace sightingd {

class TiffBlock::Decoder {};

TiffBlock::TiffBlock(std::unique_ptr<Decoder> decoder) : decoder_(std::move(decoder)) {}
TiffBlock::TiffBlock(TiffBlock&&) noexcept = default;
TiffBlock& TiffBlock::operator=(TiffBlock&&) noexcept = default;
TiffBlock::~TiffBlock() = default;

std::optional<TiffBlock> TiffBlock::open(const TiffPage&, TiffNumbers, std::string_view,
                                         std::uint32_t) {
  return std::nullopt;
}

std::string_view TiffBlock::next_row() { return {}; }

bool can_decode_tiff() { return false; }

OrReject<GrayPicture> decode_tiff(std::string_view, std::uint32_t, std::uint32_t) {
  return RejectReason::UnsupportedVariant;
}

}  // namespace sightingd
