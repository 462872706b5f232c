#include "tests/support/webp_reader.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <cstddef>
#include <memory>

namespace sightingd::test {
namespace {

// The chunks of a frame without the byte that fills up the last one.
std::size_t size_without_padding(const WebPData& chunks) {
  std::size_t at = 0;
  while (at + 8 <= chunks.size) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      size |= std::size_t{chunks.bytes[at + 4 + i]} << 8 * i;
    }
    const std::size_t end = at + 8 + size;
    if (end + 1 >= chunks.size) {
      return std::min(end, chunks.size);
    }
    at = end + size % 2;
  }
  return chunks.size;
}

// Nothing of a frame that cannot be decoded.
std::optional<WebpFrame> read_frame(const WebPIterator& found) {
  WebpFrame frame{.left = found.x_offset,
                  .top = found.y_offset,
                  .width = found.width,
                  .height = found.height,
                  .duration = found.duration,
                  .is_disposed = found.dispose_method == WEBP_MUX_DISPOSE_BACKGROUND,
                  .is_blended = found.blend_method == WEBP_MUX_BLEND,
                  .rgba = {}};
  int width = 0;
  int height = 0;
  const std::unique_ptr<std::uint8_t, decltype(&WebPFree)> pixels(
      WebPDecodeRGBA(found.fragment.bytes, size_without_padding(found.fragment), &width, &height),
      &WebPFree);
  if (!pixels || width != frame.width || height != frame.height) {
    return std::nullopt;
  }
  frame.rgba.assign(
      reinterpret_cast<const char*>(pixels.get()),
      std::size_t{4} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  return frame;
}

}  // namespace

std::optional<WebpFilm> libwebp_film(std::string_view file) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&data),
                                                                         &WebPDemuxDelete);
  if (!demuxer) {
    return std::nullopt;
  }
  WebpFilm film{.width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH),
                .height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT),
                .loops = 0,
                .background = 0,
                .frames = {}};
  if ((WebPDemuxGetI(demuxer.get(), WEBP_FF_FORMAT_FLAGS) & ANIMATION_FLAG) != 0) {
    film.loops = WebPDemuxGetI(demuxer.get(), WEBP_FF_LOOP_COUNT);
    film.background = WebPDemuxGetI(demuxer.get(), WEBP_FF_BACKGROUND_COLOR);
  }
  const auto frames = WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT);
  for (std::uint32_t number = 1; number <= frames; ++number) {
    WebPIterator found{};
    if (WebPDemuxGetFrame(demuxer.get(), static_cast<int>(number), &found) == 0) {
      return std::nullopt;
    }
    const auto frame = read_frame(found);
    WebPDemuxReleaseIterator(&found);
    if (!frame) {
      return std::nullopt;
    }
    film.frames.push_back(*frame);
  }
  return film;
}

}  // namespace sightingd::test
