#include "pipeline/image/hash/gray_canvas.h"
#include "pipeline/image/pixels/decode.h"

#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace sightingd {
namespace {

int read_bytes(GifFileType* gif, GifByteType* into, int count) {
  auto* rest = static_cast<std::string_view*>(gif->UserData);
  const std::size_t size = std::min(rest->size(), static_cast<std::size_t>(count));
  std::memcpy(into, rest->data(), size);
  rest->remove_prefix(size);
  return static_cast<int>(size);
}

void close_gif(GifFileType* gif) {
  int ignored = 0;
  DGifCloseFile(gif, &ignored);
}

// What the extension before a frame says of it.
struct FrameControl {
  int transparent = NO_TRANSPARENT_COLOR;
};

bool read_extension(GifFileType* gif, FrameControl& control) {
  int code = 0;
  GifByteType* block = nullptr;
  if (DGifGetExtension(gif, &code, &block) != GIF_OK) {
    return false;
  }
  while (block != nullptr) {
    GraphicsControlBlock graphics{};
    if (code == GRAPHICS_EXT_FUNC_CODE &&
        DGifExtensionToGCB(block[0], block + 1, &graphics) == GIF_OK) {
      control.transparent = graphics.TransparentColor;
    }
    if (DGifGetExtensionNext(gif, &block) != GIF_OK) {
      return false;
    }
  }
  return true;
}

// Goes to the pixels of the first frame.
bool find_frame(GifFileType* gif, FrameControl& control) {
  GifRecordType record = UNDEFINED_RECORD_TYPE;
  while (DGifGetRecordType(gif, &record) == GIF_OK) {
    if (record == IMAGE_DESC_RECORD_TYPE) {
      return DGifGetImageDesc(gif) == GIF_OK;
    }
    if (record != EXTENSION_RECORD_TYPE || !read_extension(gif, control)) {
      return false;
    }
  }
  return false;
}

RejectReason reason_of(int error) {
  return error == D_GIF_ERR_NOT_ENOUGH_MEM ? RejectReason::Bomb : RejectReason::Malformed;
}

class FramePainter {
 public:
  FramePainter(GifFileType* gif, const ColorMapObject& colours, int transparent,
               std::uint32_t width, std::uint32_t height)
      : gif_(gif),
        colours_(colours),
        transparent_(transparent),
        width_(width),
        height_(height),
        canvas_(width, height),
        line_(static_cast<std::size_t>(gif->Image.Width)) {}

  // GIF89a, appendix E: the rows of an interlaced frame come in four passes.
  OrReject<GrayPicture> paint() {
    constexpr std::array<std::array<int, 2>, 4> kInterlaced{{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
    constexpr std::array<std::array<int, 2>, 1> kSequential{{{0, 1}}};
    const bool is_whole =
        gif_->Image.Interlace ? paint_passes(kInterlaced) : paint_passes(kSequential);
    if (!is_whole) {
      return reason_of(gif_->Error);
    }
    return canvas_.finish();
  }

 private:
  template <std::size_t count>
  bool paint_passes(const std::array<std::array<int, 2>, count>& passes) {
    for (const auto& [first, step] : passes) {
      for (int y = first; y < gif_->Image.Height; y += step) {
        if (DGifGetLine(gif_, line_.data(), gif_->Image.Width) != GIF_OK) {
          return false;
        }
        paint_line(static_cast<std::uint32_t>(gif_->Image.Top + y));
      }
    }
    return true;
  }

  void paint_line(std::uint32_t y) {
    if (y >= height_) {
      return;
    }
    const auto left = static_cast<std::uint32_t>(gif_->Image.Left);
    for (std::uint32_t i = 0; i < line_.size() && left + i < width_; ++i) {
      const int index = line_[i];
      if (index != transparent_ && index < colours_.ColorCount) {
        const GifColorType& colour = colours_.Colors[index];
        canvas_.paint(left + i, y, colour.Red, colour.Green, colour.Blue);
      }
    }
  }

  GifFileType* gif_;
  const ColorMapObject& colours_;
  int transparent_;
  std::uint32_t width_;
  std::uint32_t height_;
  GrayCanvas canvas_;
  std::vector<GifPixelType> line_;
};

}  // namespace

OrReject<GrayPicture> decode_gif(std::string_view file, std::uint32_t width, std::uint32_t height) {
  int error = 0;
  const std::unique_ptr<GifFileType, decltype(&close_gif)> gif(DGifOpen(&file, read_bytes, &error),
                                                               &close_gif);
  if (!gif) {
    return reason_of(error);
  }
  FrameControl control;
  if (!find_frame(gif.get(), control)) {
    return reason_of(gif->Error);
  }
  const ColorMapObject* colours =
      gif->Image.ColorMap != nullptr ? gif->Image.ColorMap : gif->SColorMap;
  if (colours == nullptr || gif->Image.Width <= 0 || gif->Image.Height <= 0) {
    return RejectReason::Malformed;
  }
  return FramePainter(gif.get(), *colours, control.transparent, width, height).paint();
}

}  // namespace sightingd
