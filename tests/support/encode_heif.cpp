// The HEIF encoder of tests/support/pictures.h.
#include "tests/support/pictures.h"

#include <libheif/heif.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string_view>

// What x265 never gives back is not ours to find (sanitizer/lsan_interface.h).
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libx265"; }

namespace sightingd::test {
namespace {

using namespace std::string_literals;

void require(const heif_error& error) {
  if (error.code != heif_error_Ok) {
    throw std::runtime_error(error.message);
  }
}

std::string box(std::string_view type, std::string_view content) {
  const std::size_t size = content.size() + 8;
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += static_cast<char>(size >> shift);
  }
  return text.append(type).append(content);
}

heif_image* image_of(const Picture& picture, const HeifOptions& options, const Extras& extras) {
  const bool has_alpha = !options.alpha.empty();
  heif_image* image = nullptr;
  require(heif_image_create(picture.width, picture.height, heif_colorspace_RGB,
                            has_alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB,
                            &image));
  require(heif_image_add_plane(image, heif_channel_interleaved, picture.width, picture.height, 8));
  int stride = 0;
  std::uint8_t* row = heif_image_get_plane(image, heif_channel_interleaved, &stride);
  for (int y = 0; y < picture.height; ++y, row += stride) {
    std::uint8_t* pixel = row;
    for (int x = 0; x < picture.width; ++x) {
      pixel = std::copy_n(picture.at(x, y), 3, pixel);
      if (has_alpha) {
        *pixel++ = options.alpha[static_cast<std::size_t>(y * picture.width + x)];
      }
    }
  }
  if (!extras.icc.empty()) {
    require(heif_image_set_raw_color_profile(image, "prof", extras.icc.data(), extras.icc.size()));
  }
  return image;
}

}  // namespace

std::string encode_heif(const Picture& picture, const Extras& extras, const HeifOptions& options) {
  const std::unique_ptr<heif_context, decltype(&heif_context_free)> context(heif_context_alloc(),
                                                                            &heif_context_free);
  heif_encoder* raw_encoder = nullptr;
  require(heif_context_get_encoder_for_format(
      context.get(), options.av1 ? heif_compression_AV1 : heif_compression_HEVC, &raw_encoder));
  const std::unique_ptr<heif_encoder, decltype(&heif_encoder_release)> encoder(
      raw_encoder, &heif_encoder_release);
  require(heif_encoder_set_lossy_quality(raw_encoder, 80));
  if (options.av1) {
    require(heif_encoder_set_parameter_integer(raw_encoder, "speed", 8));
  }
  const std::unique_ptr<heif_encoding_options, decltype(&heif_encoding_options_free)> encoding(
      heif_encoding_options_alloc(), &heif_encoding_options_free);
  encoding->image_orientation = static_cast<heif_orientation>(options.orientation);
  const std::unique_ptr<heif_image, decltype(&heif_image_release)> image(
      image_of(picture, options, extras), &heif_image_release);
  heif_image_handle* raw_handle = nullptr;
  require(heif_context_encode_image(context.get(), image.get(), raw_encoder, encoding.get(),
                                    &raw_handle));
  const std::unique_ptr<heif_image_handle, decltype(&heif_image_handle_release)> handle(
      raw_handle, &heif_image_handle_release);
  if (options.thumbnail > 0) {
    heif_image_handle* thumbnail = nullptr;
    require(heif_context_encode_thumbnail(context.get(), image.get(), raw_handle, raw_encoder,
                                          encoding.get(), options.thumbnail, &thumbnail));
    heif_image_handle_release(thumbnail);
  }
  if (!extras.exif.empty()) {
    const std::string block = "Exif\0\0"s + extras.exif;
    require(heif_context_add_exif_metadata(context.get(), raw_handle, block.data(),
                                           static_cast<int>(block.size())));
  }
  if (!extras.xmp.empty()) {
    require(heif_context_add_XMP_metadata(context.get(), raw_handle, extras.xmp.data(),
                                          static_cast<int>(extras.xmp.size())));
  }
  std::string file;
  heif_writer writer{.writer_api_version = 1,
                     .write = [](heif_context*, const void* data, std::size_t size, void* to) {
                       static_cast<std::string*>(to)->assign(static_cast<const char*>(data), size);
                       return heif_error{heif_error_Ok, heif_suberror_Unspecified, ""};
                     }};
  require(heif_context_write(context.get(), &writer, &file));
  if (!extras.comment.empty()) {
    file += box("free", extras.comment);
  }
  if (extras.c2pa) {
    file +=
        box("uuid", "\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81 a manifest"s);
  }
  return file + extras.trailer;
}

}  // namespace sightingd::test
