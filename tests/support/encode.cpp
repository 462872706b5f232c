// Encoders of tests/support/pictures.h. Their libraries are given sound pixels only, so an
// error of theirs ends the test program.
#include "tests/support/pictures.h"

#include <gif_lib.h>
#include <png.h>
#include <webp/encode.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

// libjpeg's header needs the types of <cstdio> before it.
#include <jpeglib.h>

namespace sightingd::test {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string big_endian(std::size_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) {
    text += static_cast<char>(value >> (8 * i));
  }
  return text;
}

std::string little_endian(std::size_t value, int bytes) {
  std::string text = big_endian(value, bytes);
  return {text.rbegin(), text.rend()};
}

const char* as_text(const std::uint8_t* bytes) { return reinterpret_cast<const char*>(bytes); }
const std::uint8_t* as_bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

// A JUMBF superbox whose description names a C2PA manifest store (ISO/IEC 19566-5, C2PA 11.1).
std::string c2pa_box() {
  const std::string description =
      big_endian(8 + 16 + 1 + 5, 4) +
      "jumd\x63\x32\x70\x61\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71\x03"
      "c2pa\0"s;
  return big_endian(8 + description.size(), 4) + "jumb" + description;
}

std::string compressed(std::string_view content) {
  uLongf size = compressBound(content.size());
  std::string packed(size, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &size, as_bytes(content), content.size(), 6);
  packed.resize(size);
  return packed;
}

// ---- JPEG

struct JpegWriter {
  jpeg_compress_struct codec{};
  jpeg_error_mgr errors{};
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

  JpegWriter(int width, int height, int components, J_COLOR_SPACE colours) {
    codec.err = jpeg_std_error(&errors);
    jpeg_create_compress(&codec);
    jpeg_mem_dest(&codec, &bytes, &size);
    codec.image_width = static_cast<JDIMENSION>(width);
    codec.image_height = static_cast<JDIMENSION>(height);
    codec.input_components = components;
    codec.in_color_space = colours;
    jpeg_set_defaults(&codec);
  }
  ~JpegWriter() {
    jpeg_destroy_compress(&codec);
    std::free(bytes);
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  std::string write(std::vector<std::uint8_t> pixels) {
    const std::size_t stride = codec.image_width * static_cast<std::size_t>(codec.input_components);
    jpeg_start_compress(&codec, TRUE);
    while (codec.next_scanline < codec.image_height) {
      JSAMPROW row = &pixels[codec.next_scanline * stride];
      jpeg_write_scanlines(&codec, &row, 1);
    }
    jpeg_finish_compress(&codec);
    return {reinterpret_cast<const char*>(bytes), size};
  }
};

std::string jpeg_extras(const Extras& extras) {
  std::string segments;
  if (!extras.exif.empty()) {
    segments += jpeg_segment(0xe1, "Exif\0\0"s + extras.exif);
  }
  if (!extras.xmp.empty()) {
    segments += jpeg_segment(0xe1, "http://ns.adobe.com/xap/1.0/\0"s + extras.xmp);
  }
  if (!extras.icc.empty()) {
    segments += jpeg_segment(0xe2, "ICC_PROFILE\0\x01\x01"s + extras.icc);
  }
  if (extras.c2pa) {
    segments += jpeg_segment(0xeb, "JP\0\x01\0\0\0\x01"s + c2pa_box());
  }
  if (!extras.comment.empty()) {
    segments += jpeg_segment(0xfe, extras.comment);
  }
  return segments;
}

// ---- PNG

void append_png(png_structp png, png_bytep bytes, png_size_t size) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(as_text(bytes), size);
}

void flush_nothing(png_structp) {}

std::vector<std::uint8_t> png_row(const Picture& picture, const PngOptions& options, int y) {
  std::vector<std::uint8_t> row;
  const auto put = [&](std::uint8_t value) {
    row.push_back(value);
    if (options.bit_depth == 16) {
      row.push_back(value);
    }
  };
  for (int x = 0; x < picture.width; ++x) {
    const std::uint8_t* pixel = picture.at(x, y);
    if (options.gray) {
      put(pixel[1]);
    } else {
      std::for_each(pixel, pixel + 3, put);
    }
    if (!options.alpha.empty()) {
      put(options.alpha[static_cast<std::size_t>(y * picture.width + x)]);
    }
  }
  return row;
}

std::string png_extras(const Extras& extras) {
  std::string chunks;
  if (!extras.icc.empty()) {
    chunks += png_chunk("iCCP", "profile of a camera\0\0"s + compressed(extras.icc));
  }
  if (!extras.exif.empty()) {
    chunks += png_chunk("eXIf", extras.exif);
  }
  if (!extras.xmp.empty()) {
    chunks += png_chunk("iTXt", "XML:com.adobe.xmp\0\0\0\0\0"s + extras.xmp);
  }
  if (!extras.comment.empty()) {
    chunks += png_chunk("tEXt", "Comment\0"s + extras.comment);
  }
  if (extras.c2pa) {
    chunks += png_chunk("caBX", c2pa_box());
  }
  return chunks;
}

// The compressed rows of a file.
std::string png_data(std::string_view file) {
  std::string data;
  for (std::size_t at = 8; at < file.size();) {
    std::size_t size = 0;
    for (int i = 0; i < 4; ++i) {
      size = size << 8U | as_bytes(file)[at + static_cast<std::size_t>(i)];
    }
    if (file.substr(at + 4, 4) == "IDAT") {
      data += file.substr(at + 8, size);
    }
    at += size + 12;
  }
  return data;
}

// ---- WebP

std::string riff(std::string_view chunks) {
  return "RIFF" + little_endian(4 + chunks.size(), 4) + "WEBP" + std::string(chunks);
}

// The chunks of a file without extras.
std::string webp_chunks(const Picture& picture, const WebpOptions& options) {
  std::vector<std::uint8_t> pixels = picture.rgb;
  int channels = 3;
  if (!options.alpha.empty()) {
    pixels.clear();
    channels = 4;
    for (std::size_t i = 0; i < options.alpha.size(); ++i) {
      pixels.insert(pixels.end(), &picture.rgb[3 * i], &picture.rgb[3 * i] + 3);
      pixels.push_back(options.alpha[i]);
    }
  }
  const int stride = channels * picture.width;
  std::uint8_t* file = nullptr;
  std::size_t size = 0;
  if (options.lossless) {
    size = (channels == 4 ? WebPEncodeLosslessRGBA : WebPEncodeLosslessRGB)(
        pixels.data(), picture.width, picture.height, stride, &file);
  } else {
    size = (channels == 4 ? WebPEncodeRGBA : WebPEncodeRGB)(
        pixels.data(), picture.width, picture.height, stride, options.quality, &file);
  }
  if (size < 12) {
    throw std::runtime_error("libwebp did not encode a test picture");
  }
  std::string chunks(as_text(file) + 12, size - 12);
  WebPFree(file);
  return chunks;
}

std::string extended_webp(std::string_view chunks, const Picture& picture, const Extras& extras,
                          bool alpha, bool animated) {
  const unsigned flags = (extras.icc.empty() ? 0U : 0x20U) | (alpha ? 0x10U : 0U) |
                         (extras.exif.empty() ? 0U : 0x08U) | (extras.xmp.empty() ? 0U : 0x04U) |
                         (animated ? 0x02U : 0U);
  std::string all =
      riff_chunk("VP8X", little_endian(flags, 4) +
                             little_endian(static_cast<std::size_t>(picture.width) - 1, 3) +
                             little_endian(static_cast<std::size_t>(picture.height) - 1, 3));
  if (!extras.icc.empty()) {
    all += riff_chunk("ICCP", extras.icc);
  }
  all += chunks;
  if (!extras.exif.empty()) {
    all += riff_chunk("EXIF", extras.exif);
  }
  if (!extras.xmp.empty()) {
    all += riff_chunk("XMP ", extras.xmp);
  }
  if (extras.c2pa) {
    all += riff_chunk("C2PA", c2pa_box());
  }
  if (!extras.comment.empty()) {
    all += riff_chunk("NOTE", extras.comment);
  }
  return riff(all) + extras.trailer;
}

// The chunk's tag and payload follow its header of 8 bytes; VP8X is not needed in a frame.
std::string without_vp8x(std::string_view chunks) {
  constexpr std::size_t kVp8x = 8 + 10;
  return std::string(chunks.starts_with("VP8X") ? chunks.substr(kVp8x) : chunks);
}

// ---- GIF

int append_gif(GifFileType* gif, const GifByteType* bytes, int size) {
  static_cast<std::string*>(gif->UserData)->append(as_text(bytes), static_cast<std::size_t>(size));
  return size;
}

std::uint8_t cube_index(const std::uint8_t* rgb) {
  const auto step = [](std::uint8_t value) { return (value + 25) / 51; };
  return static_cast<std::uint8_t>(36 * step(rgb[0]) + 6 * step(rgb[1]) + step(rgb[2]));
}

ColorMapObject* cube_colours() {
  ColorMapObject* colours = GifMakeMapObject(256, nullptr);
  for (int i = 0; i < 216; ++i) {
    colours->Colors[i] = {static_cast<GifByteType>(51 * (i / 36)),
                          static_cast<GifByteType>(51 * (i / 6 % 6)),
                          static_cast<GifByteType>(51 * (i % 6))};
  }
  return colours;
}

void check_gif(int result) {
  if (result != GIF_OK) {
    throw std::runtime_error("giflib did not encode a test picture");
  }
}

void write_gif_frame(GifFileType* gif, const Picture& frame, bool interlaced) {
  check_gif(EGifPutImageDesc(gif, 0, 0, frame.width, frame.height, interlaced, nullptr));
  std::vector<std::uint8_t> row(static_cast<std::size_t>(frame.width));
  const auto put_row = [&](int y) {
    for (int x = 0; x < frame.width; ++x) {
      row[static_cast<std::size_t>(x)] = cube_index(frame.at(x, y));
    }
    check_gif(EGifPutLine(gif, row.data(), frame.width));
  };
  if (!interlaced) {
    for (int y = 0; y < frame.height; ++y) {
      put_row(y);
    }
    return;
  }
  constexpr std::array<std::array<int, 2>, 4> kPasses{{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
  for (const auto& [first, step] : kPasses) {
    for (int y = first; y < frame.height; y += step) {
      put_row(y);
    }
  }
}

// An application extension as Adobe writes XMP: the packet is not cut into sub-blocks, a
// "magic trailer" of 258 bytes ends it for readers who expect them.
std::string gif_xmp(std::string_view packet) {
  std::string block = "\x21\xff\x0bXMP DataXMP" + std::string(packet) + '\x01';
  for (int i = 255; i >= 0; --i) {
    block += static_cast<char>(i);
  }
  return block + '\0';
}

std::string gif_extras(const Extras& extras) {
  std::string blocks;
  if (!extras.comment.empty()) {
    blocks += "\x21\xfe" + big_endian(extras.comment.size(), 1) + extras.comment + '\0';
  }
  if (!extras.xmp.empty()) {
    blocks += gif_xmp(extras.xmp);
  }
  if (extras.c2pa) {
    const std::string box = c2pa_box();
    blocks +=
        "\x21\xff\x0b"
        "C2PA_GIF\x01\x00\x00"s +
        big_endian(box.size(), 1) + box + '\0';
  }
  return blocks;
}

}  // namespace

std::string jpeg_segment(std::uint8_t marker, std::string_view content) {
  return "\xff"s + static_cast<char>(marker) + big_endian(content.size() + 2, 2) +
         std::string(content);
}

std::string png_chunk(std::string_view type, std::string_view content) {
  const std::string covered = std::string(type) + std::string(content);
  return big_endian(content.size(), 4) + covered +
         big_endian(crc32(0, as_bytes(covered), static_cast<uInt>(covered.size())), 4);
}

std::string riff_chunk(std::string_view type, std::string_view content) {
  return std::string(type) + little_endian(content.size(), 4) + std::string(content) +
         std::string(content.size() % 2, '\0');
}

std::string encode_jpeg(const Picture& picture, const Extras& extras, const JpegOptions& options) {
  JpegWriter writer(picture.width, picture.height, 3, JCS_RGB);
  jpeg_set_quality(&writer.codec, options.quality, TRUE);
  if (options.gray) {
    jpeg_set_colorspace(&writer.codec, JCS_GRAYSCALE);
  }
  if (options.progressive) {
    jpeg_simple_progression(&writer.codec);
  }
  writer.codec.comp_info[0].h_samp_factor = options.across;
  writer.codec.comp_info[0].v_samp_factor = options.down;
  writer.codec.restart_in_rows = options.restart_rows;
  writer.codec.arith_code = options.arithmetic ? TRUE : FALSE;
  const std::string plain = writer.write(picture.rgb);

  constexpr std::size_t kAfterJfif = 20;
  return plain.substr(0, kAfterJfif) + jpeg_extras(extras) + plain.substr(kAfterJfif) +
         extras.trailer;
}

std::string encode_cmyk_jpeg(const Picture& picture, const InkOptions& options) {
  std::vector<std::uint8_t> inks;
  const auto stored = [&](std::uint8_t light) {
    return static_cast<std::uint8_t>(options.adobe ? light : 255 - light);
  };
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
    inks.insert(inks.end(), {stored(picture.rgb[i]), stored(picture.rgb[i + 1]),
                             stored(picture.rgb[i + 2]), stored(255)});
  }
  JpegWriter writer(picture.width, picture.height, 4, JCS_CMYK);
  if (options.ycck) {
    jpeg_set_colorspace(&writer.codec, JCS_YCCK);
  }
  writer.codec.write_Adobe_marker = options.adobe ? TRUE : FALSE;
  return writer.write(std::move(inks));
}

std::string encode_png(const Picture& picture, const Extras& extras, const PngOptions& options) {
  std::string file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop header = png_create_info_struct(png);
  png_set_write_fn(png, &file, append_png, flush_nothing);
  const int colours = (options.gray ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB) |
                      (options.alpha.empty() ? 0 : PNG_COLOR_MASK_ALPHA);
  png_set_IHDR(png, header, static_cast<png_uint_32>(picture.width),
               static_cast<png_uint_32>(picture.height), options.bit_depth, colours,
               options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, header);
  const int passes = png_set_interlace_handling(png);
  for (int pass = 0; pass < passes; ++pass) {
    for (int y = 0; y < picture.height; ++y) {
      png_write_row(png, png_row(picture, options, y).data());
    }
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &header);

  constexpr std::size_t kAfterHeader = 8 + 25;
  return file.substr(0, kAfterHeader) + png_extras(extras) + file.substr(kAfterHeader) +
         extras.trailer;
}

std::string encode_animated_png(const std::vector<Picture>& frames) {
  constexpr std::size_t kAfterHeader = 8 + 25;
  const auto control = [&](std::size_t number, const Picture& frame) {
    return png_chunk("fcTL", big_endian(number, 4) +
                                 big_endian(static_cast<std::size_t>(frame.width), 4) +
                                 big_endian(static_cast<std::size_t>(frame.height), 4) +
                                 std::string(8, '\0') + "\0\x01\0\x0a\0\0"s);
  };
  const std::string still = encode_png(frames.front());
  std::string file = still.substr(0, kAfterHeader) +
                     png_chunk("acTL", big_endian(frames.size(), 4) + big_endian(0, 4)) +
                     control(0, frames.front()) + png_chunk("IDAT", png_data(still));
  for (std::size_t i = 1; i < frames.size(); ++i) {
    file += control(2 * i - 1, frames[i]) +
            png_chunk("fdAT", big_endian(2 * i, 4) + png_data(encode_png(frames[i])));
  }
  return file + png_chunk("IEND", {});
}

std::string encode_webp(const Picture& picture, const Extras& extras, const WebpOptions& options) {
  const std::string chunks = webp_chunks(picture, options);
  const bool plain = extras.exif.empty() && extras.xmp.empty() && extras.icc.empty() &&
                     extras.comment.empty() && !extras.c2pa;
  if (plain) {
    return riff(chunks) + extras.trailer;
  }
  return extended_webp(without_vp8x(chunks), picture, extras, !options.alpha.empty(), false);
}

std::string encode_animated_webp(const std::vector<Picture>& frames, const Extras& extras) {
  std::string chunks = riff_chunk("ANIM", "\xff\xff\xff\xff\0\0"sv);
  for (const Picture& frame : frames) {
    chunks += riff_chunk("ANMF", little_endian(0, 6) +
                                     little_endian(static_cast<std::size_t>(frame.width) - 1, 3) +
                                     little_endian(static_cast<std::size_t>(frame.height) - 1, 3) +
                                     little_endian(100, 3) + little_endian(0, 1) +
                                     without_vp8x(webp_chunks(frame, {.lossless = true})));
  }
  return extended_webp(chunks, frames.front(), extras, false, true);
}

std::string encode_gif(const std::vector<Picture>& frames, const Extras& extras, bool interlaced) {
  std::string file;
  int error = 0;
  GifFileType* gif = EGifOpen(&file, append_gif, &error);
  if (gif == nullptr) {
    throw std::runtime_error("giflib did not start");
  }
  EGifSetGifVersion(gif, true);
  ColorMapObject* colours = cube_colours();
  check_gif(EGifPutScreenDesc(gif, frames.front().width, frames.front().height, 8, 0, colours));
  GifFreeMapObject(colours);
  const std::size_t after_header = file.size();
  for (const Picture& frame : frames) {
    write_gif_frame(gif, frame, interlaced);
  }
  check_gif(EGifCloseFile(gif, &error));

  const std::string loop = "\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"s;
  return file.substr(0, after_header) + (frames.size() > 1 ? loop : "") + gif_extras(extras) +
         file.substr(after_header) + extras.trailer;
}

}  // namespace sightingd::test
