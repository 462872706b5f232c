// Writes what the schema says into the tree: the target `config_reference`.
#include "config/reference.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

bool write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) {
    std::fprintf(stderr, "cannot write %s\n", path.c_str());
  }
  return !stream.fail();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write_config_reference SOURCE_TREE\n", stderr);
    return 2;
  }
  const std::filesystem::path tree = argv[1];
  const bool is_written =
      write_file(tree / "config/sightingd.example.toml", sightingd::example_file()) &&
      write_file(tree / "docs/configuration.md", sightingd::reference_page());
  return is_written ? 0 : 1;
}
