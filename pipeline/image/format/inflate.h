#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// Reads a zlib stream (RFC 1950) that comes in pieces. It measures the stream; the output
/// goes to whoever asks for it, or nowhere.
class Inflater {
 public:
  enum class End {
    Complete,   ///< With its checksum.
    Truncated,  ///< It needs more input.
    Damaged,    ///< It cannot be read, or says more than was allowed.
  };

  /// Output beyond `most` bytes is Damaged.
  explicit Inflater(std::uint64_t most);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Takes the next piece, appends what comes out to `output` when there is one, and returns
  /// how many bytes of the piece belong to the stream.
  std::size_t feed(std::string_view piece, std::string* output = nullptr);

  End end() const { return end_; }
  std::uint64_t produced() const { return produced_; }

 private:
  class Stream;
  std::unique_ptr<Stream> stream_;
  std::uint64_t most_;
  std::uint64_t produced_ = 0;
  End end_ = End::Truncated;
};

/// Inflates a whole stream; nothing when it is damaged, cut or says more than `most` bytes.
std::optional<std::string> inflate_whole(std::string_view stream, std::size_t most);

/// What may still be inflated of one file, over all the streams that are not its picture.
/// A stream takes off what it produced, whether it was whole or not.
class InflateAllowance {
 public:
  explicit InflateAllowance(std::size_t total) : left_(total) {}

  /// inflate_whole() of at most `most` bytes, within what is left.
  std::optional<std::string> inflate(std::string_view stream, std::size_t most);

  std::size_t left() const { return left_; }

 private:
  std::size_t left_;
};

/// Writes zlib streams, one after another, of content that comes in pieces.
class Deflater {
 public:
  Deflater();
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  /// Takes the next piece, and appends what comes out to `output`.
  void feed(std::string_view piece, std::string& output);

  /// Ends the stream; what is fed next begins another one.
  void finish(std::string& output);

 private:
  class Stream;
  void run(std::string_view piece, bool is_last, std::string& output);

  std::unique_ptr<Stream> stream_;
};

/// Deflates into a stream of its own, at zlib's usual level: its best one takes seconds for some
/// MiB that are made for it.
std::string deflate_whole(std::string_view content);

}  // namespace sightingd
