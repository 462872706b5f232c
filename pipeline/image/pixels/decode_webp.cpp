#include "pipeline/image/pixels/decode.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace sightingd {
namespace {

// Premultiplied RGBA, as libwebp composes it.
constexpr int kChannels = 4;

// libwebp reads 7 or 8 bytes ahead, and its encoder flushes up to some bytes that nobody reads.
constexpr std::size_t kMostUnread = 16;

struct Pixels {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> rgba;
};

// Shows a frame to the decoder without its last bytes first: if it is content with that, they
// are no part of the picture. Then all of it. The picture is the same as in one go.
std::optional<RejectReason> decode_to_the_end(const std::uint8_t* bytes, std::size_t size,
                                              WebPDecoderConfig& config) {
  const std::unique_ptr<WebPIDecoder, decltype(&WebPIDelete)> decoder(
      WebPIDecode(nullptr, 0, &config), &WebPIDelete);
  if (!decoder) {
    return RejectReason::Bomb;
  }
  if (size > kMostUnread &&
      WebPIUpdate(decoder.get(), bytes, size - kMostUnread) == VP8_STATUS_OK) {
    return RejectReason::Unstrippable;
  }
  switch (WebPIUpdate(decoder.get(), bytes, size)) {
    case VP8_STATUS_OK:
      return std::nullopt;
    case VP8_STATUS_OUT_OF_MEMORY:
      return RejectReason::Bomb;
    default:
      return RejectReason::Malformed;
  }
}

// One frame, reduced by libwebp while it decodes: what it keeps of a lossy picture are a few
// rows, of a lossless one four bytes a pixel.
OrReject<Pixels> decode_frame(const std::uint8_t* bytes, std::size_t size, unsigned halved) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0 ||
      WebPGetFeatures(bytes, size, &config.input) != VP8_STATUS_OK) {
    return RejectReason::Malformed;
  }
  const auto reduced = [halved](int side) {
    return static_cast<std::uint32_t>(reduced_axis(static_cast<std::uint32_t>(side), halved).cells);
  };
  Pixels pixels{reduced(config.input.width), reduced(config.input.height), {}};
  pixels.rgba.resize(std::size_t{pixels.width} * pixels.height * kChannels);
  config.options.use_scaling = halved > 0 ? 1 : 0;
  config.options.scaled_width = static_cast<int>(pixels.width);
  config.options.scaled_height = static_cast<int>(pixels.height);
  config.output.colorspace = MODE_rgbA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels.rgba.data();
  config.output.u.RGBA.stride = static_cast<int>(pixels.width) * kChannels;
  config.output.u.RGBA.size = pixels.rgba.size();
  const auto reason = decode_to_the_end(bytes, size, config);
  WebPFreeDecBuffer(&config.output);
  if (reason) {
    return *reason;
  }
  return pixels;
}

// Puts a reduced frame at its (reduced) place on a white canvas.
void compose(const Pixels& frame, std::size_t left, std::size_t top, GrayPicture& canvas) {
  for (std::size_t y = 0; y < frame.height && top + y < canvas.y.cells; ++y) {
    for (std::size_t x = 0; x < frame.width && left + x < canvas.x.cells; ++x) {
      const std::uint8_t* rgba = &frame.rgba[(y * frame.width + x) * kChannels];
      const auto white = static_cast<float>(255 - rgba[3]);
      canvas.luma[(top + y) * canvas.x.cells + left + x] =
          0.299F * static_cast<float>(rgba[0]) + 0.587F * static_cast<float>(rgba[1]) +
          0.114F * static_cast<float>(rgba[2]) + white;
    }
  }
}

}  // namespace

OrReject<GrayPicture> decode_webp(std::string_view file, std::uint32_t width,
                                  std::uint32_t height) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&data),
                                                                         &WebPDemuxDelete);
  if (!demuxer) {
    return RejectReason::Malformed;
  }
  const unsigned halved = halvings(width, height);
  const Axis x = Axis::whole(reduced_axis(width, halved).cells);
  const Axis y = Axis::whole(reduced_axis(height, halved).cells);
  GrayPicture picture{x, y, std::vector<float>(x.cells * y.cells, 255.0F)};
  const auto frames = WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT);
  for (std::uint32_t number = 1; number <= std::max(frames, 1U); ++number) {
    WebPIterator found{};
    if (WebPDemuxGetFrame(demuxer.get(), static_cast<int>(number), &found) == 0) {
      return RejectReason::Malformed;
    }
    const std::unique_ptr<WebPIterator, decltype(&WebPDemuxReleaseIterator)> frame(
        &found, &WebPDemuxReleaseIterator);
    const auto pixels = decode_frame(found.fragment.bytes, found.fragment.size, halved);
    if (!pixels) {
      return pixels.error();
    }
    if (number == 1) {
      compose(*pixels, static_cast<std::size_t>(found.x_offset) >> halved,
              static_cast<std::size_t>(found.y_offset) >> halved, picture);
    }
  }
  return picture;
}

}  // namespace sightingd
