#include "tests/support/apng_reader.h"

#include <png.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sightingd::test {
namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";

std::uint32_t number(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    value = value << 8U | static_cast<unsigned char>(i < bytes.size() ? bytes[i] : '\0');
  }
  return value;
}

std::string number(std::uint32_t value) {
  std::string bytes;
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    bytes += static_cast<char>(value >> (shift - 8) & 0xFFU);
  }
  return bytes;
}

std::string chunk(std::string_view type, std::string_view content) {
  const std::string checked = std::string(type).append(content);
  const auto sum =
      ::crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
  return number(static_cast<std::uint32_t>(content.size())) + checked +
         number(static_cast<std::uint32_t>(sum));
}

// Appends the pixels of a file that holds one picture.
bool append_pixels(std::string& film, std::string_view file) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0) {
    return false;
  }
  image.format = PNG_FORMAT_LINEAR_RGB_ALPHA;
  std::vector<png_uint_16> pixels(PNG_IMAGE_SIZE(image) / sizeof(png_uint_16));
  if (png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) == 0) {
    return false;
  }
  film += number(image.width) + number(image.height);
  film.append(reinterpret_cast<const char*>(pixels.data()), pixels.size() * sizeof(png_uint_16));
  return true;
}

// A frame of an animation as a file of its own.
struct Frame {
  std::string control;  // Of fcTL, without the number of the chunk.
  std::string data;
};

}  // namespace

std::optional<std::string> libpng_film(std::string_view file) {
  if (!file.starts_with(kSignature)) {
    return std::nullopt;
  }
  std::string header;   // Of the picture.
  std::string colours;  // Chunks that every frame needs.
  std::string data;
  std::vector<Frame> frames;
  for (std::string_view rest = file.substr(kSignature.size()); rest.size() >= 12;) {
    const std::size_t size = number(rest, 0);
    if (size > rest.size() - 12) {
      return std::nullopt;
    }
    const std::string_view type = rest.substr(4, 4);
    const std::string_view content = rest.substr(8, size);
    if (type == "IHDR") {
      header = content;
    } else if (type == "PLTE" || type == "tRNS" || type == "gAMA" || type == "sRGB" ||
               type == "cHRM") {
      colours += chunk(type, content);
    } else if (type == "fcTL" && content.size() == 26) {
      frames.push_back({std::string(content.substr(4)), {}});
    } else if (type == "IDAT" && !frames.empty()) {
      frames.back().data.append(content);
    } else if (type == "fdAT" && !frames.empty() && content.size() >= 4) {
      frames.back().data.append(content.substr(4));
    }
    rest.remove_prefix(size + 12);
  }
  std::string film;
  if (header.size() != 13 || !append_pixels(film, file)) {
    return std::nullopt;
  }
  for (const Frame& frame : frames) {
    film += frame.control;
    const std::string alone = std::string(kSignature) +
                              chunk("IHDR", frame.control.substr(0, 8) + header.substr(8)) +
                              colours + chunk("IDAT", frame.data) + chunk("IEND", "");
    if (!append_pixels(film, alone)) {
      return std::nullopt;
    }
  }
  return film;
}

}  // namespace sightingd::test
