#include "pipeline/image/format/jpeg/jpeg_file.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/jpeg/jpeg_markers.h"
#include "pipeline/image/format/jpeg/jpeg_scans.h"
#include "pipeline/image/format/jpeg/jpeg_tables.h"
#include "pipeline/image/format/limits.h"
#include "pipeline/image/metadata/icc_profile.h"

#include <algorithm>
#include <map>

namespace sightingd {
namespace {

// Encoders use about ten scans.
constexpr std::size_t kMostScans = 100;

// Up to four before each. Millions of empty ones would take memory for nothing.
constexpr std::size_t kMostTableSegments = 1'000;
// Of DAC: four tables for DC and four for AC, of two bytes each, and some again.
constexpr std::size_t kLongestConditioning = 64;

// What a decoder may visit in all scans: a scan of a progressive picture may say next to nothing,
// and still it costs a look at each of its blocks. 25 scans of 80 million pixels, half a second.
constexpr std::uint64_t kMostBlockVisits = 32U << 20U;

// The most content of one segment, after its length.
constexpr std::size_t kLongestContent = 65'533;

void append_segment(std::string& file, std::uint8_t marker, std::string_view content) {
  file += '\xff';
  file += static_cast<char>(marker);
  append_big16(file, content.size() + 2);
  file += content;
}

void append_tables(std::string& file, std::uint8_t marker,
                   const std::vector<std::string_view>& tables) {
  std::string content;
  for (const std::string_view table : tables) {
    content += table;
  }
  append_segment(file, marker, content);
}

void append_jfif(std::string& file) {
  // Version 1.01, square pixels, no thumbnail.
  constexpr std::string_view kContent("JFIF\0\x01\x01\0\0\x01\0\x01\0\0", 14);
  append_segment(file, jpeg::kApp0, kContent);
}

void append_adobe(std::string& file, std::uint8_t transform) {
  std::string content(jpeg::kAdobe);
  append_big16(content, 100);  // DCTEncodeVersion
  append_big32(content, 0);    // Flags: none.
  content += static_cast<char>(transform);
  append_segment(file, jpeg::kApp14, content);
}

void append_icc(std::string& file, std::string_view profile) {
  const std::size_t part = kLongestContent - jpeg::kIcc.size() - 2;
  const std::size_t parts = (profile.size() + part - 1) / part;
  for (std::size_t i = 0; i < parts; ++i) {
    std::string content(jpeg::kIcc);
    content += static_cast<char>(i + 1);
    content += static_cast<char>(parts);
    content += profile.substr(i * part, part);
    append_segment(file, jpeg::kApp2, content);
  }
}

// Where the entropy-coded data that begins at `at` ends: at the first marker that is not a
// restart, or at the end of the file.
std::size_t end_of_scan(std::string_view bytes, std::size_t at) {
  for (;;) {
    const std::size_t marker = bytes.find('\xff', at);
    if (marker == std::string_view::npos) {
      return bytes.size();
    }
    const std::size_t code_at = bytes.find_first_not_of('\xff', marker);
    if (code_at == std::string_view::npos) {
      return marker;
    }
    const std::uint8_t code = byte_at(bytes, code_at);
    if (code != 0 && (code < jpeg::kRst0 || code > jpeg::kRst7)) {
      return marker;
    }
    at = code_at + 1;
  }
}

// The pieces of one thing that was cut over several segments, by their place.
using Pieces = std::map<std::size_t, std::string_view>;

// Joins pieces that were numbered from 1; nothing when one is missing.
std::string join_numbered(const Pieces& pieces, std::size_t count) {
  std::string whole;
  std::size_t next = 1;
  for (const auto& [number, piece] : pieces) {
    if (number != next++) {
      return {};
    }
    whole += piece;
  }
  return pieces.size() == count ? whole : std::string();
}

// Joins pieces that were placed by offset; nothing when they leave a hole.
std::string join_placed(const Pieces& pieces, std::size_t size) {
  std::string whole;
  for (const auto& [offset, piece] : pieces) {
    if (offset != whole.size() || piece.size() > size - whole.size()) {
      return {};
    }
    whole += piece;
  }
  return whole.size() == size ? whole : std::string();
}

}  // namespace

// One walk over the segments of a file, as a decoder would take it.
class JpegWalk {
 public:
  JpegWalk(std::string_view bytes, const ImageLimits& limits) : bytes_(bytes), limits_(limits) {}

  OrReject<JpegFile> run() {
    while (!done_) {
      if (const auto reason = step()) {
        return *reason;
      }
    }
    if (scans_ == 0 || is_starved()) {
      return RejectReason::Malformed;
    }
    keep_pieces();
    file_.icc_ = kept_colour_profile(join_numbered(icc_, icc_count_));
    add_photoshop(file_.carriers_, photoshop_);
    add_extended_xmp();
    return std::move(file_);
  }

 private:
  using Step = std::optional<RejectReason>;

  // Takes the next marker; bytes between segments are skipped as decoders do.
  Step step() {
    const std::size_t marker = bytes_.find('\xff', at_);
    const std::size_t code_at =
        marker == std::string_view::npos ? marker : bytes_.find_first_not_of('\xff', marker);
    if (code_at == std::string_view::npos) {
      done_ = true;
      return {};
    }
    const std::uint8_t code = byte_at(bytes_, code_at);
    at_ = code_at + 1;
    if (code == jpeg::kEoi) {
      done_ = true;
      return {};
    }
    if (code == jpeg::kSoi) {
      return RejectReason::Malformed;
    }
    return jpeg::stands_alone(code) ? Step() : segment(code, code_at - 1);
  }

  Step segment(std::uint8_t code, std::size_t begin) {
    const std::size_t length = big16(bytes_, at_);
    const bool is_cut = at_ + std::max<std::size_t>(length, 2) > bytes_.size();
    if (length < 2 || (is_cut && scans_ == 0)) {
      return RejectReason::Malformed;
    }
    if (is_cut) {
      done_ = true;
      return {};
    }
    const std::string_view content = bytes_.substr(at_ + 2, length - 2);
    const std::string_view whole = bytes_.substr(begin, 2 + length);
    at_ += length;
    switch (code) {
      case jpeg::kDht:
      case jpeg::kDac:
      case jpeg::kDqt:
      case jpeg::kDri:
        return tables(code, content);
      case jpeg::kSos:
        return scan(content, whole);
      case jpeg::kJpg:
      case jpeg::kDhp:
        return RejectReason::UnsupportedVariant;
      default:
        break;
    }
    if (code >= jpeg::kSof0 && code <= jpeg::kSof15) {
      return frame(code, content, whole);
    }
    is_jpeg_ls_ |= code == jpeg::kSof55;
    application(code, content);
    return {};
  }

  // Gray, three colours, or four inks. What two or five components are is not said anywhere.
  static bool has_colours(std::string_view frame) {
    const std::uint8_t components = byte_at(frame, 5);
    return components == 1 || components == 3 || components == 4;
  }

  // A height of zero would be said behind the first scan (DNL).
  Step frame(std::uint8_t code, std::string_view content, std::string_view whole) {
    const bool is_known = code == jpeg::kSof0 || code == jpeg::kSof1 || code == jpeg::kSof2 ||
                          code == jpeg::kSof9 || code == jpeg::kSof10;
    if (!is_known || byte_at(content, 0) != 8 || big16(content, 1) == 0 || !has_colours(content)) {
      return RejectReason::UnsupportedVariant;
    }
    auto scans = JpegScans::of_frame(code, content);
    if (frame_ || !scans) {
      return RejectReason::Malformed;
    }
    file_.width_ = scans->width();
    file_.height_ = scans->height();
    if (const auto reason = oversized(file_.width_, file_.height_, limits_)) {
      return *reason;
    }
    frame_ = std::move(scans);
    pieces_.push_back({whole, 0});
    return {};
  }

  Step tables(std::uint8_t code, std::string_view content) {
    const bool is_long = code == jpeg::kDac && content.size() > kLongestConditioning;
    if (is_long || !tables_.add(code, content) || tables_.segments().size() > kMostTableSegments) {
      return RejectReason::Malformed;
    }
    pieces_.push_back({{}, tables_.segments().size() - 1});
    return {};
  }

  // A scan that codes what earlier ones did is skipped: behind a whole picture anything could
  // stand in it.
  Step scan(std::string_view content, std::string_view header) {
    if (!frame_ && is_jpeg_ls_) {
      return RejectReason::UnsupportedVariant;
    }
    const auto scan = frame_ ? frame_->read(content) : std::nullopt;
    if (!scan) {
      return RejectReason::Malformed;
    }
    const std::size_t begin = at_;
    at_ = end_of_scan(bytes_, begin);
    if (!frame_->add(*scan)) {
      return {};
    }
    block_visits_ += frame_->blocks(*scan);
    if (++scans_ > kMostScans || (scans_ > 1 && block_visits_ > kMostBlockVisits)) {
      return RejectReason::Malformed;
    }
    if (scan->parts[0].component == 0 && first_scan_ == 0) {
      first_scan_ = at_ - begin;
    }
    tables_.use(*frame_, *scan);
    pieces_.push_back({{header.data(), header.size() + (at_ - begin)}, 0});
    return {};
  }

  // Of the tables, those that a scan uses.
  void keep_pieces() {
    for (const auto& [whole, segment] : pieces_) {
      if (!whole.empty()) {
        file_.coded_.push_back({.whole = whole});
      } else if (const auto& tables = tables_.segments()[segment]; tables.is_used()) {
        JpegFile::Piece piece{.marker = tables.marker};
        for (const auto& table : tables.tables) {
          if (table.is_used) {
            piece.parts.push_back(table.bytes);
          }
        }
        file_.coded_.push_back(std::move(piece));
      }
    }
  }

  void application(std::uint8_t code, std::string_view content) {
    if (code == jpeg::kApp0 && content.starts_with(jpeg::kJfif) && content.size() >= 14 &&
        scans_ == 0) {
      file_.has_jfif_ = true;
    } else if (code == jpeg::kApp1) {
      exif_or_xmp(content);
    } else if (code == jpeg::kApp2 && content.starts_with(jpeg::kIcc)) {
      icc_count_ = byte_at(content, jpeg::kIcc.size() + 1);
      icc_.emplace(byte_at(content, jpeg::kIcc.size()), slice(content, jpeg::kIcc.size() + 2));
    } else if (code == jpeg::kApp11 && content.starts_with("JP")) {
      // A JUMBF box (ISO/IEC 19566-5); its description box names the manifest store.
      constexpr std::size_t kDescriptionEnds = 64;
      file_.carriers_.has_c2pa |=
          content.substr(0, kDescriptionEnds).find("c2pa") != std::string_view::npos;
    } else if (code == jpeg::kApp13 && content.starts_with(jpeg::kPhotoshop)) {
      // Resources that do not fit into one segment go on in the next one.
      const std::string_view resources = content.substr(jpeg::kPhotoshop.size());
      if (resources.size() <= kLargestCarrier - photoshop_.size()) {
        photoshop_ += resources;
      }
    } else if (code == jpeg::kApp14 && content.starts_with(jpeg::kAdobe) && content.size() >= 12 &&
               scans_ == 0) {
      file_.adobe_transform_ = byte_at(content, 11);
    }
  }

  void exif_or_xmp(std::string_view content) {
    if (content.starts_with(jpeg::kExif)) {
      add_exif(file_.carriers_, content);
    } else if (content.starts_with(jpeg::kXmp)) {
      add_xmp(file_.carriers_, content.substr(jpeg::kXmp.size()));
    } else if (content.starts_with(jpeg::kExtendedXmp)) {
      extended_xmp(content.substr(jpeg::kExtendedXmp.size()));
    }
  }

  // XMP specification part 3, 1.1.3.1: digest, whole size, offset, then the piece.
  void extended_xmp(std::string_view content) {
    constexpr std::size_t kDigest = 32;
    constexpr std::size_t kHeader = kDigest + 8;
    const std::size_t size = big32(content, kDigest);
    const std::string_view digest = content.substr(0, kDigest);
    const bool is_one_too_many =
        extended_xmp_.size() == kMostCarriers && !extended_xmp_.contains(digest);
    if (content.size() <= kHeader || size > kLargestCarrier || is_one_too_many) {
      return;
    }
    Extension& extension = extended_xmp_[digest];
    extension.size = size;
    extension.pieces.emplace(big32(content, kDigest + 4), content.substr(kHeader));
  }

  // A packet names the digest of its extension. One that it does not name is left over from before
  // a program wrote the packet afresh, and may say what is true no more.
  void add_extended_xmp() {
    const std::vector<std::string> packets = file_.carriers_.xmp;
    for (const auto& [digest, extension] : extended_xmp_) {
      const auto names_it = [digest = digest](const std::string& packet) {
        return packet.find(digest) != std::string::npos;
      };
      if (packets.empty() || std::ranges::any_of(packets, names_it)) {
        add_xmp(file_.carriers_, join_placed(extension.pieces, extension.size));
      }
    }
  }

  // Every 8x8 block of the first component costs a bit or more in its first scan. A file
  // with less is a header that claims a large picture, at the price of decoding one.
  // Arithmetic coding says a whole flat picture in some bytes.
  bool is_starved() const {
    const std::uint64_t least = frame_->is_arithmetic() ? 1 : frame_->components()[0].blocks;
    return first_scan_ * 8 < least;
  }

  // A frame or scan as it stands in the file; an empty one stands for the tables of `segment`.
  struct WalkedPiece {
    std::string_view whole;
    std::size_t segment = 0;
  };

  std::string_view bytes_;
  ImageLimits limits_;
  JpegFile file_;
  std::size_t at_ = 2;
  bool done_ = false;
  std::optional<JpegScans> frame_;
  bool is_jpeg_ls_ = false;
  std::size_t scans_ = 0;
  std::uint64_t block_visits_ = 0;
  std::uint64_t first_scan_ = 0;  // Bytes of the first one of the first component.
  JpegTables tables_;
  std::vector<WalkedPiece> pieces_;
  Pieces icc_;
  std::size_t icc_count_ = 0;
  struct Extension {
    Pieces pieces;
    std::size_t size = 0;
  };
  std::map<std::string_view, Extension> extended_xmp_;  // By digest.
  std::string photoshop_;
};

OrReject<JpegFile> JpegFile::parse(std::string_view bytes, const ImageLimits& limits) {
  return JpegWalk(bytes, limits).run();
}

std::string JpegFile::stripped(Orientation orientation) const {
  std::size_t size = icc_.size() + icc_.size() / 1000 + 512;
  for (const Piece& piece : coded_) {
    size += piece.whole.size() + 4;
    for (const std::string_view part : piece.parts) {
      size += part.size();
    }
  }
  std::string file;
  file.reserve(size);
  file += "\xff\xd8";
  if (has_jfif_) {
    append_jfif(file);
  }
  if (orientation != Orientation::Upright) {
    append_segment(file, jpeg::kApp1, std::string(jpeg::kExif) + orientation_block(orientation));
  }
  if (!icc_.empty()) {
    append_icc(file, icc_);
  }
  if (adobe_transform_) {
    append_adobe(file, *adobe_transform_);
  }
  for (const Piece& piece : coded_) {
    file += piece.whole;
    if (!piece.parts.empty()) {
      append_tables(file, piece.marker, piece.parts);
    }
  }
  file += "\xff\xd9";
  return file;
}

}  // namespace sightingd
