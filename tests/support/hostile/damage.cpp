// Whole files that are cut, flipped or went on.
#include "tests/support/hostile/hostile_files.h"
#include "tests/support/pictures.h"

#include <utility>

namespace sightingd::test {
namespace {

using namespace std::string_literals;

std::string before_dot(const std::string& name) { return name.substr(0, name.find('.')); }
std::string from_dot(const std::string& name) { return name.substr(name.find('.')); }

}  // namespace

std::vector<HostileFile> small_files() {
  const Picture picture = draw_scene(2, 24, 18);
  const Extras extras = all_extras();
  std::vector<HostileFile> files{
      {"baseline.jpg", encode_jpeg(picture, extras)},
      {"progressive.jpg", encode_jpeg(picture, extras, {.progressive = true})},
      {"arithmetic.jpg", encode_jpeg(picture, extras, {.restart_rows = 1, .arithmetic = true})},
      {"inks.jpg", encode_cmyk_jpeg(picture, {.ycck = true})},
      {"plain.png", encode_png(picture, extras)},
      {"interlaced.png", encode_png(picture, extras, {.interlaced = true})},
      {"animated.png", encode_animated_png({picture, picture})},
      {"lossy.webp", encode_webp(picture, extras)},
      {"lossless.webp", encode_webp(picture, extras, {.lossless = true})},
      {"animated.webp", encode_animated_webp({picture, picture}, extras)},
      {"animated.gif", encode_gif({picture, picture}, extras)}};
  for (const HostilePart* part : {&hostile_heif(), &hostile_tiff()}) {
    files.insert(files.end(), part->small.begin(), part->small.end());
  }
  return files;
}

std::vector<HostileFile> cut_files() {
  std::vector<HostileFile> cut;
  for (const HostileFile& file : small_files()) {
    for (std::size_t size = 0; size < file.bytes.size(); ++size) {
      cut.push_back({before_dot(file.name) + "-" + std::to_string(size) + from_dot(file.name),
                     file.bytes.substr(0, size)});
    }
  }
  return cut;
}

std::vector<HostileFile> flipped_files() {
  constexpr std::size_t kFlips = 300;
  std::vector<HostileFile> flipped;
  for (const HostileFile& file : small_files()) {
    const std::size_t bits = 8 * file.bytes.size();
    for (std::size_t i = 0; i < kFlips; ++i) {
      const std::size_t bit = i * bits / kFlips + i % 8;  // Each of a byte's in turn.
      std::string bytes = file.bytes;
      bytes[bit / 8 % bytes.size()] ^= static_cast<char>(1U << bit % 8);
      flipped.push_back({before_dot(file.name) + "-bit" + std::to_string(bit) + from_dot(file.name),
                         std::move(bytes)});
    }
  }
  return flipped;
}

std::vector<HostileFile> polyglots() {
  const std::vector<std::pair<std::string, std::string>> tails{
      {"zip", "PK\x03\x04\x14\0\0\0\0\0LEAK.txt"s + std::string(40, '\0') + "PK\x05\x06"},
      {"html", "<script>LEAK</script></html>"},
      {"pdf", "%PDF-1.7\nLEAK\n%%EOF"},
      {"elf",
       "\x7f"
       "ELF\2\1\1 LEAK"},
      {"film",
       "\0\0\0\x18"
       "ftypmp42\0\0\0\0mp42isom\0\0\0\x10mdatLEAKLEAK"s},
      {"picture", encode_jpeg(draw_scene(3, 16, 16), all_extras())}};
  std::vector<HostileFile> files;
  for (const HostileFile& file : small_files()) {
    for (const auto& [name, tail] : tails) {
      files.push_back(
          {before_dot(file.name) + "-" + name + from_dot(file.name), file.bytes + tail, "stored"});
    }
  }
  return files;
}

const std::vector<HostileSet>& hostile_sets() {
  static const std::vector<HostileSet> all{{"cut", cut_files},
                                           {"flipped", flipped_files},
                                           {"polyglots", polyglots},
                                           {"bombs", bombs},
                                           {"sides_and_sizes", sides_and_sizes},
                                           {"many_frames", many_frames},
                                           {"metadata", hostile_metadata}};
  return all;
}

}  // namespace sightingd::test
