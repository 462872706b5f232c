#include "tests/support/plain_readers.h"

#include <png.h>

#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <vector>

// libjpeg's headers need the types of <cstdio> before them.
#include <jpeglib.h>

#include <jerror.h>

namespace sightingd::test {
namespace {

struct JpegErrors {
  jpeg_error_mgr manager{};  // First: libjpeg hands out a pointer to it.
  std::jmp_buf back{};
  int unread = 0;
};

[[noreturn]] void leave_jpeg(j_common_ptr codec) {
  std::longjmp(reinterpret_cast<JpegErrors*>(codec->err)->back, 1);
}

void count_unread(j_common_ptr codec, int level) {
  if (level < 0 && codec->err->msg_code == JWRN_EXTRANEOUS_DATA) {
    reinterpret_cast<JpegErrors*>(codec->err)->unread += codec->err->msg_parm.i[0];
  }
}

enum class Wanted { AllSamples, Luma };

// Every row goes to `samples`, unless there is none. Holds nothing that has a destructor.
bool read_jpeg(std::string_view file, jpeg_decompress_struct& codec, JpegErrors& errors,
               std::vector<JSAMPLE>& row, std::string* samples, Wanted wanted) {
  if (setjmp(errors.back) != 0) {
    return false;
  }
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_read_header(&codec, TRUE);
  if (wanted == Wanted::Luma) {
    codec.out_color_space = JCS_GRAYSCALE;
  }
  jpeg_start_decompress(&codec);
  row.resize(std::size_t{codec.output_width} * static_cast<std::size_t>(codec.output_components));
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW begin = row.data();
    jpeg_read_scanlines(&codec, &begin, 1);
    if (samples != nullptr) {
      samples->append(reinterpret_cast<const char*>(row.data()), row.size());
    }
  }
  jpeg_finish_decompress(&codec);
  return codec.src->bytes_in_buffer == 0;
}

// Whether the last byte of a picture is the last one of the file.
bool reads_jpeg(std::string_view file, JpegErrors& errors, std::string* samples,
                Wanted wanted = Wanted::AllSamples) {
  jpeg_decompress_struct codec{};
  std::vector<JSAMPLE> row;
  codec.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = leave_jpeg;
  errors.manager.emit_message = count_unread;
  const bool is_read = read_jpeg(file, codec, errors, row, samples, wanted);
  jpeg_destroy_decompress(&codec);
  return is_read;
}

struct PngSource {
  std::string_view rest;
  bool saw_more = false;
};

void read_png_bytes(png_structp png, png_bytep into, png_size_t count) {
  auto* source = static_cast<PngSource*>(png_get_io_ptr(png));
  if (source->rest.size() < count) {
    png_error(png, "end of file");
  }
  std::memcpy(into, source->rest.data(), count);
  source->rest.remove_prefix(count);
}

[[noreturn]] void leave_png(png_structp png, png_const_charp) { png_longjmp(png, 1); }

// "Extra compressed data", "Too many IDATs found", "Too much image data".
void note_more(png_structp png, png_const_charp message) {
  const std::string_view text(message);
  auto* source = static_cast<PngSource*>(png_get_error_ptr(png));
  source->saw_more |= text.find("Extra compressed") != std::string_view::npos ||
                      text.find("Too m") != std::string_view::npos;
}

bool read_png(png_structp png, png_infop header, std::vector<png_byte>& row) {
  if (setjmp(png_jmpbuf(png)) != 0) {
    return false;
  }
  png_read_info(png, header);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, header);
  row.resize(png_get_rowbytes(png, header));
  for (int pass = 0; pass < passes; ++pass) {
    for (png_uint_32 y = 0; y < png_get_image_height(png, header); ++y) {
      png_read_row(png, row.data(), nullptr);
    }
  }
  png_read_end(png, nullptr);
  return true;
}

}  // namespace

bool libjpeg_reads_all(std::string_view file) {
  constexpr int kForgiven = 7;
  JpegErrors errors;
  return reads_jpeg(file, errors, nullptr) && errors.unread <= kForgiven;
}

std::string libjpeg_samples(std::string_view file) {
  JpegErrors errors;
  std::string samples;
  reads_jpeg(file, errors, &samples);
  return samples;
}

std::string libjpeg_luma(std::string_view file) {
  JpegErrors errors;
  std::string samples;
  return reads_jpeg(file, errors, &samples, Wanted::Luma) ? samples : std::string();
}

bool libpng_reads_all(std::string_view file) {
  PngSource source{file};
  std::vector<png_byte> row;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, leave_png, note_more);
  png_infop header = png_create_info_struct(png);
  png_set_read_fn(png, &source, read_png_bytes);
  png_set_benign_errors(png, 1);
  const bool is_read = read_png(png, header, row);
  png_destroy_read_struct(&png, &header, nullptr);
  return is_read && !source.saw_more && source.rest.empty();
}

}  // namespace sightingd::test
