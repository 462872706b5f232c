#include "demo/campaign.h"
#include "demo/exchanges.h"
#include "demo/expected.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace sightingd::demo {
namespace {

bool write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) {
    std::fprintf(stderr, "cannot write %s; is the disk full?\n", path.c_str());
  }
  return static_cast<bool>(out);
}

bool write_campaign(const Campaign& campaign, const std::filesystem::path& directory) {
  const auto media = directory / "replay" / "media";
  std::error_code error;
  std::filesystem::create_directories(media, error);
  if (error) {
    std::fprintf(stderr, "cannot create %s: %s\n", media.c_str(), error.message().c_str());
    return false;
  }
  for (const auto& [name, bytes] : campaign.files) {
    if (!write_file(media / name, bytes)) {
      return false;
    }
  }
  return write_file(directory / "replay" / "exchanges.json", exchanges_json(campaign)) &&
         write_file(directory / "expected.json", expected_json(campaign));
}

int run(int argc, char** argv) {
  CLI::App app{
      "Makes the demo campaign: recorded answers of an invented server and the pictures "
      "it shows (DIR/replay), and what must come out of them (DIR/expected.json)."};
  std::string directory;
  std::string newest;
  app.add_option("DIR", directory, "Where to write; created when absent")->required();
  app.add_option("--newest", newest, "When the newest post was written, RFC 3339 (default: now)");
  CLI11_PARSE(app, argc, argv);
  auto time =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  if (!newest.empty()) {
    const auto parsed = parse_rfc3339(newest);
    if (!parsed) {
      std::fprintf(stderr, "--newest: write a time like 2026-02-01T10:00:00Z\n");
      return 2;
    }
    time = *parsed;
  }
  return write_campaign(make_campaign(time), directory) ? 0 : 1;
}

}  // namespace
}  // namespace sightingd::demo

int main(int argc, char** argv) { return sightingd::demo::run(argc, argv); }
