#include "pipeline/image/format/heif/heif_picture.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/heif/boxes.h"

#include <algorithm>

namespace sightingd {
namespace {

constexpr std::size_t kBoxHeader = 8;
constexpr std::uint32_t kHidden = 1;

std::size_t id_of(std::size_t place) { return place + 1; }

// HEVC's Main and Main Still Picture profiles are "heic", all others "heix" (ISO/IEC 23008-12,
// B.4).
bool is_main_profile(const HeifPicture& picture) {
  constexpr unsigned kMain = 1;
  constexpr unsigned kMainStill = 3;
  return std::all_of(picture.properties.begin(), picture.properties.end(), [](const auto& one) {
    const unsigned profile = byte_at(one.content, 1) & 0x1FU;
    return one.type != "hvcC" || profile == kMain || profile == kMainStill;
  });
}

std::string brands(const HeifPicture& picture) {
  const std::string_view own = picture.is_av1 ? "avif" : is_main_profile(picture) ? "heic" : "heix";
  std::string content(own);
  append_big32(content, 0);
  content += "mif1";
  content += own;
  return content;
}

std::string handler() {
  std::string content(4, '\0');
  content += "pict";
  content.append(3 * 4 + 1, '\0');  // Reserved, and an empty name.
  return content;
}

std::string locations(const HeifPicture& picture, std::size_t data_at) {
  std::vector<std::size_t> places_of_pieces;
  for (const std::string& piece : picture.pieces) {
    places_of_pieces.push_back(data_at);
    data_at += piece.size();
  }
  std::string content;
  append_big16(content, 0x4400);  // Offsets and lengths of four bytes, no base.
  append_big16(content, picture.items.size());
  for (std::size_t place = 0; place < picture.items.size(); ++place) {
    const std::size_t piece = picture.items[place].piece;
    append_big16(content, id_of(place));
    append_big16(content, 0);  // In this file.
    append_big16(content, 1);  // In one piece.
    append_big32(content, places_of_pieces[piece]);
    append_big32(content, picture.pieces[piece].size());
  }
  return content;
}

std::string information(const HeifPicture& picture) {
  std::string content;
  append_big16(content, picture.items.size());
  for (std::size_t place = 0; place < picture.items.size(); ++place) {
    std::string entry;
    append_big32(entry,
                 (2U << 24U) | (picture.items[place].is_hidden ? kHidden : 0));  // Version 2.
    append_big16(entry, id_of(place));
    append_big16(entry, 0);  // Not protected.
    entry += picture.items[place].type;
    entry += '\0';  // Without a name.
    append_box(content, "infe", entry);
  }
  return content;
}

std::string properties(const HeifPicture& picture) {
  std::string list;
  for (const HeifPicture::Property& property : picture.properties) {
    append_box(list, property.type, property.content);
  }
  // Always with numbers of 15 bits.
  std::string associations;
  append_big32(associations, 1);
  append_big32(associations, picture.items.size());
  for (std::size_t place = 0; place < picture.items.size(); ++place) {
    append_big16(associations, id_of(place));
    associations += static_cast<char>(picture.items[place].properties.size());
    for (const HeifPicture::Association& one : picture.items[place].properties) {
      append_big16(associations, (one.is_essential ? 0x8000U : 0U) | (one.property + 1));
    }
  }
  std::string content;
  append_box(content, "ipco", list);
  append_box(content, "ipma", associations);
  return content;
}

std::string references(const HeifPicture& picture) {
  std::string content;
  for (const HeifPicture::Reference& reference : picture.references) {
    std::string entry;
    append_big16(entry, id_of(reference.from));
    append_big16(entry, reference.to.size());
    for (const std::size_t place : reference.to) {
      append_big16(entry, id_of(place));
    }
    append_box(content, reference.type, entry);
  }
  return content;
}

std::string meta(const HeifPicture& picture, std::size_t data_at) {
  std::string primary;
  append_big16(primary, id_of(picture.primary));
  std::string list;
  append_full_box(list, "hdlr", handler());
  append_full_box(list, "pitm", primary);
  append_full_box(list, "iloc", locations(picture, data_at));
  append_full_box(list, "iinf", information(picture));
  append_box(list, "iprp", properties(picture));
  if (!picture.references.empty()) {
    append_full_box(list, "iref", references(picture));
  }
  return list;
}

}  // namespace

std::string write_heif(const HeifPicture& picture) {
  std::string file;
  append_box(file, "ftyp", brands(picture));
  std::string boxes;
  append_full_box(boxes, "meta", meta(picture, 0));
  // The numbers in it have a fixed width: once more, with the place of the data.
  const std::size_t data_at = file.size() + boxes.size() + kBoxHeader;
  append_full_box(file, "meta", meta(picture, data_at));
  std::string data;
  for (const std::string& piece : picture.pieces) {
    data += piece;
  }
  append_box(file, "mdat", data);
  return file;
}

}  // namespace sightingd
