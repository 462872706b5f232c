// pdq_vectors FOLDER: checks pdq_reference(), and pdq_fingerprint(), which is what is stored,
// against hashes of the reference's own runs, as FOLDER/pdq_drawn.tsv lists them for the gray
// pictures (binary PGM, gzip) beside it.
// Exit status 0: every row whose bits are decided by more than rounding agrees.
#include "pipeline/image/hash/pdq.h"

#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace sightingd {
namespace {

// Below this distance between the 128th and 129th coefficient rounding may decide a bit.
constexpr double kDecidedGap = 0.003;

// How far the fingerprint may be from the reference's where it samples otherwise: at sizes other
// than 512x512. Smaller pictures may differ by more.
constexpr std::size_t kLeastSide = 256;
constexpr int kMostBitsApart = 20;

std::string read_gzip(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  std::string content;
  std::vector<char> part(1U << 16U);
  for (int got = 0; file && (got = gzread(file.get(), part.data(), 1U << 16U)) > 0;) {
    content.append(part.data(), static_cast<std::size_t>(got));
  }
  return content;
}

GrayPicture read_pgm(const std::string& path) {
  std::istringstream in(read_gzip(path));
  std::string magic;
  std::size_t width = 0;
  std::size_t height = 0;
  int highest = 0;
  in >> magic >> width >> height >> highest;
  in.get();
  GrayPicture picture{Axis::whole(width), Axis::whole(height), std::vector<float>(width * height)};
  for (float& luma : picture.luma) {
    luma = static_cast<float>(in.get());
  }
  if (magic != "P5" || highest != 255 || !in) {
    throw std::runtime_error("not a binary 8-bit PGM: " + path);
  }
  return picture;
}

std::vector<std::string> split(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> fields;
  for (std::string field; std::getline(in, field, '\t');) {
    fields.push_back(field);
  }
  fields.resize(14);
  return fields;
}

// Whether what is stored of such a picture is near enough to the reference's hash.
bool is_near(const GrayPicture& picture, const PdqFingerprint& stored, const PdqHash& reference) {
  const std::size_t width = picture.x.cells;
  const std::size_t height = picture.y.cells;
  const int bits = distance(stored.hash, reference);
  if (width == 512 && height == 512) {
    return bits == 0;
  }
  return bits <= kMostBitsApart || std::min(width, height) < kLeastSide;
}

// Whether the row agrees as far as it must.
bool check(const std::string& folder, const std::vector<std::string>& row) {
  const GrayPicture picture = read_pgm(folder + "/" + row[0]);
  const PdqFingerprint got = pdq_reference(picture);
  const PdqFingerprint stored = turned_fingerprints(picture, Orientation::Upright).upright;
  const PdqHash reference = pdq_from_hex(row[3]).value();
  const int bits = distance(got.hash, reference);
  const bool same_quality = got.quality == std::atoi(row[4].c_str());
  const bool decided = std::atof(row[13].c_str()) >= kDecidedGap;
  std::cout << row[0] << ": " << bits << " bits, stored " << distance(stored.hash, reference)
            << " bits, quality " << got.quality << (got.is_stable ? "" : ", unstable")
            << (decided ? "" : ", gap too small") << '\n';
  return same_quality && stored.quality == got.quality &&
         (!decided || (bits == 0 && is_near(picture, stored, reference)));
}

}  // namespace
}  // namespace sightingd

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: pdq_vectors FOLDER\n";
    return 2;
  }
  const std::string folder = arguments[1];
  std::ifstream table(folder + "/pdq_drawn.tsv");
  std::string line;
  std::getline(table, line);
  int rows = 0;
  int wrong = 0;
  while (std::getline(table, line)) {
    ++rows;
    wrong += sightingd::check(folder, sightingd::split(line)) ? 0 : 1;
  }
  std::cout << rows << " rows, " << wrong << " wrong\n";
  return rows == 0 || wrong != 0 ? 1 : 0;
}
