#include "pipeline/image/format/gif/gif_rows.h"

#include "pipeline/image/format/bytes.h"

#include <algorithm>
#include <array>

namespace sightingd {
namespace {

constexpr unsigned kMostCodeSize = 12;
constexpr std::size_t kTable = 1U << kMostCodeSize;

// Codes of growing width, the lowest bits first.
class CodeReader {
 public:
  explicit CodeReader(std::string_view data) : data_(data) {}

  std::optional<std::size_t> next(unsigned width) {
    while (held_ < width) {
      if (at_ == data_.size()) {
        return std::nullopt;
      }
      bits_ |= std::uint32_t{byte_at(data_, at_++)} << held_;
      held_ += 8;
    }
    const std::size_t code = bits_ & ((1U << width) - 1);
    bits_ >>= width;
    held_ -= width;
    return code;
  }

  // Bytes that hold the codes read so far.
  std::size_t used() const { return at_ - held_ / 8; }

 private:
  std::string_view data_;
  std::size_t at_ = 0;
  std::uint32_t bits_ = 0;
  unsigned held_ = 0;
};

// The table of strings, of which only the lengths are kept.
class Lengths {
 public:
  explicit Lengths(unsigned least_code_size) : clear_(std::size_t{1} << least_code_size) {
    std::fill_n(lengths_.begin(), clear_, 1U);
    reset();
  }

  std::size_t clear_code() const { return clear_; }
  std::size_t end_code() const { return clear_ + 1; }
  unsigned width() const { return width_; }

  void reset() {
    next_ = clear_ + 2;
    last_ = 0;
    width_ = 1;
    while ((std::size_t{1} << width_) < next_) {
      ++width_;
    }
  }

  // The pixels of a code that is neither clear nor end; 0 when it stands for none.
  std::uint32_t take(std::size_t code) {
    const bool is_first = last_ == 0;
    if (code > next_ || (code == next_ && is_first) || (is_first && code >= clear_)) {
      return 0;
    }
    const bool grows = !is_first && next_ < kTable;
    if (grows) {
      lengths_[next_++] = last_ + 1;
      if (next_ == std::size_t{1} << width_ && width_ < kMostCodeSize) {
        ++width_;
      }
    }
    if (code >= next_) {
      return 0;
    }
    last_ = lengths_[code];
    return last_;
  }

 private:
  std::array<std::uint32_t, kTable> lengths_{};
  std::size_t clear_;
  std::size_t next_ = 0;
  std::uint32_t last_ = 0;  // Of the code before; 0 behind a clear code.
  unsigned width_ = 0;
};

}  // namespace

std::optional<std::size_t> end_of_sub_blocks(std::string_view bytes, std::size_t at) {
  while (at < bytes.size()) {
    const std::size_t size = byte_at(bytes, at);
    at += 1 + size;
    if (size == 0) {
      return at;
    }
  }
  return std::nullopt;
}

std::string joined_sub_blocks(std::string_view chain) {
  std::string content;
  for (std::size_t at = 0; at < chain.size() && chain[at] != '\0';
       at += 1 + std::size_t{byte_at(chain, at)}) {
    content += slice(chain, at + 1, byte_at(chain, at));
  }
  return content;
}

std::string cut_sub_blocks(std::string_view chain, std::size_t size) {
  std::string cut;
  for (std::size_t at = 0; size > 0 && byte_at(chain, at) != 0;
       at += 1 + std::size_t{byte_at(chain, at)}) {
    const std::size_t part = std::min<std::size_t>(size, byte_at(chain, at));
    cut += static_cast<char>(part);
    cut += slice(chain, at + 1, part);
    size -= part;
  }
  return cut + '\0';
}

std::optional<std::size_t> compressed_rows(std::string_view data, unsigned least_code_size,
                                           std::uint64_t pixels) {
  constexpr unsigned kLeast = 2;  // GIF89a, appendix F: also of two colours.
  constexpr unsigned kMost = 8;
  if (least_code_size < kLeast || least_code_size > kMost || pixels == 0) {
    return std::nullopt;
  }
  CodeReader reader(data);
  Lengths lengths(least_code_size);
  std::uint64_t done = 0;
  while (done < pixels) {
    const auto code = reader.next(lengths.width());
    if (!code || *code == lengths.end_code()) {
      return std::nullopt;
    }
    if (*code == lengths.clear_code()) {
      lengths.reset();
      continue;
    }
    const std::uint32_t count = lengths.take(*code);
    if (count == 0) {
      return std::nullopt;
    }
    done += count;
  }
  const std::size_t used = reader.used();
  return reader.next(lengths.width()) == lengths.end_code() ? reader.used() : used;
}

}  // namespace sightingd
