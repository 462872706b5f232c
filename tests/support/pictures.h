#pragma once

#include "tests/support/metadata_blocks.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// Drawn pictures (test data never shows a person), encoded with what tests want in them.
/// The same arguments give the same bytes on every machine with the same codec libraries.
namespace sightingd::test {

/// 8-bit RGB, row by row from the top.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb = {};

  std::uint8_t* at(int x, int y) { return &rgb[3 * index(x, y)]; }
  const std::uint8_t* at(int x, int y) const { return &rgb[3 * index(x, y)]; }

  friend bool operator==(const Picture&, const Picture&) = default;

 private:
  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
           static_cast<std::size_t>(x);
  }
};

/// Discs over a sky: textured, not symmetric, another one for each seed.
Picture draw_scene(int seed, int width = 320, int height = 240);

/// One colour.
Picture draw_flat(int width, int height, std::array<std::uint8_t, 3> colour = {200, 200, 200});

/// Camera noise of up to `strength` steps over a picture: makes the file as large as a photo's.
Picture with_noise(Picture picture, int seed, int strength = 12);

/// Area-averaged to another size.
Picture scaled(const Picture& picture, int width, int height);

/// The pixels to store so that a viewer who obeys EXIF `orientation` (1 to 8) sees `upright`.
Picture stored_for_orientation(const Picture& upright, int orientation);

/// What an encoded file holds besides its pixels. Empty: not there.
struct Extras {
  std::string exif = {};  ///< A TIFF block (exif_block). GIF has no place for it.
  std::string xmp = {};   ///< A packet (xmp_packet).
  std::string icc = {};   ///< GIF has no place for it.
  std::string comment = {};
  bool c2pa = false;         ///< A carrier as C2PA content credentials use it.
  std::string trailer = {};  ///< Bytes after the end of the picture.
};

/// One of each. Texts that must not be found again begin with "LEAK".
Extras all_extras();

struct JpegOptions {
  int quality = 85;
  bool progressive = false;
  bool gray = false;
  int restart_rows = 0;  ///< Restart markers each so many rows of blocks; 0: none.
  bool arithmetic = false;
  int across = 2;  ///< How many samples of luma come to one of colour.
  int down = 2;
};

std::string encode_jpeg(const Picture& picture, const Extras& extras = {},
                        const JpegOptions& options = {});

struct InkOptions {
  bool ycck = false;
  bool adobe = true;  ///< Inverted and with their marker, as Adobe programs store inks.
};

std::string encode_cmyk_jpeg(const Picture& picture, const InkOptions& options = {});

struct PngOptions {
  bool interlaced = false;
  bool gray = false;
  int bit_depth = 8;                     ///< 8 or 16.
  std::vector<std::uint8_t> alpha = {};  ///< One a pixel; empty: opaque.
};

std::string encode_png(const Picture& picture, const Extras& extras = {},
                       const PngOptions& options = {});

/// Several frames of equal size, shown in a loop; the first one is the still picture.
std::string encode_animated_png(const std::vector<Picture>& frames);

struct WebpOptions {
  float quality = 80;
  bool lossless = false;
  std::vector<std::uint8_t> alpha = {};
};

std::string encode_webp(const Picture& picture, const Extras& extras = {},
                        const WebpOptions& options = {});

/// Several frames of equal size, shown in a loop.
std::string encode_animated_webp(const std::vector<Picture>& frames, const Extras& extras = {});

/// Colours are reduced to a fixed 6x6x6 cube. Several frames are shown in a loop.
std::string encode_gif(const std::vector<Picture>& frames, const Extras& extras = {},
                       bool interlaced = false);

struct HeifOptions {
  bool av1 = false;     ///< AVIF; else HEIC.
  int orientation = 1;  ///< As EXIF counts them, but said by properties: irot, imir.
  int thumbnail = 0;    ///< Its longer side; 0: none.
  std::vector<std::uint8_t> alpha = {};
};

/// The comment in a box that nobody reads.
std::string encode_heif(const Picture& picture, const Extras& extras = {},
                        const HeifOptions& options = {});

/// A PNG chunk with its length and checksum.
std::string png_chunk(std::string_view type, std::string_view content);

/// A JPEG marker segment with its length.
std::string jpeg_segment(std::uint8_t marker, std::string_view content);

/// A RIFF chunk with its length and padding.
std::string riff_chunk(std::string_view type, std::string_view content);

}  // namespace sightingd::test
