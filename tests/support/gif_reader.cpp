#include "tests/support/gif_reader.h"

#include <gif_lib.h>

#include <algorithm>
#include <cstddef>
#include <memory>

namespace sightingd::test {
namespace {

int read_some(GifFileType* gif, GifByteType* to, int count) {
  auto* const rest = static_cast<std::string_view*>(gif->UserData);
  const std::size_t taken = std::min(rest->size(), static_cast<std::size_t>(std::max(count, 0)));
  std::copy_n(rest->data(), taken, to);
  rest->remove_prefix(taken);
  return static_cast<int>(taken);
}

void close(GifFileType* gif) {
  int ignored = 0;
  DGifCloseFile(gif, &ignored);
}

void append(std::string& picture, std::initializer_list<int> numbers) {
  for (const int number : numbers) {
    picture += std::to_string(number) + ' ';
  }
}

// Red, green and blue, and whether it is seen.
void append_pixel(std::string& picture, const ColorMapObject* colours, int index, int transparent) {
  GifColorType colour{};
  if (colours != nullptr && index < colours->ColorCount) {
    colour = colours->Colors[index];
  }
  const bool is_seen = index != transparent;
  for (const GifByteType part : {colour.Red, colour.Green, colour.Blue}) {
    picture += static_cast<char>(is_seen ? part : 0);
  }
  picture += is_seen ? '1' : '0';
}

}  // namespace

std::optional<std::vector<std::string>> giflib_film(std::string_view file) {
  int error = 0;
  const std::unique_ptr<GifFileType, decltype(&close)> gif(DGifOpen(&file, read_some, &error),
                                                           &close);
  if (!gif || DGifSlurp(gif.get()) != GIF_OK) {
    return std::nullopt;
  }
  std::vector<std::string> film(1);
  append(film.back(), {gif->SWidth, gif->SHeight});
  for (int i = 0; i < gif->ImageCount; ++i) {
    const SavedImage& image = gif->SavedImages[i];
    const GifImageDesc& place = image.ImageDesc;
    GraphicsControlBlock control{0, false, 0, NO_TRANSPARENT_COLOR};
    DGifSavedExtensionToGCB(gif.get(), i, &control);
    std::string& picture = film.emplace_back();
    append(picture, {place.Left, place.Top, place.Width, place.Height, control.DelayTime,
                     control.DisposalMode});
    const ColorMapObject* colours = place.ColorMap != nullptr ? place.ColorMap : gif->SColorMap;
    for (int at = 0; at < place.Width * place.Height; ++at) {
      append_pixel(picture, colours, image.RasterBits[at], control.TransparentColor);
    }
  }
  return film;
}

}  // namespace sightingd::test
