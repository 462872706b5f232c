// robustness-bench [NAME=PHOTOGRAPH]... [--drawings [NAME=DRAWING]...]
//
// How well pictures are recognised that somebody has altered and posted again. The gallery is what
// is given (JPEG files) and 64 drawn scenes, reduced to 1280 pixels on the longer side. Each of
// them is altered in each way of bench/robustness/alterations.h, goes through the image stage as a
// file, and is looked up in the index of the gallery with the daemon's radius. Prints a line of
// JSON for the gallery; one for what is lost by decoding at a reduced size (bits between the hash
// that is stored and that of all pixels, by the same filter and by the reference); and one for each
// alteration: of how many photographs and drawn pictures,
// not counting flat ones, the original was the nearest found; of the found ones, of how many `via`
// names the alteration, and the bits between; of all pairs of an altered picture and another
// original that is not flat, how many are near, and the fewest bits between two. On one core.
#include "bench/robustness/alterations.h"
#include "bench/robustness/files.h"
#include "bench/robustness/gallery.h"
#include "pipeline/image/examine.h"
#include "pipeline/image/hash/pdq.h"
#include "pipeline/similarity/photo_index.h"
#include "tests/support/pictures.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sightingd::bench {
namespace {

constexpr int kScenes = 64;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "robustness-bench: %s\n", what.c_str());
  std::exit(1);
}

cv::Mat read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  std::optional<cv::Mat> picture = decode_jpeg(bytes);
  if (!picture) {
    fail(path + " cannot be read");
  }
  return *std::move(picture);
}

cv::Mat scene(int number) {
  static const std::array<cv::Size, 4> kSizes{
      {{1280, 960}, {960, 1280}, {1280, 720}, {1024, 1024}}};
  const cv::Size size = kSizes[static_cast<std::size_t>(number) % kSizes.size()];
  // Without noise, and with up to 12 steps of it.
  test::Picture picture = test::with_noise(test::draw_scene(number, size.width, size.height),
                                           number, 4 * (number / 4 % 4));
  return cv::Mat(size, CV_8UC3, picture.rgb.data()).clone();
}

ExaminedImage examined(const std::string& file, const std::string& name) {
  Examination examination = examine(file, {});
  if (auto* image = std::get_if<ExaminedImage>(&examination)) {
    return std::move(*image);
  }
  fail(name + " is rejected");
}

// The luma of all pixels, and of those that the reference picks: 512 x 512, without averaging.
GrayPicture luma_of(const cv::Mat& rgb, int width, int height) {
  GrayPicture gray{Axis::whole(static_cast<std::size_t>(width)),
                   Axis::whole(static_cast<std::size_t>(height)),
                   {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto& pixel = rgb.at<cv::Vec3b>(y * rgb.rows / height, x * rgb.cols / width);
      gray.luma.push_back(0.299F * static_cast<float>(pixel[0]) +
                          0.587F * static_cast<float>(pixel[1]) +
                          0.114F * static_cast<float>(pixel[2]));
    }
  }
  return gray;
}

// Bits between hashes.
struct Bits {
  int count = 0;
  int sum = 0;
  int most = 0;

  void add(const PdqHash& a, const PdqHash& b) {
    const int bits = distance(a, b);
    ++count;
    sum += bits;
    most = std::max(most, bits);
  }
  double mean() const { return static_cast<double>(sum) / std::max(count, 1); }
};

// Of the photographs that are not flat.
struct ReducedDecoding {
  Bits to_all_pixels;
  Bits to_reference;
};

ReducedDecoding reduced_decoding(const Gallery& gallery) {
  constexpr int kReferenceSide = 512;
  ReducedDecoding lost;
  for (const Original& original : gallery.originals()) {
    const PdqFingerprint stored = examined(original.jpeg, original.name).photo.pdq;
    if (!original.is_photograph || !is_matchable(stored)) {
      continue;
    }
    const cv::Mat rgb = decode_jpeg(original.jpeg).value();
    const GrayPicture all = luma_of(rgb, rgb.cols, rgb.rows);
    const GrayPicture picked = luma_of(rgb, kReferenceSide, kReferenceSide);
    lost.to_all_pixels.add(stored.hash,
                           turned_fingerprints(all, Orientation::Upright).upright.hash);
    lost.to_reference.add(stored.hash, pdq_reference(picked).hash);
  }
  return lost;
}

// What is asked of one kind of original.
struct Recall {
  int asked = 0;
  int found = 0;
};

struct Outcome {
  Recall photographs;
  Recall drawn;
  int named = 0;
  long bits = 0;
  int most_bits = 0;
  int pairs = 0;
  int false_pairs = 0;
  int nearest_other = 256;
  std::vector<std::string> missed;
  int flattened = 0;  ///< Of the missed ones, those that altering has made flat.
};

class Measurement {
 public:
  explicit Measurement(const Gallery& gallery) : gallery_(gallery) {
    for (const Original& original : gallery.originals()) {
      hashes_.push_back(matchable_hashes(examined(original.jpeg, original.name).photo));
      index_.add(hashes_.size() - 1, hashes_.back());
    }
  }

  int flat() const { return static_cast<int>(std::ranges::count(hashes_, PdqPair{})); }

  Outcome of(const Alteration& alteration) const {
    Outcome outcome;
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
      const Original& original = gallery_.originals()[i];
      const std::string file = alteration.make(decode_jpeg(original.jpeg).value());
      const PdqForms forms = examined(file, original.name + ", " + alteration.name).forms;
      look_up(forms, i, alteration.via, outcome);
    }
    return outcome;
  }

 private:
  void look_up(const PdqForms& forms, std::size_t original, Transformation via,
               Outcome& outcome) const {
    const std::vector<PhotoIndex::Match> matches = index_.like(forms, kNearDistance);
    const bool is_flat = hashes_[original] == PdqPair{};
    outcome.pairs += static_cast<int>(hashes_.size()) - flat() - (is_flat ? 0 : 1);
    outcome.false_pairs += static_cast<int>(
        std::ranges::count_if(matches, [&](const auto& match) { return match.photo != original; }));
    outcome.nearest_other = std::min(outcome.nearest_other, bits_to_others(forms, original));
    if (is_flat) {
      return;
    }
    const Original& sought = gallery_.originals()[original];
    Recall& recall = sought.is_photograph ? outcome.photographs : outcome.drawn;
    ++recall.asked;
    if (matches.empty() || matches.front().photo != original) {
      outcome.missed.push_back(sought.name);
      outcome.flattened += forms.empty() ? 1 : 0;
      return;
    }
    const Likeness& likeness = matches.front().likeness;
    ++recall.found;
    outcome.named += likeness.via == via ? 1 : 0;
    outcome.bits += likeness.distance;
    outcome.most_bits = std::max(outcome.most_bits, likeness.distance);
  }

  int bits_to_others(const PdqForms& forms, std::size_t original) const {
    int fewest = 256;
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
      for (const std::optional<PdqHash>& hash : {hashes_[i].whole, hashes_[i].inner}) {
        for (const PdqForm& form : forms) {
          if (i != original && hash) {
            fewest = std::min(fewest, distance(form.hash, *hash));
          }
        }
      }
    }
    return fewest;
  }

  const Gallery& gallery_;
  std::vector<PdqPair> hashes_;  ///< Of the originals, which the index numbers alike.
  PhotoIndex index_;
};

// ---- What is printed

std::string json_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "\"" : ",\"") + name + "\"";
  }
  return "[" + text + "]";
}

void print(const Gallery& gallery, int flat) {
  const std::vector<Original>& all = gallery.originals();
  const auto photographs = std::ranges::count_if(all, &Original::is_photograph);
  std::printf(R"({"photographs":%zd,"drawn":%zd,"flat":%d,"left_out":%s})"
              "\n",
              photographs, std::ssize(all) - photographs, flat,
              json_of(gallery.left_out()).c_str());
}

void print(const ReducedDecoding& lost) {
  std::printf(R"({"photographs":%d,"all_pixels":[%.2f,%d],"reference":[%.2f,%d]})"
              "\n",
              lost.to_reference.count, lost.to_all_pixels.mean(), lost.to_all_pixels.most,
              lost.to_reference.mean(), lost.to_reference.most);
}

void print(const Alteration& alteration, const Outcome& outcome) {
  const int found = outcome.photographs.found + outcome.drawn.found;
  std::printf(R"({"alteration":"%s","photographs":[%d,%d],"drawn":[%d,%d],"via":"%s","named":%d,)"
              R"("mean_bits":%.2f,"most_bits":%d,"pairs":%d,"false_pairs":%d,"nearest_other":%d,)"
              R"("missed":%s,"flattened":%d})"
              "\n",
              alteration.name.c_str(), outcome.photographs.found, outcome.photographs.asked,
              outcome.drawn.found, outcome.drawn.asked,
              to_text(alteration.via).value_or("").c_str(), outcome.named,
              static_cast<double>(outcome.bits) / std::max(found, 1), outcome.most_bits,
              outcome.pairs, outcome.false_pairs, outcome.nearest_other,
              json_of(outcome.missed).c_str(), outcome.flattened);
  std::fflush(stdout);
}

}  // namespace
}  // namespace sightingd::bench

int main(int count, char** arguments) {
  using namespace sightingd::bench;
  cv::setNumThreads(1);
  Gallery gallery;
  bool are_photographs = true;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const std::size_t equals = argument.find('=');
    if (argument == "--drawings") {
      are_photographs = false;
    } else if (equals == std::string::npos) {
      std::fputs("Usage: robustness-bench [NAME=PHOTOGRAPH]... [--drawings [NAME=DRAWING]...]\n",
                 stderr);
      return 2;
    } else {
      gallery.add(argument.substr(0, equals), are_photographs, read(argument.substr(equals + 1)));
    }
  }
  for (int number = 1; number <= kScenes; ++number) {
    gallery.add("scene " + std::to_string(number), false, scene(number));
  }
  const Measurement measurement(gallery);
  print(gallery, measurement.flat());
  print(reduced_decoding(gallery));
  for (const Alteration& alteration : alterations()) {
    print(alteration, measurement.of(alteration));
  }
  return 0;
}
