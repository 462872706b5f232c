#include "pipeline/image/pixels/decode.h"

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdio>

// libjpeg's headers need the types of <cstdio> before them.
#include <jpeglib.h>

#include <jerror.h>

namespace sightingd {
namespace {

constexpr int kInks = 4;

// Some encoders leave a byte behind a scan. libjpeg reads up to seven ahead without a word, so
// nothing is gained by allowing less.
constexpr int kMostUnread = 7;

// Fatal errors of libjpeg jump to `back`; `code` says which it was. Of its warnings one counts:
// bytes before a marker that are no part of the picture.
struct ErrorTrap {
  jpeg_error_mgr manager{};  // First: libjpeg hands out a pointer to it.
  std::jmp_buf back{};
  int code = 0;
  int unread_bytes = 0;
};

[[noreturn]] void jump_back(j_common_ptr codec) {
  auto* trap = reinterpret_cast<ErrorTrap*>(codec->err);
  trap->code = codec->err->msg_code;
  std::longjmp(trap->back, 1);
}

// Levels from 0 up are traces, which may use the same codes.
void note_unread_bytes(j_common_ptr codec, int level) {
  auto* trap = reinterpret_cast<ErrorTrap*>(codec->err);
  if (level < 0 && codec->err->msg_code == JWRN_EXTRANEOUS_DATA) {
    trap->unread_bytes += codec->err->msg_parm.i[0];
  }
}

// Adobe programs store CMYK inverted and say so by their marker.
float luma_of_inks(const JSAMPLE* inks, bool inverted) {
  const auto light = [&](int i) {
    return static_cast<float>(inverted ? inks[i] : MAXJSAMPLE - inks[i]);
  };
  const float black = light(3) / 255.0F;
  return (0.299F * light(0) + 0.587F * light(1) + 0.114F * light(2)) * black;
}

// Where the rows go. Allocated by the caller: a jump out of libjpeg passes no destructor.
struct Target {
  unsigned halved = 0;
  std::size_t columns = 0;
  std::size_t rows = 0;
  float* luma = nullptr;
  JSAMPLE* row = nullptr;  // `columns` * kInks
};

void take_row(const jpeg_decompress_struct& codec, const Target& target, float* luma) {
  if (codec.out_color_space == JCS_CMYK) {
    for (std::size_t x = 0; x < target.columns; ++x) {
      luma[x] = luma_of_inks(target.row + kInks * x, codec.saw_Adobe_marker != FALSE);
    }
    return;
  }
  std::copy_n(target.row, target.columns, luma);
}

// libjpeg reduces by up to 8 while it decodes, which costs less than decoding in full. It leaves
// out the fine detail of each block instead of averaging it, so one halving less is worth its time:
// at a quarter photographs of 1280 pixels lose 2.2 bits in the mean and 14 at most, at a half 1.1
// and 6 (docs/benchmarks.md).
unsigned decoded_halvings(std::uint32_t width, std::uint32_t height) {
  constexpr unsigned kMost = 3;
  const unsigned enough = halvings(width, height);
  return enough == 0 ? 0 : std::min(kMost, enough - 1);
}

// Returns 0, or libjpeg's code of what went wrong; JWRN_EXTRANEOUS_DATA when it read the picture
// and more stands between its markers. Holds nothing that has a destructor.
int read_rows(std::string_view file, const Target& target) {
  jpeg_decompress_struct codec{};
  ErrorTrap trap;
  codec.err = jpeg_std_error(&trap.manager);
  trap.manager.error_exit = jump_back;
  trap.manager.emit_message = note_unread_bytes;
  if (setjmp(trap.back) != 0) {
    jpeg_destroy_decompress(&codec);
    return trap.code;
  }
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_read_header(&codec, TRUE);
  const bool has_inks = codec.jpeg_color_space == JCS_CMYK || codec.jpeg_color_space == JCS_YCCK;
  codec.out_color_space = has_inks ? JCS_CMYK : JCS_GRAYSCALE;
  codec.scale_num = 1;
  codec.scale_denom = 1U << target.halved;
  codec.dct_method = JDCT_ISLOW;
  codec.do_fancy_upsampling = FALSE;
  jpeg_start_decompress(&codec);
  if (codec.output_width != target.columns || codec.output_height != target.rows) {
    jpeg_destroy_decompress(&codec);
    return JERR_BAD_LENGTH;
  }
  while (codec.output_scanline < codec.output_height) {
    float* luma = target.luma + codec.output_scanline * target.columns;
    JSAMPROW row = target.row;
    jpeg_read_scanlines(&codec, &row, 1);
    take_row(codec, target, luma);
  }
  jpeg_finish_decompress(&codec);  // Goes on to the end of the file.
  jpeg_destroy_decompress(&codec);
  return trap.unread_bytes > kMostUnread ? JWRN_EXTRANEOUS_DATA : 0;
}

}  // namespace

OrReject<GrayPicture> decode_jpeg(std::string_view file, std::uint32_t width,
                                  std::uint32_t height) {
  const unsigned halved = decoded_halvings(width, height);
  GrayPicture picture{reduced_axis(width, halved), reduced_axis(height, halved), {}};
  picture.luma.resize(picture.x.cells * picture.y.cells);
  std::vector<JSAMPLE> row(picture.x.cells * kInks);

  const int error =
      read_rows(file, {halved, picture.x.cells, picture.y.cells, picture.luma.data(), row.data()});
  if (error == JWRN_EXTRANEOUS_DATA) {
    return RejectReason::Unstrippable;
  }
  if (error != 0) {
    return error == JERR_OUT_OF_MEMORY ? RejectReason::Bomb : RejectReason::Malformed;
  }
  return picture;
}

}  // namespace sightingd
