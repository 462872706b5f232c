#include "pipeline/image/hash/gray_canvas.h"
#include "pipeline/image/pixels/decode.h"

#include <libheif/heif.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace sightingd {
namespace {

using Context = std::unique_ptr<heif_context, decltype(&heif_context_free)>;
using Handle = std::unique_ptr<heif_image_handle, decltype(&heif_image_handle_release)>;
using Image = std::unique_ptr<heif_image, decltype(&heif_image_release)>;
using Options = std::unique_ptr<heif_decoding_options, decltype(&heif_decoding_options_free)>;

RejectReason reason_for(const heif_error& error) {
  return error.code == heif_error_Memory_allocation_error ? RejectReason::Bomb
                                                          : RejectReason::Malformed;
}

// Upright pixels of 8 bits a sample: red, green, blue, and alpha where the picture has it.
OrReject<Image> decode_pixels(const heif_image_handle* picture, bool has_alpha) {
  const Options options(heif_decoding_options_alloc(), &heif_decoding_options_free);
  options->convert_hdr_to_8bit = 1;
  heif_image* decoded = nullptr;
  const heif_error error = heif_decode_image(
      picture, &decoded, heif_colorspace_RGB,
      has_alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, options.get());
  if (error.code != heif_error_Ok) {
    return reason_for(error);
  }
  return Image(decoded, &heif_image_release);
}

// On a white canvas.
GrayPicture paint(heif_image* image, std::uint32_t width, std::uint32_t height, bool has_alpha) {
  const std::size_t samples = has_alpha ? 4 : 3;
  const bool is_multiplied = has_alpha && heif_image_is_premultiplied_alpha(image) != 0;
  int stride = 0;
  const std::uint8_t* row = heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
  GrayCanvas canvas(width, height);
  for (std::uint32_t y = 0; y < height; ++y, row += stride) {
    for (std::uint32_t x = 0; x < width; ++x) {
      const std::uint8_t* pixel = row + x * samples;
      const std::uint32_t alpha = has_alpha ? pixel[3] : 255U;
      if (is_multiplied) {
        // What shines through is white, all of it.
        const std::uint32_t white = 255 - alpha;
        const auto over = [&](std::uint32_t sample) { return std::min(sample + white, 255U); };
        canvas.paint(x, y, over(pixel[0]), over(pixel[1]), over(pixel[2]));
      } else {
        canvas.paint(x, y, pixel[0], pixel[1], pixel[2], alpha);
      }
    }
  }
  return canvas.finish();
}

// The other pictures that the file shows, if any: what is none is damaged.
std::optional<RejectReason> decode_others(heif_context* context) {
  heif_item_id primary = 0;
  heif_context_get_primary_image_ID(context, &primary);
  std::vector<heif_item_id> shown(
      static_cast<std::size_t>(heif_context_get_number_of_top_level_images(context)));
  heif_context_get_list_of_top_level_image_IDs(context, shown.data(),
                                               static_cast<int>(shown.size()));
  for (const heif_item_id id : shown) {
    if (id == primary) {
      continue;
    }
    heif_image_handle* other = nullptr;
    const heif_error error = heif_context_get_image_handle(context, id, &other);
    if (error.code != heif_error_Ok) {
      return reason_for(error);
    }
    const Handle picture(other, &heif_image_handle_release);
    if (const auto pixels = decode_pixels(other, false); !pixels) {
      return pixels.error();
    }
  }
  return std::nullopt;
}

}  // namespace

OrReject<UprightPicture> decode_heif(std::string_view file) {
  const Context context(heif_context_alloc(), &heif_context_free);
  heif_context_set_max_decoding_threads(context.get(), 0);
  heif_error error =
      heif_context_read_from_memory_without_copy(context.get(), file.data(), file.size(), nullptr);
  if (error.code != heif_error_Ok) {
    return reason_for(error);
  }
  heif_image_handle* primary = nullptr;
  error = heif_context_get_primary_image_handle(context.get(), &primary);
  if (error.code != heif_error_Ok) {
    return reason_for(error);
  }
  const Handle picture(primary, &heif_image_handle_release);
  if (const auto reason = decode_others(context.get())) {
    return *reason;
  }
  const bool has_alpha = heif_image_handle_has_alpha_channel(primary) != 0;
  const auto image = decode_pixels(primary, has_alpha);
  if (!image) {
    return image.error();
  }
  // libheif ends the process when it is asked about a channel that is not there.
  const int width = heif_image_get_primary_width(image->get());
  const int height = heif_image_get_primary_height(image->get());
  constexpr int kLongest = 65'535;  // As of every kind (limits.h).
  if (heif_image_has_channel(image->get(), heif_channel_interleaved) == 0 || width < 1 ||
      height < 1 || width > kLongest || height > kLongest) {
    return RejectReason::Malformed;
  }
  UprightPicture upright{.gray = {},
                         .width = static_cast<std::uint32_t>(width),
                         .height = static_cast<std::uint32_t>(height)};
  upright.gray = paint(image->get(), upright.width, upright.height, has_alpha);
  return upright;
}

}  // namespace sightingd
