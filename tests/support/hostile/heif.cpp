// HEIC and AVIF files: boxes in boxes, places that lie, tiles of one tile.
#include "tests/support/hostile/hostile_files.h"
#include "tests/support/pictures.h"

#include <cstdint>

namespace sightingd::test {
namespace {

using namespace std::string_literals;

std::string big(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) {
    text += static_cast<char>(value >> (8 * i));
  }
  return text;
}

std::string box(const std::string& type, const std::string& content) {
  return big(content.size() + 8, 4) + type + content;
}

// Version and flags, then the content.
std::string full_box(const std::string& type, std::uint32_t version, const std::string& content) {
  return box(type, big(version, 4) + content);
}

// The content of the first box of this type, wherever it stands.
std::string content_of(const std::string& file, const std::string& type) {
  const std::size_t at = file.find(type);
  std::size_t size = 0;
  for (std::size_t i = at - 4; i < at; ++i) {
    size = size << 8U | static_cast<unsigned char>(file[i]);
  }
  return file.substr(at + 4, size - 8);
}

std::string with(std::string file, const std::string& what, const std::string& in_its_place) {
  const std::size_t at = file.find(what);
  return at == std::string::npos ? file : file.replace(at, in_its_place.size(), in_its_place);
}

// What a file is made of, with all items in one place of it.
struct Parts {
  bool av1 = false;
  std::uint16_t items = 0;  ///< Tiles, numbered from 2; 1 is what they make.
  std::string grid = {};    ///< The content of item 1.
  std::string tile = {};
  std::string configuration = {};
  std::uint32_t tile_side = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint16_t extents = 1;  ///< How often each tile's data is said to follow itself.
};

std::string assembled(const Parts& parts, std::size_t data_at) {
  const std::string coding = parts.av1 ? "av01" : "hvc1";
  const std::string sides = big(parts.width, 4) + big(parts.height, 4);
  const std::string tile_sides = big(parts.tile_side, 4) + big(parts.tile_side, 4);
  std::string locations = "\x44\0"s + big(parts.items + 1U, 2) + big(1, 2) + big(0, 2) + big(1, 2) +
                          big(data_at, 4) + big(parts.grid.size(), 4);
  std::string information =
      big(parts.items + 1U, 2) + full_box("infe", 2U << 24U, big(1, 2) + big(0, 2) + "grid\0"s);
  std::string associations = big(parts.items + 1U, 4) + big(1, 2) + "\1\1"s;
  std::string tiles = big(1, 2) + big(parts.items, 2);
  for (std::uint32_t id = 2; id < parts.items + 2U; ++id) {
    locations += big(id, 2) + big(0, 2) + big(parts.extents, 2);
    for (std::uint16_t i = 0; i < parts.extents; ++i) {
      locations += big(data_at + parts.grid.size(), 4) + big(parts.tile.size(), 4);
    }
    information += full_box("infe", (2U << 24U) + 1U, big(id, 2) + big(0, 2) + coding + '\0');
    associations += big(id, 2) + "\2\2\x83"s;
    tiles += big(id, 2);
  }
  const std::string properties = full_box("ispe", 0, sides) + full_box("ispe", 0, tile_sides) +
                                 box(parts.av1 ? "av1C" : "hvcC", parts.configuration);
  return full_box("meta", 0,
                  full_box("hdlr", 0, big(0, 4) + "pict" + std::string(13, '\0')) +
                      full_box("pitm", 0, big(1, 2)) + full_box("iloc", 0, locations) +
                      full_box("iinf", 0, information) +
                      box("iprp", box("ipco", properties) + full_box("ipma", 0, associations)) +
                      full_box("iref", 0, box("dimg", tiles)));
}

std::string grid_file(const Parts& parts) {
  const std::string type = box("ftyp", (parts.av1 ? "avif"s : "heic"s) + big(0, 4) + "mif1");
  const std::size_t data_at = type.size() + assembled(parts, 0).size() + 8;
  return type + assembled(parts, data_at) + box("mdat", parts.grid + parts.tile);
}

// A grid of one flat tile, again and again.
Parts grid_of(bool av1, std::uint32_t rows, std::uint32_t columns) {
  constexpr std::uint32_t kSide = 512;
  const std::string one = encode_heif(draw_flat(kSide, kSide), {}, {.av1 = av1});
  Parts parts{.av1 = av1, .items = static_cast<std::uint16_t>(rows * columns)};
  parts.tile = content_of(one, "mdat");
  parts.configuration = content_of(one, av1 ? "av1C" : "hvcC");
  parts.tile_side = kSide;
  parts.width = columns * kSide;
  parts.height = rows * kSide;
  parts.grid =
      "\0\1"s + big(rows - 1, 1) + big(columns - 1, 1) + big(parts.width, 4) + big(parts.height, 4);
  return parts;
}

std::string nested(const std::string& type, int depth, const std::string& more) {
  std::string content;
  for (int i = 0; i < depth; ++i) {
    content = box(type, more + content);
  }
  return content;
}

void add_bombs(HostilePart& part, bool av1) {
  const std::string end = av1 ? ".avif" : ".heic";
  const std::string small = encode_heif(draw_scene(1, 64, 64), {}, {.av1 = av1});
  const std::string sides = "ispe\0\0\0\0"s;
  Parts repeated = grid_of(av1, 2, 2);
  repeated.extents = 200;
  part.bombs.push_back({"claim" + end, with(small, sides, sides + big(65'535, 4) + big(65'535, 4)),
                        "too_many_pixels"});
  part.bombs.push_back(
      {"wrong_sides" + end, with(small, sides, sides + big(8'192, 4) + big(9'600, 4))});
  part.bombs.push_back({"phone" + end, grid_file(grid_of(av1, 12, 16)), "stored"});  // 50 MP.
  part.bombs.push_back({"grid" + end, grid_file(grid_of(av1, 16, 18))});
  part.bombs.push_back({"large_grid" + end, grid_file(grid_of(av1, 64, 64)), "too_many_pixels"});
  part.bombs.push_back({"extents" + end, grid_file(repeated)});
  std::string boxes;
  for (int i = 0; i < 1'000'000; ++i) {
    boxes += box("free", "");
  }
  part.bombs.push_back({"boxes" + end, small + boxes, "stored"});
}

void add_sides(HostilePart& part, bool av1) {
  const std::string end = av1 ? ".avif" : ".heic";
  const std::string small = encode_heif(draw_scene(1, 64, 64), {}, {.av1 = av1});
  const std::string sides = "ispe\0\0\0\0"s;
  const std::string type = small.substr(0, small.find("meta") - 4);
  const auto add = [&](const std::string& name, const std::string& bytes) {
    part.sides_and_sizes.push_back({name + end, bytes});
  };
  add("wide", with(small, sides, sides + big(65'535, 4) + big(1, 4)));
  add("endless_sides", with(small, sides, sides + std::string(8, '\xff')));
  add("endless_items", with(small, "iinf\0\0\0\0"s, "iinf\1\0\0\0\xff\xff\xff\xff"s));
  add("endless_places", with(small, "iloc\0\0\0\0\x44"s, "iloc\2\0\0\0\x44\0\xff\xff\xff\xff"s));
  add("endless_box", with(small, small.substr(small.find("mdat") - 4, 4), "\xff\xff\xff\xff"));
  add("longer_box", type + big(1, 4) + "meta" + std::string(8, '\xff') + small);
  add("meta_in_meta", type + nested("meta", 2'000, big(0, 4)));
  add("list_in_list", type + full_box("meta", 0, nested("iprp", 5'000, "")));
  add("frames",
      small + box("moov", box("trak", full_box("stsz", 0, big(1, 4) + big(0xffffffff, 4)) +
                                          std::string(40'000, '\1'))));
  Parts itself = grid_of(av1, 1, 1);
  itself.items = 0;
  add("grid_of_nothing", grid_file(itself));
  // Item 1 is made of item 1.
  std::string circle = grid_file(grid_of(av1, 1, 1));
  const std::size_t at = circle.find("dimg");
  add("grid_of_itself", circle.replace(at + 8, 2, big(1, 2)));
}

HostilePart make_hostile_heif() {
  HostilePart part;
  for (const bool av1 : {false, true}) {
    part.small.push_back({av1 ? "still.avif" : "still.heic",
                          encode_heif(draw_scene(2, 64, 64), all_extras(), {.av1 = av1})});
    add_bombs(part, av1);
    add_sides(part, av1);
  }
  part.kinds = {
      {".heic", [](const Extras& extras) { return encode_heif(draw_flat(64, 64), extras); }},
      {".avif",
       [](const Extras& extras) { return encode_heif(draw_flat(64, 64), extras, {.av1 = true}); }}};
  return part;
}

}  // namespace

const HostilePart& hostile_heif() {
  static const HostilePart part = make_hostile_heif();
  return part;
}

}  // namespace sightingd::test
