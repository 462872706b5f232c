#include "pipeline/image/pixels/decode.h"

#include "pipeline/image/pixels/jpeg_means.h"

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

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

// libjpeg reduces by up to 8 while it decodes, which costs less than decoding in full. The last
// halving is done here: with all of them libjpeg's, photographs of 1280 pixels lose 14 bits at most
// against all pixels, and so 10 (docs/benchmarks.md).
unsigned decoded_halvings(unsigned halved) {
  constexpr unsigned kMost = 3;
  return halved == 0 ? 0 : std::min(kMost, halved - 1);
}

// Where the rows go. Allocated by the caller: a jump out of libjpeg passes no destructor.
struct Target {
  unsigned decoded = 0;  // Halvings by libjpeg.
  unsigned left = 0;     // Halvings after that.
  std::size_t columns = 0;
  std::size_t rows = 0;
  JSAMPLE* row = nullptr;         // `columns` * kInks
  std::uint16_t* sums = nullptr;  // Of the cells of one row: at most 2^4 x 2^4 samples each.
  float* luma = nullptr;

  std::size_t cells() const { return ((columns - 1) >> left) + 1; }
};

// Turns a row of inks gray where it stands.
void make_gray(const jpeg_decompress_struct& codec, const Target& target) {
  if (codec.out_color_space != JCS_CMYK) {
    return;
  }
  for (std::size_t x = 0; x < target.columns; ++x) {
    const float luma = luma_of_inks(target.row + kInks * x, codec.saw_Adobe_marker != FALSE);
    target.row[x] = static_cast<JSAMPLE>(luma + 0.5F);
  }
}

void add_row(const Target& target) {
  const JSAMPLE* row = target.row;
  if (target.left == 1) {
    for (std::size_t i = 0; i < target.columns / 2; ++i) {
      target.sums[i] = static_cast<std::uint16_t>(target.sums[i] + row[2 * i] + row[2 * i + 1]);
    }
    if (target.columns % 2 == 1) {
      target.sums[target.columns / 2] += row[target.columns - 1];
    }
    return;
  }
  for (std::size_t x = 0; x < target.columns; ++x) {
    target.sums[x >> target.left] += row[x];
  }
}

// The means of the cells of a row, of which so many rows were added.
void finish_cells(const Target& target, std::size_t rows, float* luma) {
  const std::size_t cell = std::size_t{1} << target.left;
  const std::size_t last = target.cells() - 1;
  const float samples = static_cast<float>(cell * rows);
  for (std::size_t i = 0; i <= last; ++i) {
    luma[i] = static_cast<float>(target.sums[i]) / samples;
  }
  luma[last] = static_cast<float>(target.sums[last]) /
               static_cast<float>((target.columns - last * cell) * rows);
  std::fill_n(target.sums, last + 1, std::uint16_t{0});
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
  codec.scale_denom = 1U << target.decoded;
  codec.dct_method = JDCT_ISLOW;
  codec.do_fancy_upsampling = FALSE;
  jpeg_start_decompress(&codec);
  if (codec.output_width != target.columns || codec.output_height != target.rows) {
    jpeg_destroy_decompress(&codec);
    return JERR_BAD_LENGTH;
  }
  float* luma = target.luma;
  std::size_t added = 0;
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW row = target.row;
    jpeg_read_scanlines(&codec, &row, 1);
    make_gray(codec, target);
    add_row(target);
    if (++added == std::size_t{1} << target.left || codec.output_scanline == codec.output_height) {
      finish_cells(target, added, luma);
      luma += target.cells();
      added = 0;
    }
  }
  jpeg_finish_decompress(&codec);  // Goes on to the end of the file.
  jpeg_destroy_decompress(&codec);
  return trap.unread_bytes > kMostUnread ? JWRN_EXTRANEOUS_DATA : 0;
}

}  // namespace

OrReject<GrayPicture> decode_jpeg(std::string_view file, std::uint32_t width,
                                  std::uint32_t height) {
  if (auto means = means_of_jpeg(file, width, height)) {
    return std::move(*means);
  }
  return decode_any_jpeg(file, width, height);
}

OrReject<GrayPicture> decode_any_jpeg(std::string_view file, std::uint32_t width,
                                      std::uint32_t height) {
  const unsigned halved = halvings(width, height);
  const unsigned decoded = decoded_halvings(halved);
  GrayPicture picture{reduced_axis(width, halved), reduced_axis(height, halved), {}};
  picture.luma.resize(picture.x.cells * picture.y.cells);
  const std::size_t columns = reduced_axis(width, decoded).cells;
  std::vector<JSAMPLE> row(columns * kInks);
  std::vector<std::uint16_t> sums(picture.x.cells);

  const int error = read_rows(file, {.decoded = decoded,
                                     .left = halved - decoded,
                                     .columns = columns,
                                     .rows = reduced_axis(height, decoded).cells,
                                     .row = row.data(),
                                     .sums = sums.data(),
                                     .luma = picture.luma.data()});
  if (error == JWRN_EXTRANEOUS_DATA) {
    return RejectReason::Unstrippable;
  }
  if (error != 0) {
    return error == JERR_OUT_OF_MEMORY ? RejectReason::Bomb : RejectReason::Malformed;
  }
  return picture;
}

}  // namespace sightingd
