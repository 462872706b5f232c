#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// What stays of a HEIF or AVIF file: its pictures, their tiles and their transparency.
struct HeifPicture {
  struct Association {
    std::size_t property = 0;  ///< Its place in `properties`.
    bool is_essential = false;
  };
  struct Item {
    std::string_view type;  ///< "hvc1", "av01" or "grid".
    std::size_t piece = 0;  ///< Its data: a place in `pieces`. Equal tiles may share it.
    bool is_hidden = false;
    std::vector<Association> properties;
  };
  struct Property {
    std::string_view type;
    std::string content;
  };
  struct Reference {
    std::string_view type;
    std::size_t from = 0;  ///< Places in `items`.
    std::vector<std::size_t> to;
  };

  bool is_av1 = false;      ///< Else HEVC.
  std::size_t primary = 0;  ///< The picture to show first: a place in `items`.
  std::vector<Item> items;
  std::vector<std::string> pieces;
  std::vector<Property> properties;
  std::vector<Reference> references;
};

/// The file that holds it and nothing else, always laid out in the same way: ftyp, meta (hdlr,
/// pitm, iloc, iinf, iprp, iref), mdat (ISO/IEC 23008-12; AVIF: AV1 Image File Format 1.1).
std::string write_heif(const HeifPicture& picture);

}  // namespace sightingd
