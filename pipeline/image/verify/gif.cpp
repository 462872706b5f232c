#include "pipeline/image/verify/verifiers.h"

#include "pipeline/image/verify/eater.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd::verify {
namespace {

using namespace std::string_view_literals;

std::size_t colours_after(std::uint64_t flags) {
  return flags >= 0x80 ? std::size_t{3} << ((flags & 7U) + 1) : 0;
}

// Whether the compressed rows of a frame (GIF89a, appendix F) make so many pixels with their last
// code, but for an end code, and end in the last byte. Strings are counted by what they extend.
bool rows_fill(std::string_view data, std::uint64_t least_size, std::uint64_t pixels) {
  if (least_size < 2 || least_size > 8) {
    return false;
  }
  const std::uint64_t clear = 1U << least_size;
  std::vector<std::uint64_t> lengths;  // Of the codes above the end code.
  std::optional<std::uint64_t> before;
  std::uint64_t bit = 0;
  std::uint64_t made = 0;
  const auto table = [&] { return clear + 2 + lengths.size(); };
  const auto width = [&] {
    std::uint64_t wide = least_size + 1;
    while (wide < 12 && table() >= 1ULL << wide) {
      ++wide;
    }
    return wide;
  };
  const auto read = [&](std::uint64_t bits) {
    std::uint64_t code = 0;
    for (std::uint64_t i = 0; i < bits; ++i, ++bit) {
      code |= (static_cast<std::uint64_t>(data[bit / 8]) >> bit % 8 & 1U) << i;
    }
    return code;
  };
  while (bit + width() <= data.size() * 8 && made < pixels) {
    const std::uint64_t code = read(width());
    if (code == clear) {
      lengths.clear();
      before.reset();
      continue;
    }
    if (before && table() < 4096) {
      lengths.push_back(*before + 1);
    }
    if (code == clear + 1 || code >= table() || (!before && code > clear)) {
      return false;
    }
    before = code < clear ? 1 : lengths[code - clear - 2];
    made += *before;
  }
  if (bit + width() <= data.size() * 8) {
    const std::uint64_t behind = bit;
    bit = read(width()) == clear + 1 ? bit : behind;
  }
  return made >= pixels && (bit + 7) / 8 == data.size();
}

bool verify_gif_frame(Eater& eater) {
  eater.take_little(4);  // Its place.
  const std::uint64_t width = eater.take_little(2);
  const std::uint64_t height = eater.take_little(2);
  eater.take(colours_after(eater.take_big(1)));
  const std::uint64_t least_size = eater.take_big(1);
  std::string data;
  for (;;) {
    const std::string_view block = eater.take(eater.take_big(1));
    if (block.empty()) {
      return !eater.failed() && rows_fill(data, least_size, width * height);
    }
    data += block;
  }
}

}  // namespace

bool is_bare_gif(std::string_view file) {
  Eater eater(file);
  bool has_loop = false;
  bool has_control = false;  // Which the next frame must follow.
  if (!eater.eat("GIF89a") && !eater.eat("GIF87a")) {
    return false;
  }
  eater.take(4);
  const std::uint64_t screen_flags = eater.take_big(1);
  eater.take(2 + colours_after(screen_flags));
  while (!eater.eat(";")) {
    if (eater.eat("\x21\xf9\x04"sv)) {
      eater.take(4);
      if (std::exchange(has_control, true) || !eater.eat("\0"sv)) {
        return false;
      }
    } else if (eater.eat("\x21\xff\x0bNETSCAPE2.0\x03\x01"sv)) {
      eater.take(2);
      if (std::exchange(has_loop, true) || has_control || !eater.eat("\0"sv)) {
        return false;
      }
    } else if (eater.eat(","sv)) {
      has_control = false;
      if (!verify_gif_frame(eater)) {
        return false;
      }
    } else {
      return false;
    }
  }
  return eater.is_done() && !has_control;
}

}  // namespace sightingd::verify
