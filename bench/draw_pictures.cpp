// draw-pictures DIRECTORY WIDTH HEIGHT: writes one drawn picture in every form that is examined,
// each as a file, for measuring what an examiner takes.
#include "tests/support/pictures.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

int main(int count, char** arguments) {
  using namespace sightingd::test;
  if (count != 4) {
    std::cerr << "usage: draw-pictures DIRECTORY WIDTH HEIGHT\n";
    return 2;
  }
  const Picture picture =
      with_noise(draw_scene(1, std::atoi(arguments[2]), std::atoi(arguments[3])), 1);
  const std::map<std::string, std::string> files = {
      {"baseline.jpg", encode_jpeg(picture)},
      {"progressive.jpg", encode_jpeg(picture, {}, {.progressive = true})},
      {"plain.png", encode_png(picture)},
      {"interlaced.png", encode_png(picture, {}, {.interlaced = true})},
      {"lossy.webp", encode_webp(picture)},
      {"lossless.webp", encode_webp(picture, {}, {.lossless = true})},
      {"still.gif", encode_gif({picture})}};
  for (const auto& [name, bytes] : files) {
    std::ofstream file(std::filesystem::path(arguments[1]) / name, std::ios::binary);
    file << bytes;
    if (!file.flush()) {
      std::cerr << "draw-pictures: " << name << " cannot be written\n";
      return 1;
    }
  }
  return 0;
}
