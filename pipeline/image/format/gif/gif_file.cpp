#include "pipeline/image/format/gif/gif_file.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/gif/gif_rows.h"
#include "pipeline/image/format/limits.h"

#include <utility>

namespace sightingd {
namespace {

constexpr std::uint8_t kExtension = 0x21;
constexpr std::uint8_t kImage = 0x2c;
constexpr std::uint8_t kTrailer = 0x3b;
constexpr std::uint8_t kGraphicControl = 0xf9;
constexpr std::uint8_t kApplication = 0xff;

constexpr std::size_t kScreenEnds = 13;
constexpr std::size_t kControlSize = 8;      // 21 f9 04, four bytes, 00
constexpr std::size_t kDescriptorSize = 10;  // 2c, place and size, flags

constexpr std::string_view kXmpApplication = "XMP DataXMP";

// Bytes of the colour table that these flags announce.
std::size_t colour_table_size(std::uint8_t flags) {
  return (flags & 0x80U) != 0 ? std::size_t{3} << ((flags & 7U) + 1) : 0;
}

void append_loops(std::string& file, std::uint16_t loops) {
  file += "\x21\xff\x0bNETSCAPE2.0";
  file += "\x03\x01";
  append_little16(file, loops);
  file += '\0';
}

}  // namespace

// One walk over the blocks of a file.
class GifWalk {
 public:
  GifWalk(std::string_view bytes, const ImageLimits& limits) : bytes_(bytes), limits_(limits) {}

  OrReject<GifFile> run() {
    file_.width_ = little16(bytes_, 6);
    file_.height_ = little16(bytes_, 8);
    at_ = kScreenEnds + colour_table_size(byte_at(bytes_, 10));
    const bool is_known = bytes_.starts_with("GIF89a") || bytes_.starts_with("GIF87a");
    if (!is_known || at_ > bytes_.size() || file_.width_ == 0 || file_.height_ == 0) {
      return RejectReason::Malformed;
    }
    if (const auto reason = oversized(file_.width_, file_.height_, limits_)) {
      return *reason;
    }
    file_.header_ = bytes_.substr(0, at_);
    while (!done_) {
      if (const auto reason = step()) {
        return *reason;
      }
    }
    if (count_ == 0) {
      return RejectReason::Malformed;
    }
    return std::move(file_);
  }

 private:
  using Step = std::optional<RejectReason>;

  Step step() {
    switch (byte_at(bytes_, at_)) {
      case kExtension:
        extension();
        return {};
      case kImage:
        return image();
      default:  // The trailer, the end of the file, or what no reader understands.
        done_ = true;
        return {};
    }
  }

  void extension() {
    const auto end = end_of_sub_blocks(bytes_, at_ + 2);
    if (!end) {
      done_ = true;
      return;
    }
    const std::string_view block = bytes_.substr(at_, *end - at_);
    at_ = *end;
    const std::uint8_t label = byte_at(block, 1);
    if (label == kGraphicControl) {
      // It belongs to the frame that follows.
      control_ = block.size() == kControlSize ? block : std::string_view();
    } else if (label == kApplication) {
      application(block);
    }
  }

  void application(std::string_view block) {
    constexpr std::size_t kNameAt = 3;
    const std::string_view name = slice(block, kNameAt, byte_at(block, 2));
    const std::string_view chain = slice(block, kNameAt + name.size());
    if ((name == "NETSCAPE2.0" || name == "ANIMEXTS1.0") && byte_at(chain, 0) == 3 &&
        (byte_at(chain, 1) & 7U) == 1) {
      file_.loops_ = little16(chain, 2);
    } else if (name == kXmpApplication) {
      xmp(chain);
    } else if (name.starts_with("C2PA_GIF")) {
      file_.carriers_.has_c2pa = true;
    }
  }

  // The packet stands in the file as it is, and a ramp of 257 bytes after it leads readers
  // of sub-blocks to the end (XMP specification part 3, 1.1.2). Some writers cut it into
  // proper sub-blocks instead.
  void xmp(std::string_view chain) {
    constexpr std::size_t kRamp = 258;
    if (byte_at(chain, 0) == '<' && chain.size() > kRamp) {
      add_xmp(file_.carriers_, chain.substr(0, chain.size() - kRamp));
    } else {
      add_xmp(file_.carriers_, joined_sub_blocks(chain));
    }
  }

  Step image() {
    const std::uint64_t width = little16(bytes_, at_ + 5);
    const std::uint64_t height = little16(bytes_, at_ + 7);
    const std::size_t colours = colour_table_size(byte_at(bytes_, at_ + 9));
    // After the colours comes the smallest code's size, then the compressed rows.
    const std::size_t begin = at_;
    const std::size_t chain = at_ + kDescriptorSize + colours + 1;
    const auto end = end_of_sub_blocks(bytes_, chain);
    if (!end) {
      done_ = true;
      return {};
    }
    if (const auto reason = oversized(width, height, limits_)) {
      return *reason;
    }
    at_ = *end;
    const std::string_view control = std::exchange(control_, {});
    return frame(control, bytes_.substr(begin, chain - begin), bytes_.substr(chain, *end - chain),
                 width * height);
  }

  // A frame whose rows do not fill it is none; without the first there is no picture. What
  // stands behind the rows, where decoders do not look, goes.
  Step frame(std::string_view control, std::string_view head, std::string_view chain,
             std::uint64_t pixels) {
    const std::string data = joined_sub_blocks(chain);
    const auto rows = compressed_rows(data, byte_at(head, head.size() - 1), pixels);
    if (!rows) {
      return count_ == 0 ? Step(RejectReason::Malformed) : Step();
    }
    if (++count_ > limits_.max_frames) {
      return RejectReason::TooManyFrames;
    }
    GifFile::Frame frame{control, head, chain, {}};
    if (*rows < data.size()) {
      frame.cut_chain = cut_sub_blocks(chain, *rows);
      frame.chain = {};
    }
    file_.frames_.push_back(std::move(frame));
    return {};
  }

  std::string_view bytes_;
  ImageLimits limits_;
  GifFile file_;
  std::size_t at_ = 0;
  bool done_ = false;
  std::uint32_t count_ = 0;
  std::string_view control_;
};

OrReject<GifFile> GifFile::parse(std::string_view bytes, const ImageLimits& limits) {
  if (!bytes.starts_with("GIF87a") && !bytes.starts_with("GIF89a")) {
    return RejectReason::Malformed;
  }
  return GifWalk(bytes, limits).run();
}

std::string GifFile::stripped(Orientation) const {
  std::size_t size = header_.size() + 32;
  for (const Frame& frame : frames_) {
    size += frame.control.size() + frame.head.size() + frame.chain.size() + frame.cut_chain.size();
  }
  std::string file;
  file.reserve(size);
  file += header_;
  if (loops_) {
    append_loops(file, *loops_);
  }
  for (const Frame& frame : frames_) {
    file += frame.control;
    file += frame.head;
    file += frame.chain;
    file += frame.cut_chain;
  }
  file += static_cast<char>(kTrailer);
  return file;
}

}  // namespace sightingd
