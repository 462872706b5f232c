#include "pipeline/image/format/tiff/libtiff_reader.h"
#include "pipeline/image/hash/gray_canvas.h"
#include "pipeline/image/pixels/decode.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sightingd {
namespace {

constexpr std::uint16_t kNoAlpha = 0xffff;

// How the first page says it is to be read.
struct Layout {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t rows_per_strip = 0;
  std::uint16_t photometric = 0;
  std::uint16_t bits = 0;
  std::uint16_t samples = 0;
  std::uint16_t alpha = kNoAlpha;  // Which sample.
  bool is_associated = false;      // Colours are multiplied with alpha already.
};

Layout layout_of(TIFF* tiff) {
  Layout layout;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &layout.width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &layout.height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &layout.rows_per_strip);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout.photometric);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout.samples);
  std::uint16_t count = 0;
  const std::uint16_t* extra = nullptr;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &extra);
  for (std::uint16_t i = 0; i < count && layout.alpha == kNoAlpha; ++i) {
    if (extra[i] != EXTRASAMPLE_UNSPECIFIED) {
      layout.alpha = static_cast<std::uint16_t>(layout.samples - count + i);
      layout.is_associated = extra[i] == EXTRASAMPLE_ASSOCALPHA;
    }
  }
  return layout;
}

struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

// Colours are of 16 bits; of some old programs of 8.
std::vector<Colour> palette_of(TIFF* tiff, const Layout& layout) {
  const std::uint16_t* red = nullptr;
  const std::uint16_t* green = nullptr;
  const std::uint16_t* blue = nullptr;
  if (layout.bits > 8 || TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue) != 1) {
    return {};
  }
  const std::size_t count = std::size_t{1} << layout.bits;
  const bool is_wide = std::any_of(red, red + count, [](std::uint16_t v) { return v > 255; }) ||
                       std::any_of(green, green + count, [](std::uint16_t v) { return v > 255; }) ||
                       std::any_of(blue, blue + count, [](std::uint16_t v) { return v > 255; });
  const int shift = is_wide ? 8 : 0;
  std::vector<Colour> palette;
  for (std::size_t i = 0; i < count; ++i) {
    palette.push_back({static_cast<std::uint8_t>(red[i] >> shift),
                       static_cast<std::uint8_t>(green[i] >> shift),
                       static_cast<std::uint8_t>(blue[i] >> shift)});
  }
  return palette;
}

class PagePainter {
 public:
  PagePainter(TIFF* tiff, const Layout& layout)
      : tiff_(tiff),
        layout_(layout),
        palette_(palette_of(tiff, layout)),
        canvas_(layout.width, layout.height),
        samples_(std::size_t{layout.width} * layout.samples) {}

  bool can_start() const {
    const bool has_colours = layout_.photometric != PHOTOMETRIC_PALETTE || !palette_.empty();
    const bool is_deep = layout_.bits == 8 || layout_.bits == 16;
    const bool is_shallow = layout_.bits == 1 || layout_.bits == 2 || layout_.bits == 4;
    return has_colours && (is_deep || (is_shallow && layout_.samples == 1));
  }

  OrReject<GrayPicture> paint() {
    const auto row_size = static_cast<std::size_t>(TIFFScanlineSize(tiff_));
    std::vector<std::uint8_t> strip(static_cast<std::size_t>(TIFFStripSize(tiff_)));
    for (std::uint32_t y = 0; y < layout_.height; y += layout_.rows_per_strip) {
      const std::uint32_t rows = std::min(layout_.rows_per_strip, layout_.height - y);
      const auto got = TIFFReadEncodedStrip(tiff_, TIFFComputeStrip(tiff_, y, 0), strip.data(),
                                            static_cast<tmsize_t>(strip.size()));
      if (got < 0 || static_cast<std::size_t>(got) != rows * row_size) {
        return RejectReason::Malformed;
      }
      for (std::uint32_t i = 0; i < rows; ++i) {
        expand(std::span(strip).subspan(i * row_size, row_size));
        paint_row(y + i);
      }
    }
    return canvas_.finish();
  }

 private:
  // To 8 bits a sample; indices of a palette stay as they are.
  void expand(std::span<const std::uint8_t> row) {
    if (layout_.bits == 8) {
      std::ranges::copy(row, samples_.begin());
      return;
    }
    if (layout_.bits == 16) {
      for (std::size_t i = 0; i < samples_.size(); ++i) {
        // libtiff hands them out in the machine's byte order.
        std::uint16_t value = 0;
        std::copy_n(&row[2 * i], 2, reinterpret_cast<std::uint8_t*>(&value));
        samples_[i] = static_cast<std::uint8_t>((value * 255U + 32'895U) >> 16U);
      }
      return;
    }
    const unsigned most = (1U << layout_.bits) - 1;
    const unsigned scale = layout_.photometric == PHOTOMETRIC_PALETTE ? 1 : 255 / most;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      const std::size_t bit = i * layout_.bits;
      const std::size_t shift = 8 - layout_.bits - bit % 8;
      samples_[i] = static_cast<std::uint8_t>((row[bit / 8] >> shift & most) * scale);
    }
  }

  void paint_row(std::uint32_t y) {
    const std::uint8_t* pixel = samples_.data();
    for (std::uint32_t x = 0; x < layout_.width; ++x, pixel += layout_.samples) {
      const Colour colour = colour_of(pixel);
      if (layout_.alpha == kNoAlpha) {
        canvas_.paint(x, y, colour.red, colour.green, colour.blue);
      } else if (layout_.is_associated) {
        const unsigned white = 255U - pixel[layout_.alpha];
        const auto over_white = [white](std::uint8_t light) {
          return std::min(light + white, 255U);
        };
        canvas_.paint(x, y, over_white(colour.red), over_white(colour.green),
                      over_white(colour.blue));
      } else {
        canvas_.paint(x, y, colour.red, colour.green, colour.blue, pixel[layout_.alpha]);
      }
    }
  }

  // The first sample of YCbCr is its luma; that of CIE L*a*b* is lightness, which is close to it.
  Colour colour_of(const std::uint8_t* pixel) const {
    switch (layout_.photometric) {
      case PHOTOMETRIC_RGB:
        return {pixel[0], pixel[1], pixel[2]};
      case PHOTOMETRIC_PALETTE:
        return palette_[pixel[0]];
      case PHOTOMETRIC_SEPARATED: {
        const unsigned light = 255U - pixel[3];
        const auto under = [light](std::uint8_t ink) {
          return static_cast<std::uint8_t>((255U - ink) * light / 255);
        };
        return {under(pixel[0]), under(pixel[1]), under(pixel[2])};
      }
      case PHOTOMETRIC_MINISWHITE: {
        const auto light = static_cast<std::uint8_t>(255U - pixel[0]);
        return {light, light, light};
      }
      default:
        return {pixel[0], pixel[0], pixel[0]};
    }
  }

  TIFF* tiff_;
  Layout layout_;
  std::vector<Colour> palette_;
  GrayCanvas canvas_;
  std::vector<std::uint8_t> samples_;  // Of one row.
};

}  // namespace

OrReject<GrayPicture> decode_tiff(std::string_view file, std::uint32_t width,
                                  std::uint32_t height) {
  const LibtiffReader reader(file);
  if (reader.get() == nullptr) {
    return RejectReason::Malformed;
  }
  const Layout layout = layout_of(reader.get());
  if (layout.width != width || layout.height != height || layout.rows_per_strip == 0 ||
      layout.samples == 0) {
    return RejectReason::Malformed;
  }
  PagePainter painter(reader.get(), layout);
  return painter.can_start() ? painter.paint() : RejectReason::UnsupportedVariant;
}

}  // namespace sightingd
