// draw-hostile DIRECTORY: writes the hostile set, a folder for each of its parts and one for the
// largest photos, for measuring what an examiner takes.
#include "tests/support/hostile/hostile_files.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace sightingd::test;

bool write(const std::filesystem::path& folder, const std::vector<HostileFile>& files) {
  std::filesystem::create_directories(folder);
  bool is_written = true;
  for (const HostileFile& file : files) {
    std::ofstream out(folder / file.name, std::ios::binary);
    out << file.bytes;
    is_written = out.flush() && is_written;
  }
  return is_written;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: draw-hostile DIRECTORY\n";
    return 2;
  }
  const std::filesystem::path directory = arguments[1];
  bool is_written = write(directory / "largest", largest_photos());
  for (const HostileSet& set : hostile_sets()) {
    is_written = write(directory / set.name, set.files()) && is_written;
  }
  if (!is_written) {
    std::cerr << "draw-hostile: not all files could be written\n";
    return 1;
  }
  return 0;
}
