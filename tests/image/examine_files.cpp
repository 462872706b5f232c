// examine_files OUT FILE...: runs the image stage over files. Writes the stripped ones into
// the folder OUT under their own names, and on standard output a line a file: name, latitude,
// longitude ("none" without), outcome, capture time, PDQ.
#include "pipeline/image/examine.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace sightingd {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void print(const std::string& name, const Photo& photo) {
  std::printf("%s\t", name.c_str());
  if (photo.location && photo.location->has_coordinates()) {
    std::printf("%.6f\t%.6f", photo.location->latitude, photo.location->longitude);
  } else {
    std::printf("none\tnone");
  }
  std::printf("\tstored\t%s\t%s\t%d\n", photo.captured_at.value_or("").c_str(),
              to_hex(photo.pdq.hash).c_str(), photo.pdq.quality);
}

void examine_file(const std::filesystem::path& path, const std::filesystem::path& out) {
  const std::string name = path.filename().string();
  const Examination examined = examine(read_file(path), ImageLimits{});
  if (const auto* image = std::get_if<ExaminedImage>(&examined)) {
    std::ofstream(out / name, std::ios::binary) << image->stripped;
    print(name, image->photo);
    return;
  }
  const auto* reason = std::get_if<RejectReason>(&examined);
  const std::string outcome(reason == nullptr ? "not_an_image" : to_text(*reason));
  std::printf("%s\tnone\tnone\t%s\t\t\t\n", name.c_str(), outcome.c_str());
}

}  // namespace
}  // namespace sightingd

int main(int count, char** arguments) {
  if (count < 3) {
    std::cerr << "usage: examine_files OUT FILE...\n";
    return 2;
  }
  std::filesystem::create_directories(arguments[1]);
  for (int i = 2; i < count; ++i) {
    sightingd::examine_file(arguments[i], arguments[1]);
  }
}
