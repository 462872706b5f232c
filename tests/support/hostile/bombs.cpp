// Small files that say, or become, very much: pixels, bytes, frames, pieces.
#include "tests/support/hostile/hostile_files.h"
#include "tests/support/pictures.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace sightingd::test {
namespace {

using namespace std::string_literals;

constexpr std::size_t kLongest = 65'535;
// As much as is examined by default: 80 million pixels, and 20 MiB less a little.
constexpr std::size_t kWidth = 8'192;
constexpr std::size_t kHeight = 9'600;
constexpr std::size_t kLargestFile = 20'000'000;

std::string big(std::size_t value, int bytes = 4) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) {
    text += static_cast<char>(value >> (8 * i));
  }
  return text;
}

std::string little(std::size_t value, int bytes = 4) {
  const std::string text = big(value, bytes);
  return {text.rbegin(), text.rend()};
}

std::string repeated(std::string_view text, std::size_t size) {
  std::string whole;
  whole.reserve(size);
  while (whole.size() + text.size() <= size) {
    whole += text;
  }
  return whole;
}

Picture small() { return draw_scene(1, 16, 16); }

// ---- JPEG

// The sides in a frame's segment, whatever its code.
std::string with_sides(std::string jpeg, char frame, std::size_t width, std::size_t height) {
  const std::size_t at = jpeg.find("\xff"s + frame + '\0');
  return jpeg.replace(at + 5, 4, big(height, 2) + big(width, 2));
}

// Rows of blocks that end with a restart can stand below one another again and again.
std::string tall_jpeg(const Picture& rows, std::size_t times, const JpegOptions& options) {
  JpegOptions restarting = options;
  restarting.restart_rows = 1;
  const std::string one = encode_jpeg(rows, {}, restarting);
  const std::size_t scan = one.find("\xff\xda"s);
  const std::size_t data = scan + 2 + static_cast<unsigned char>(one[scan + 3]);
  const std::string coded = one.substr(data, one.size() - 2 - data);
  std::string file = with_sides(one.substr(0, data), options.arithmetic ? '\xc9' : '\xc0',
                                static_cast<std::size_t>(rows.width),
                                times * static_cast<std::size_t>(rows.height));
  for (std::size_t i = 0; i < times; ++i) {
    file += i == 0 ? ""s : "\xff"s + static_cast<char>(0xd0 + (i - 1) % 8);
    file += coded;
  }
  return file + "\xff\xd9";
}

// A picture of these sides of which only the first scan, or a part of it, is there.
std::string starved_progressive(std::size_t width, std::size_t height, std::size_t scan_size) {
  const std::string one = encode_jpeg(small(), {}, {.progressive = true});
  const std::size_t scan = one.find("\xff\xda"s);
  const std::size_t data = scan + 2 + static_cast<unsigned char>(one[scan + 3]);
  return with_sides(one.substr(0, data), '\xc2', width, height) + std::string(scan_size, '\x55') +
         "\xff\xd9";
}

void add_jpeg_bombs(std::vector<HostileFile>& files) {
  const Picture flat_rows = draw_flat(65'488, 16);
  const std::string plain = encode_jpeg(small());
  const auto flooded = [&](std::string_view segment) {
    return "\xff\xd8"s + repeated(segment, kLargestFile) + plain.substr(2);
  };
  files.push_back({"claim.jpg", with_sides(plain, '\xc0', kLongest, kLongest), "too_many_pixels"});
  files.push_back({"starved.jpg", with_sides(plain, '\xc0', kWidth, kHeight), "malformed"});
  files.push_back({"flat.jpg", tall_jpeg(flat_rows, 76, {}), "stored"});
  files.push_back({"arithmetic.jpg", tall_jpeg(flat_rows, 76, {.arithmetic = true}), "stored"});
  files.push_back({"progressive.jpg", starved_progressive(kWidth, kHeight, 400'000), "stored"});
  files.push_back({"comments.jpg", flooded(jpeg_segment(0xfe, "")), "stored"});
  files.push_back(
      {"tables.jpg", flooded(jpeg_segment(0xc4, "\0"s + std::string(16, '\0'))), "malformed"});
  files.push_back({"no_tables.jpg", flooded(jpeg_segment(0xdb, "")), "malformed"});
  files.push_back({"restarts.jpg", flooded(jpeg_segment(0xdd, "\0\1"s)), "malformed"});
  files.push_back({"scans.jpg",
                   plain.substr(0, plain.size() - 2) +
                       repeated(plain.substr(plain.find("\xff\xda"s), 14), kLargestFile),
                   "stored"});
  files.push_back({"fill.jpg", flooded("\xff"), "stored"});
}

// ---- PNG

std::string png_of(std::size_t width, std::size_t height, char depth, char colours,
                   const std::string& data, char interlaced = 0) {
  return "\x89PNG\x0d\x0a\x1a\x0a" +
         png_chunk("IHDR", big(width) + big(height) + depth + colours + "\0\0"s + interlaced) +
         png_chunk("IDAT", data) + png_chunk("IEND", "");
}

void add_png_bombs(std::vector<HostileFile>& files) {
  const std::string plain = encode_png(small());
  const std::string body = plain.substr(33);
  files.push_back({"claim.png", png_of(kLongest, kLongest, 8, 2, ""), "too_many_pixels"});
  files.push_back({"flat.png",
                   png_of(kWidth, kHeight, 8, 2, compressed_zeros(kHeight * (1 + 3 * kWidth))),
                   "stored"});
  files.push_back({"deep.png",
                   png_of(kWidth, kHeight, 16, 6, compressed_zeros(kHeight * (1 + 8 * kWidth))),
                   "too_many_pixels"});
  files.push_back({"bits.png",
                   png_of(kWidth, kHeight, 1, 0, compressed_zeros(kHeight * (1 + kWidth / 8))),
                   "stored"});
  // Seven passes (PNG specification, 8.2): each row of one costs a byte more.
  files.push_back(
      {"interlaced.png",
       png_of(kWidth, kHeight, 8, 0, compressed_zeros(kHeight * kWidth + kHeight / 8 * 15), 1),
       "stored"});
  files.push_back(
      {"more_rows.png", png_of(8, 8, 8, 0, compressed_zeros(std::size_t{4} << 30U)), "malformed"});
  files.push_back({"chunks.png",
                   plain.substr(0, 33) + repeated(png_chunk("IDAT", ""), kLargestFile) + body,
                   "stored"});
  files.push_back({"unknown.png",
                   plain.substr(0, 33) + repeated(png_chunk("leAk", ""), kLargestFile) + body,
                   "stored"});
}

// ---- WebP

std::string riff(std::string_view chunks) {
  return "RIFF" + little(4 + chunks.size()) + "WEBP" + std::string(chunks);
}

// A picture of one colour takes no bits: its sides can be any, up to 16,384.
std::string flat_vp8l(std::size_t width, std::size_t height) {
  const std::string one = encode_webp(draw_flat(8, 8), {}, {.lossless = true});
  std::string data = one.substr(20);
  std::size_t bits = 0;
  for (std::size_t i = 4; i > 0; --i) {
    bits = bits << 8U | static_cast<unsigned char>(data[i]);
  }
  bits = (bits & ~std::size_t{0xfffffff}) | (width - 1) | (height - 1) << 14U;
  data.replace(1, 4, little(bits));
  return riff_chunk("VP8L", data);
}

std::string webp_canvas(std::size_t width, std::size_t height, char flags) {
  return riff_chunk("VP8X", flags + "\0\0\0"s + little(width - 1, 3) + little(height - 1, 3));
}

std::string animated_webp(std::size_t frames, std::size_t side) {
  const std::string frame =
      riff_chunk("ANMF", little(0, 6) + little(side - 1, 3) + little(side - 1, 3) + little(10, 3) +
                             '\0' + flat_vp8l(side, side));
  return riff(webp_canvas(side, side, 2) + riff_chunk("ANIM", "\xff\xff\xff\xff\0\0"s) +
              repeated(frame, frames * frame.size()));
}

void add_webp_bombs(std::vector<HostileFile>& files) {
  files.push_back({"claim.webp", riff(flat_vp8l(16'384, 16'384)), "too_many_pixels"});
  files.push_back({"canvas.webp", riff(webp_canvas(1U << 24U, 1U << 24U, 0) + flat_vp8l(8, 8)),
                   "unsupported_variant"});
  files.push_back({"flat.webp", riff(flat_vp8l(kWidth, kHeight)), "stored"});
  files.push_back({"chunks.webp",
                   riff(webp_canvas(8, 8, 0) + flat_vp8l(8, 8) +
                        repeated(riff_chunk("LEAK", ""), kLargestFile)),
                   "stored"});
}

// ---- GIF

// One colour as LZW says it in the fewest codes: each string is longer than the last by one.
std::string flat_lzw(std::uint64_t pixels) {
  constexpr unsigned kClear = 4;
  constexpr unsigned kEnd = 5;
  constexpr unsigned kTable = 4'096;
  std::string data;
  std::uint64_t bits = 0;
  unsigned held = 0;
  const auto put = [&](unsigned code, unsigned width) {
    bits |= std::uint64_t{code} << held;
    for (held += width; held >= 8; held -= 8, bits >>= 8U) {
      data += static_cast<char>(bits);
    }
  };
  unsigned width = 3;
  while (pixels > 0) {
    put(kClear, width);
    width = 3;
    put(0, width);
    --pixels;
    for (unsigned next = kEnd + 1; next < kTable && pixels > 0; ++next) {
      const std::uint64_t length = std::min<std::uint64_t>(pixels, next - kEnd + 1);
      put(length == 1 ? 0 : static_cast<unsigned>(length) + kEnd - 1, width);
      pixels -= length;
      width += next + 1 == 1U << width && width < 12 ? 1U : 0U;
    }
  }
  put(kEnd, width);
  put(0, 7);
  return data;
}

std::string sub_blocks(std::string_view data) {
  std::string chain;
  for (; !data.empty(); data = data.substr(std::min<std::size_t>(data.size(), 255))) {
    const std::string_view part = data.substr(0, 255);
    chain += static_cast<char>(part.size());
    chain += part;
  }
  return chain + '\0';
}

std::string gif_frame(std::size_t width, std::size_t height) {
  return "\x2c\0\0\0\0"s + little(width, 2) + little(height, 2) + "\0\2"s +
         sub_blocks(flat_lzw(std::uint64_t{width} * height));
}

std::string gif_of(std::size_t width, std::size_t height, std::string_view blocks) {
  return "GIF89a" + little(width, 2) + little(height, 2) + "\x81\0\0"s +
         "\0\0\0\x7f\x7f\x7f\xff\xff\xff\xff\xff\xff"s + std::string(blocks) + '\x3b';
}

void add_gif_bombs(std::vector<HostileFile>& files) {
  files.push_back({"claim.gif", gif_of(kLongest, kLongest, gif_frame(8, 8)), "too_many_pixels"});
  files.push_back({"flat.gif", gif_of(kWidth, kHeight, gif_frame(kWidth, kHeight)), "stored"});
  files.push_back({"comments.gif",
                   gif_of(8, 8, repeated("\x21\xfe\0"s, kLargestFile) + gif_frame(8, 8)),
                   "stored"});
  files.push_back(
      {"clears.gif",
       gif_of(8, 8,
              "\x2c\0\0\0\0\x08\0\x08\0\0\7"s + sub_blocks(std::string(kLargestFile, '\x80'))),
       "malformed"});
}

// ---- Animations

std::string animated_png(std::size_t frames, std::size_t width, std::size_t height) {
  const std::string data = compressed_zeros(height * (1 + width));
  const auto control = [&](std::size_t number) {
    return png_chunk("fcTL", big(number) + big(width) + big(height) + std::string(8, '\0') +
                                 "\0\x01\0\x0a\0\0"s);
  };
  std::string file = "\x89PNG\x0d\x0a\x1a\x0a" +
                     png_chunk("IHDR", big(width) + big(height) + "\x08\0\0\0\0"s) +
                     png_chunk("acTL", big(frames) + big(0)) + control(0) + png_chunk("IDAT", data);
  for (std::size_t i = 1; i < frames; ++i) {
    file += control(2 * i - 1) + png_chunk("fdAT", big(2 * i) + data);
  }
  return file + png_chunk("IEND", "");
}

}  // namespace

std::string compressed_zeros(std::size_t count) {
  constexpr std::size_t kBlock = 1U << 20U;
  const auto deflated = [](std::size_t size, int flush) {
    z_stream stream{};
    if (deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::runtime_error("zlib did not start");
    }
    std::string zeros(size, '\0');
    std::string packed(size / 500 + 100, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
    stream.avail_in = static_cast<uInt>(size);
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, flush);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
  };
  // Blocks that were flushed in full know nothing of one another.
  const std::string block = deflated(kBlock, Z_FULL_FLUSH);
  constexpr std::size_t kAdlerBase = 65'521;
  return "\x78\xda" + repeated(block, count / kBlock * block.size()) +
         deflated(count % kBlock, Z_FINISH) + big(count % kAdlerBase << 16U | 1U);
}

std::vector<HostileFile> bombs() {
  std::vector<HostileFile> files;
  add_jpeg_bombs(files);
  add_png_bombs(files);
  add_webp_bombs(files);
  add_gif_bombs(files);
  for (const HostilePart* part : {&hostile_heif(), &hostile_tiff()}) {
    files.insert(files.end(), part->bombs.begin(), part->bombs.end());
  }
  return files;
}

std::vector<HostileFile> sides_and_sizes() {
  const std::string jpeg = encode_jpeg(small());
  const std::string png = encode_png(small());
  const std::string webp = encode_webp(small());
  std::vector<HostileFile> files{
      {"wide.jpg", encode_jpeg(draw_flat(kLongest - 35, 1)), "stored"},  // libjpeg's most: 65,500.
      {"high.jpg", encode_jpeg(draw_flat(1, kLongest - 35)), "stored"},
      {"wider.jpg", with_sides(encode_jpeg(draw_flat(kLongest - 35, 1)), '\xc0', kLongest, 1),
       "malformed"},
      {"higher.jpg", with_sides(encode_jpeg(draw_flat(1, kLongest - 35)), '\xc0', 1, kLongest),
       "malformed"},
      {"wide.png", encode_png(draw_flat(kLongest, 1)), "stored"},
      {"high.png", encode_png(draw_flat(1, kLongest)), "stored"},
      {"wider.png", encode_png(draw_flat(kLongest + 1, 1)), "unsupported_variant"},
      {"endless.png", png_of(0xffffffff, 0xffffffff, 8, 2, ""), "unsupported_variant"},
      {"endless_wide.png", png_of(0x7fffffff, 1, 16, 6, ""), "unsupported_variant"},
      {"wide.gif", gif_of(kLongest, 1, gif_frame(kLongest, 1)), "stored"},
      {"high.gif", gif_of(1, kLongest, gif_frame(1, kLongest)), "stored"},
      {"frame.gif", gif_of(8, 8, gif_frame(8, 8) + gif_frame(kLongest, kLongest)),
       "too_many_pixels"},
      {"wide.webp", riff(flat_vp8l(16'384, 1)), "stored"},
      {"segment.jpg", std::string(jpeg).insert(2, "\xff\xe1\xff\xff"s), "malformed"},
      {"no_length.jpg", std::string(jpeg).insert(2, "\xff\xe1\0\1"s), "malformed"},
      {"chunk.png", std::string(png).insert(33, "\xff\xff\xff\xfftEXt"s), "malformed"},
      {"size.webp", std::string(webp).replace(4, 4, "\xff\xff\xff\xff"), "stored"},
      {"chunk.webp", std::string(webp).replace(16, 4, "\xff\xff\xff\xff"), "malformed"}};
  for (const HostilePart* part : {&hostile_heif(), &hostile_tiff()}) {
    files.insert(files.end(), part->sides_and_sizes.begin(), part->sides_and_sizes.end());
  }
  return files;
}

std::vector<HostileFile> many_frames() {
  constexpr std::size_t kFrames = 10'000;
  constexpr std::size_t kAllowed = 1'000;
  const std::string dots = repeated(gif_frame(1, 1), kFrames * gif_frame(1, 1).size());
  const std::string large = gif_frame(kWidth, kHeight);
  return {{"dots.gif", gif_of(1, 1, dots), "too_many_frames"},
          {"dots.png", animated_png(kFrames, 1, 1), "too_many_frames"},
          {"dots.webp", animated_webp(kFrames, 1), "too_many_frames"},
          {"large.gif", gif_of(kWidth, kHeight, repeated(large, kLargestFile)), "stored"},
          {"large.png", animated_png(200, kWidth, kHeight), "stored"},
          {"large.webp", animated_webp(kAllowed, 8'000), "stored"},
          {"many.webp", animated_webp(kAllowed, 500), "stored"}};
}

std::vector<HostileFile> largest_photos() {
  constexpr int kPhoneWidth = 16'320;
  constexpr std::size_t kRows = 765;  // Of 16 pixels.
  const Picture rows = with_noise(scaled(draw_scene(1, 2'040, 16), kPhoneWidth, 16), 1);
  return {{"baseline.jpg", tall_jpeg(rows, kRows, {.quality = 75}), "stored"},
          {"progressive.jpg", starved_progressive(kPhoneWidth, 16 * kRows, 400'000), "bomb"}};
}

}  // namespace sightingd::test
