#include "pipeline/image/hash/gray_canvas.h"
#include "pipeline/image/pixels/decode.h"

#include <png.h>

#include <csetjmp>
#include <cstdlib>
#include <cstring>

namespace sightingd {
namespace {

struct Source {
  std::string_view rest;
};

void read_bytes(png_structp png, png_bytep into, std::size_t count) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (source->rest.size() < count) {
    png_error(png, "end of file");
  }
  std::memcpy(into, source->rest.data(), count);
  source->rest.remove_prefix(count);
}

// libpng tells whoever asked for memory that there is none, and then gives up as it does for
// damage. libpng's memory pointer is a bool.
png_voidp note_no_memory(png_structp png, png_alloc_size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) {
    *static_cast<bool*>(png_get_mem_ptr(png)) = true;
  }
  return memory;
}
void give_back(png_structp, png_voidp memory) { std::free(memory); }

[[noreturn]] void jump_back(png_structp png, png_const_charp) { png_longjmp(png, 1); }
void stay_silent(png_structp, png_const_charp) {}

// One of the seven passes of Adam7 (PNG, section 8), or the whole picture.
struct Pass {
  std::uint32_t first_x;
  std::uint32_t first_y;
  std::uint32_t step_x;
  std::uint32_t step_y;
};
constexpr Pass kWhole[]{{0, 0, 1, 1}};
constexpr Pass kAdam7[]{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                        {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

// 8 bits a channel: gray or RGB, with or without alpha.
void paint_row(GrayCanvas& canvas, const png_byte* row, std::size_t channels, const Pass& pass,
               std::uint32_t width, std::uint32_t y) {
  const bool has_colour = channels >= 3;
  const bool has_alpha = channels == 2 || channels == 4;
  const std::size_t green = has_colour ? 1 : 0;
  const std::size_t blue = has_colour ? 2 : 0;
  for (std::uint32_t x = pass.first_x; x < width; x += pass.step_x) {
    canvas.paint(x, y, row[0], row[green], row[blue], has_alpha ? row[channels - 1] : 255);
    row += channels;
  }
}

// False when libpng gave up. `row` has room for `width` * 4 bytes; `png` and `header` are
// destroyed by the caller. Holds nothing that has a destructor.
bool read_rows(png_structp png, png_infop header, std::uint32_t width, std::uint32_t height,
               png_byte* row, GrayCanvas& canvas) {
  if (setjmp(png_jmpbuf(png)) != 0) {
    return false;
  }
  png_set_user_limits(png, width, height);
  png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
  png_read_info(png, header);
  if (png_get_image_width(png, header) != width || png_get_image_height(png, header) != height) {
    return false;
  }
  png_set_expand(png);
  png_set_scale_16(png);
  png_read_update_info(png, header);
  const std::size_t channels = png_get_channels(png, header);
  if (channels == 0 || channels > 4 || png_get_bit_depth(png, header) != 8) {
    return false;
  }
  const bool interlaced = png_get_interlace_type(png, header) == PNG_INTERLACE_ADAM7;
  const Pass* pass = interlaced ? std::begin(kAdam7) : std::begin(kWhole);
  const Pass* last = interlaced ? std::end(kAdam7) : std::end(kWhole);
  for (; pass != last; ++pass) {
    if (pass->first_x >= width) {
      continue;
    }
    for (std::uint32_t y = pass->first_y; y < height; y += pass->step_y) {
      png_read_row(png, row, nullptr);
      paint_row(canvas, row, channels, *pass, width, y);
    }
  }
  return true;
}

}  // namespace

OrReject<GrayPicture> decode_png(std::string_view file, std::uint32_t width, std::uint32_t height) {
  GrayCanvas canvas(width, height);
  std::vector<png_byte> row(std::size_t{width} * 4);
  Source source{file};
  bool lacked_memory = false;
  png_structp png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, nullptr, jump_back, stay_silent,
                                             &lacked_memory, note_no_memory, give_back);
  png_infop header = png == nullptr ? nullptr : png_create_info_struct(png);
  if (header == nullptr) {
    png_destroy_read_struct(&png, nullptr, nullptr);
    return RejectReason::Bomb;
  }
  png_set_read_fn(png, &source, read_bytes);
  const bool is_read = read_rows(png, header, width, height, row.data(), canvas);
  png_destroy_read_struct(&png, &header, nullptr);
  if (!is_read) {
    return lacked_memory ? RejectReason::Bomb : RejectReason::Malformed;
  }
  return canvas.finish();
}

}  // namespace sightingd
