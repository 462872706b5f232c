#include "pipeline/image/format/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace sightingd {
namespace {

const Bytef* as_bytes(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

}  // namespace

class Inflater::Stream {
 public:
  Stream() {
    if (inflateInit(&zlib) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Stream() { inflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream zlib{};
  std::array<Bytef, 32768> window{};
};

Inflater::Inflater(std::uint64_t most) : stream_(std::make_unique<Stream>()), most_(most) {}

Inflater::~Inflater() = default;

std::size_t Inflater::feed(std::string_view piece, std::string* output) {
  z_stream& zlib = stream_->zlib;
  // Pieces come from files of at most some MiB, far below 4 GiB.
  zlib.next_in = const_cast<Bytef*>(as_bytes(piece));
  zlib.avail_in = static_cast<uInt>(piece.size());
  while (end_ == End::Truncated) {
    zlib.next_out = stream_->window.data();
    zlib.avail_out = static_cast<uInt>(stream_->window.size());
    const int status = inflate(&zlib, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    }
    const std::size_t count = stream_->window.size() - zlib.avail_out;
    produced_ += count;
    if ((status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) || produced_ > most_) {
      end_ = End::Damaged;
      break;
    }
    if (output != nullptr) {
      output->append(reinterpret_cast<const char*>(stream_->window.data()), count);
    }
    if (status == Z_STREAM_END) {
      end_ = End::Complete;
    } else if (count == 0) {
      break;  // More input is needed.
    }
  }
  return piece.size() - zlib.avail_in;
}

std::optional<std::string> inflate_whole(std::string_view stream, std::size_t most) {
  Inflater inflater(most);
  std::string content;
  inflater.feed(stream, &content);
  if (inflater.end() != Inflater::End::Complete) {
    return std::nullopt;
  }
  return content;
}

std::optional<std::string> InflateAllowance::inflate(std::string_view stream, std::size_t most) {
  Inflater inflater(std::min(most, left_));
  std::string content;
  inflater.feed(stream, &content);
  left_ -= std::min<std::uint64_t>(left_, inflater.produced());
  if (inflater.end() != Inflater::End::Complete) {
    return std::nullopt;
  }
  return content;
}

class Deflater::Stream {
 public:
  Stream() {
    if (deflateInit(&zlib, Z_DEFAULT_COMPRESSION) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Stream() { deflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream zlib{};
  std::array<Bytef, 32768> window{};
};

Deflater::Deflater() : stream_(std::make_unique<Stream>()) {}

Deflater::~Deflater() = default;

void Deflater::feed(std::string_view piece, std::string& output) { run(piece, false, output); }

void Deflater::finish(std::string& output) {
  run({}, true, output);
  deflateReset(&stream_->zlib);
}

void Deflater::run(std::string_view piece, bool is_last, std::string& output) {
  z_stream& zlib = stream_->zlib;
  zlib.next_in = const_cast<Bytef*>(as_bytes(piece));
  zlib.avail_in = static_cast<uInt>(piece.size());
  do {
    zlib.next_out = stream_->window.data();
    zlib.avail_out = static_cast<uInt>(stream_->window.size());
    deflate(&zlib, is_last ? Z_FINISH : Z_NO_FLUSH);
    output.append(reinterpret_cast<const char*>(stream_->window.data()),
                  stream_->window.size() - zlib.avail_out);
  } while (zlib.avail_out == 0);
}

std::string deflate_whole(std::string_view content) {
  uLongf size = compressBound(content.size());
  std::string stream(size, '\0');
  if (compress(reinterpret_cast<Bytef*>(stream.data()), &size, as_bytes(content), content.size()) !=
      Z_OK) {
    throw std::bad_alloc();  // The buffer has room: nothing else can go wrong.
  }
  stream.resize(size);
  return stream;
}

}  // namespace sightingd
