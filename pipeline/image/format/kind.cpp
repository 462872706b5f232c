#include "pipeline/image/format/kind.h"

#include "pipeline/image/format/bytes.h"

#include <algorithm>
#include <array>

namespace sightingd {
namespace {

using namespace std::string_view_literals;

// Images that are not handled, by their first bytes.
constexpr std::array kOtherImages{
    "\xff\x0a"sv,                        // JPEG XL codestream
    "\0\0\0\x0cJXL \x0d\x0a\x87\x0a"sv,  // JPEG XL container
    "\0\0\0\x0cjP  \x0d\x0a\x87\x0a"sv,  // JPEG 2000
    "\xff\x4f\xff\x51"sv,                // JPEG 2000 codestream
    "\0\0\0\x0cJXS \x0d\x0a\x87\x0a"sv,  // JPEG XS
    "\xff\x10\xff\x50"sv,                // JPEG XS codestream
    "II\xbc\x01"sv,                      // JPEG XR
    "8BPS"sv,                            // Photoshop
    "qoif"sv,                            //
    "v/1\x01"sv,                         // OpenEXR
    "#?RADIANCE"sv,                      //
    "DDS "sv,                            //
    "gimp xcf"sv,                        //
    "\x8bJNG\x0d\x0a\x1a\x0a"sv,         //
    "\x8aMNG\x0d\x0a\x1a\x0a"sv,         //
    "BPG\xfb"sv,                         //
    "FLIF"sv,                            //
    "\x59\xa6\x6a\x95"sv,                // Sun raster
    "FUJIFILMCCD-RAW"sv,                 // Raw formats of cameras that are no TIFF
    "IIRO\x08\0"sv,                      //
    "IIRS\x08\0"sv,                      //
    "MMOR\0\0"sv,                        //
    "IIU\0"sv,                           //
    "II\x1a\0\0\0HEAPCCDR"sv,            //
    "\0MRM"sv,                           //
    "FOVb"sv,                            //
    "icns"sv,                            // macOS icon
    "#?RGBE"sv,                          //
    "\xf4\xff\x6f"sv,                    // WebP 2
    "farbfeld"sv,                        //
    "AT&TFORM"sv,                        // DjVu
    "\xabKTX "sv,                        // Textures
    "\x13\xab\xa1\x5c"sv,                //
    "\xd7\xcd\xc6\x9a\0\0"sv,            // Windows metafile
};

// Brands of ISO base media files that hold still images (HEIF, AVIF; ISO/IEC 23008-12).
constexpr std::array kHeifBrands{"heic"sv, "heix"sv, "heim"sv, "heis"sv, "hevc"sv, "hevx"sv,
                                 "hevm"sv, "hevs"sv, "mif1"sv, "mif2"sv, "msf1"sv};
constexpr std::array kAvifBrands{"avif"sv, "avis"sv};
constexpr std::array kOtherBrands{"avci"sv, "avcs"sv, "jpeg"sv, "jpgs"sv, "j2ki"sv,
                                  "j2is"sv, "jxl "sv, "jxsc"sv, "vvic"sv, "vvis"sv,
                                  "evbi"sv, "evbs"sv, "crx "sv};

// Whether one of the brands that an ISO base media file names is among these.
template <std::size_t kCount>
bool has_brand(std::string_view bytes, const std::array<std::string_view, kCount>& brands) {
  if (slice(bytes, 4, 4) != "ftyp") {
    return false;
  }
  const std::size_t end = std::min<std::size_t>({big32(bytes, 0), bytes.size(), 256});
  for (std::size_t at = 8; at + 4 <= end; at += 4) {
    const std::string_view brand = bytes.substr(at, 4);
    if (at != 12 && std::find(brands.begin(), brands.end(), brand) != brands.end()) {
      return true;
    }
  }
  return false;
}

// "BM" alone begins many texts; the size of the second header is one of a few.
bool is_bmp(std::string_view bytes) {
  constexpr std::array<std::uint32_t, 8> kHeaderSizes{12, 16, 40, 52, 56, 64, 108, 124};
  return bytes.starts_with("BM") && std::find(kHeaderSizes.begin(), kHeaderSizes.end(),
                                              little32(bytes, 14)) != kHeaderSizes.end();
}

// In either byte order; most cameras' raw formats too, and BigTIFF.
bool is_tiff(std::string_view bytes) {
  return bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv) ||
         bytes.starts_with("II+\0"sv) || bytes.starts_with("MM\0+"sv);
}

// Windows icons and cursors: two numbers, then how many pictures.
bool is_icon(std::string_view bytes) {
  const bool magic = bytes.starts_with("\0\0\1\0"sv) || bytes.starts_with("\0\0\2\0"sv);
  return magic && little16(bytes, 4) != 0 && byte_at(bytes, 9) == 0;
}

bool is_other_image(std::string_view bytes) {
  const auto begins = [&](std::string_view magic) { return bytes.starts_with(magic); };
  return std::any_of(kOtherImages.begin(), kOtherImages.end(), begins) ||
         has_brand(bytes, kOtherBrands) || is_bmp(bytes) || is_icon(bytes);
}

}  // namespace

std::variant<ImageKind, RejectReason, NotAnImage> recognise(std::string_view bytes) {
  if (bytes.starts_with("\xff\xd8\xff"sv)) {
    return ImageKind::Jpeg;
  }
  if (bytes.starts_with("\x89PNG\x0d\x0a\x1a\x0a"sv)) {
    return ImageKind::Png;
  }
  if (bytes.starts_with("RIFF") && slice(bytes, 8, 4) == "WEBP") {
    return ImageKind::WebP;
  }
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) {
    return ImageKind::Gif;
  }
  if (is_tiff(bytes)) {
    return ImageKind::Tiff;
  }
  if (has_brand(bytes, kAvifBrands)) {
    return ImageKind::Avif;
  }
  if (has_brand(bytes, kHeifBrands)) {
    return ImageKind::Heic;
  }
  if (is_other_image(bytes)) {
    return RejectReason::UnknownFormat;
  }
  return NotAnImage{};
}

}  // namespace sightingd
