#pragma once

#include "tests/support/pictures.h"

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

/// Files that are made to break whoever reads them, drawn by code: the same bytes on every machine
/// with the same codec libraries. A text that must not be stored begins with "LEAK".
namespace sightingd::test {

struct HostileFile {
  std::string name;
  std::string bytes;
  /// "stored", or why not; "" where the damage decides, or the memory that a library takes.
  std::string outcome = {};
};

/// A small file of each kind with everything that a picture can carry. A kind that comes to be
/// read is added here: the cuts, the flips and the polyglots are made of these.
std::vector<HostileFile> small_files();

/// Each small file cut off behind each of its bytes.
std::vector<HostileFile> cut_files();
/// The small files with single bits turned over, at even distances.
std::vector<HostileFile> flipped_files();
/// The small files with an archive, a page, a program or another picture behind them.
std::vector<HostileFile> polyglots();
/// Little that says, or becomes, very much.
std::vector<HostileFile> bombs();
/// Sides up to 2^32 - 1, and lengths of segments, chunks and boxes.
std::vector<HostileFile> sides_and_sizes();
/// Animations of ten thousand frames, and of fewer large ones.
std::vector<HostileFile> many_frames();
/// EXIF that goes in circles, XMP that unfolds, compressed text without end.
std::vector<HostileFile> hostile_metadata();
/// Pictures of 16,320 x 12,240 pixels, as large as phones make them: a baseline JPEG of eighteen
/// million bytes, and a progressive one, of which a decoder keeps every coefficient.
std::vector<HostileFile> largest_photos();

struct HostileSet {
  std::string name;
  std::vector<HostileFile> (*files)();

  friend std::ostream& operator<<(std::ostream& out, const HostileSet& set) {
    return out << set.name;
  }
};

/// All of the above but the largest photos, which need a configuration that allows them.
const std::vector<HostileSet>& hostile_sets();

/// Of the sets, what only those builds make that read the kind.
struct HostilePart {
  std::vector<HostileFile> small = {};
  std::vector<HostileFile> bombs = {};
  std::vector<HostileFile> sides_and_sizes = {};
  /// How to make a small file that carries what it is given, and how its name ends.
  struct Kind {
    std::string ending;
    std::string (*encode)(const Extras& extras);
  };
  std::vector<Kind> kinds = {};
};
const HostilePart& hostile_heif();
const HostilePart& hostile_tiff();

/// Zeros as zlib compresses them, a thousand to one; made without making the zeros.
std::string compressed_zeros(std::size_t count);

}  // namespace sightingd::test
