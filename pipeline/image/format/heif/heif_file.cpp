#include "pipeline/image/format/heif/heif_file.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/heif/boxes.h"
#include "pipeline/image/format/heif/heif_items.h"
#include "pipeline/image/format/heif/heif_streams.h"
#include "pipeline/image/format/limits.h"
#include "pipeline/image/metadata/icc_profile.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

namespace sightingd {
namespace {

using namespace std::string_view_literals;
using Step = std::optional<RejectReason>;

// The picture and its transparency, and tiles that reach over the edge.
constexpr std::uint64_t kMostLayers = 3;
constexpr std::size_t kMostPropertiesOfAnItem = 32;
constexpr std::size_t kMostShown = 32;  // Pictures in one file; further ones go.

struct Sides {
  std::uint32_t width = 0;
  std::uint32_t height = 0;

  friend bool operator==(const Sides&, const Sides&) = default;
};

// Where data lies in the file, and how long the lengths in it are.
struct Data {
  std::vector<std::string_view> extents;
  std::size_t length_size = 0;
};

// By place, not by content.
struct DataOrder {
  static auto key(std::string_view extent) { return std::pair(extent.data(), extent.size()); }

  bool operator()(const Data& a, const Data& b) const {
    if (a.length_size != b.length_size) {
      return a.length_size < b.length_size;
    }
    return std::ranges::lexicographical_compare(a.extents, b.extents, {}, key, key);
  }
};

bool is_coded(std::string_view type) { return type == "hvc1" || type == "av01"; }

// ISO/IEC 23008-12, 6.5.8: what an auxiliary picture is; the older name is HEVC's alone.
constexpr std::array kAlphaNames{"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"sv,
                                 "urn:mpeg:hevc:2015:auxid:1"sv};

std::string_view auxiliary_name(std::string_view content) {
  const std::string_view name = slice(content, 4);
  return name.substr(0, name.find('\0'));
}

bool says_alpha(std::string_view content) {
  return std::ranges::count(kAlphaNames, auxiliary_name(content)) > 0;
}

std::optional<Sides> sides_of(const HeifItem& item) {
  const HeifProperty* extent = item.find("ispe");
  if (extent == nullptr || extent->content.size() != 12) {
    return std::nullopt;
  }
  return Sides{big32(extent->content, 4), big32(extent->content, 8)};
}

// How many bits each channel has.
bool says_depths(std::string_view depths) {
  constexpr std::size_t kMostChannels = 4;
  const std::size_t channels = byte_at(depths, 0);
  return channels > 0 && channels <= kMostChannels && depths.size() == 1 + channels &&
         std::ranges::all_of(depths.substr(1), [](char c) { return c > 0 && c <= 16; });
}

// A crop: width, height and the place of its centre, each a number and its divisor (ISO/IEC
// 14496-12, 12.1.4). The same in lowest terms, so that nothing but the crop is said.
std::optional<std::string> reduced_fractions(std::string_view clap) {
  std::string reduced;
  for (std::size_t at = 0; at < clap.size(); at += 8) {
    const auto number = static_cast<std::int32_t>(big32(clap, at));
    const auto divisor = static_cast<std::int32_t>(big32(clap, at + 4));
    if (divisor <= 0 || number == std::numeric_limits<std::int32_t>::min()) {
      return std::nullopt;
    }
    const std::int32_t common = std::gcd(number, divisor);
    append_big32(reduced, static_cast<std::uint32_t>(number / common));
    append_big32(reduced, static_cast<std::uint32_t>(divisor / common));
  }
  return reduced;
}

// Primaries, transfer, matrix and whether samples take the full range (ISO/IEC 14496-12, 12.1.5). A
// number beyond those that ITU-T H.273 counts is "unspecified": the others still say how the
// picture is shown.
std::string known_colours(std::string_view nclx) {
  constexpr std::uint16_t kUnspecified = 2;
  std::string known(nclx.substr(0, 4));
  for (const std::size_t at : {4U, 6U, 8U}) {
    const std::uint16_t number = big16(nclx, at);
    append_big16(known, number < 256 ? number : kUnspecified);
  }
  return known + static_cast<char>(byte_at(nclx, 10) & 0x80U);
}

// What a property says that may stay, in its plainest form; nothing of others.
std::optional<std::string> plain(const HeifProperty& property) {
  const std::string_view content = property.content;
  const auto is = [&](std::string_view type, std::size_t size) {
    return property.type == type && content.size() == size;
  };
  if (is("irot", 1)) {
    return std::string(1, static_cast<char>(byte_at(content, 0) & 3U));
  }
  if (is("imir", 1)) {
    return std::string(1, static_cast<char>(byte_at(content, 0) & 1U));
  }
  if (is("a1op", 1) && byte_at(content, 0) < 32) {
    return std::string(content);
  }
  if (is("lsel", 2) && (big16(content, 0) < 4 || big16(content, 0) == 0xFFFF)) {
    return std::string(content);
  }
  if (is("clap", 32)) {
    return reduced_fractions(content);
  }
  // Full boxes: their version and flags are zero.
  if (is("ispe", 12)) {
    return std::string(4, '\0').append(content.substr(4));
  }
  if (property.type == "pixi" && says_depths(slice(content, 4))) {
    return std::string(4, '\0').append(content.substr(4));
  }
  if (property.type == "auxC" && says_alpha(content)) {
    return std::string(4, '\0').append(auxiliary_name(content)) + '\0';
  }
  if (property.type == "hvcC") {
    return bare_hevc_configuration(content);
  }
  if (property.type == "av1C") {
    return bare_av1_configuration(content);
  }
  if (property.type == "colr" && content.starts_with("nclx") && content.size() >= 11) {
    return known_colours(content);
  }
  if (property.type == "colr" && (content.starts_with("prof") || content.starts_with("rICC"))) {
    const std::string profile = kept_colour_profile(content.substr(4));
    return profile.empty() ? std::nullopt
                           : std::optional(std::string(content.substr(0, 4)) + profile);
  }
  return std::nullopt;
}

// A coding is told of what is coded so.
bool belongs_to(std::string_view property, std::string_view item) {
  const bool is_of_av1 = property == "av1C" || property == "a1op" || property == "lsel";
  return is_of_av1 ? item == "av01" : property != "hvcC" || item == "hvc1";
}

// An item says each sort of thing once. Colours are said by numbers and by a profile.
std::string_view sort_of(const HeifProperty& property) {
  const bool is_profile = property.type == "colr" && !property.content.starts_with("nclx");
  return is_profile ? "profile" : property.type;
}

// Some readers do it as often as it is said (ISO/IEC 23000-22, 7.3.6.7, allows once).
bool transforms(std::string_view type) {
  return type == "clap" || type == "irot" || type == "imir";
}

bool is_of_use(std::string_view type) {
  constexpr std::array kKnown{"irot"sv, "imir"sv, "a1op"sv, "lsel"sv, "clap"sv, "pasp"sv,
                              "ispe"sv, "pixi"sv, "auxC"sv, "hvcC"sv, "av1C"sv, "colr"sv};
  return std::find(kKnown.begin(), kKnown.end(), type) != kKnown.end();
}

bool must_be_essential(std::string_view type) {
  constexpr std::array kEssential{"irot"sv, "imir"sv, "a1op"sv, "lsel"sv,
                                  "clap"sv, "hvcC"sv, "av1C"sv};
  return std::find(kEssential.begin(), kEssential.end(), type) != kEssential.end();
}

}  // namespace

// One way from the pictures that a file shows down to their tiles and their transparency.
class HeifWalk {
 public:
  HeifWalk(std::string_view bytes, const ImageLimits& limits) : bytes_(bytes), limits_(limits) {}

  OrReject<HeifFile> run() {
    auto found = read_heif_items(bytes_);
    if (!found) {
      return found.error();
    }
    found_ = std::move(*found);
    const auto primary = found_.items.find(found_.primary);
    if (primary == found_.items.end()) {
      return RejectReason::Malformed;
    }
    if (const Step reason = keep_shown(primary->first)) {
      return *reason;
    }
    keep_others();
    put_in_order();
    read_metadata_items();
    return std::move(file_);
  }

 private:
  HeifPicture& picture() { return file_.picture_; }

  // With its transparency.
  Step keep_shown(std::uint32_t id) {
    if (const Step reason = keep_picture(id)) {
      return reason;
    }
    return keep_alpha(id);
  }

  // A file may show more than one picture. One that cannot be kept is left out.
  void keep_others() {
    const std::set<std::uint32_t> parts = parts_of_others();
    std::size_t shown = 1;
    for (const auto& [id, item] : found_.items) {
      if (item.is_hidden || places_.contains(id) || parts.contains(id) ||
          (item.type != "grid" && !is_coded(item.type)) || ++shown > kMostShown) {
        continue;
      }
      const std::size_t items = picture().items.size();
      const std::size_t references = picture().references.size();
      if (keep_shown(id)) {
        picture().items.resize(items);
        picture().references.resize(references);
        std::erase_if(places_, [items](const auto& place) { return place.second >= items; });
      }
    }
  }

  // Thumbnails, depth maps, tiles, what a gain map is made of.
  std::set<std::uint32_t> parts_of_others() const {
    std::set<std::uint32_t> parts;
    for (const HeifReference& one : found_.references) {
      if (one.type == "thmb" || one.type == "auxl") {
        parts.insert(one.from);
      } else if (one.type == "dimg") {
        parts.insert(one.to.begin(), one.to.end());
      }
    }
    return parts;
  }

  // As they stood in the file, which is the order in which viewers go through them.
  void put_in_order() {
    std::vector<std::size_t> new_places(picture().items.size());
    std::vector<HeifPicture::Item> ordered;
    for (const auto& [id, place] : places_) {
      new_places[place] = ordered.size();
      ordered.push_back(std::move(picture().items[place]));
    }
    picture().items = std::move(ordered);
    picture().primary = new_places[places_.at(found_.primary)];
    for (HeifPicture::Reference& reference : picture().references) {
      reference.from = new_places[reference.from];
      for (std::size_t& place : reference.to) {
        place = new_places[place];
      }
    }
    drop_unused();
  }

  // What only pictures had that were left out.
  void drop_unused() {
    std::map<std::size_t, std::size_t> pieces;
    std::map<std::size_t, std::size_t> properties;
    for (HeifPicture::Item& item : picture().items) {
      item.piece = pieces.emplace(item.piece, pieces.size()).first->second;
      for (HeifPicture::Association& one : item.properties) {
        one.property = properties.emplace(one.property, properties.size()).first->second;
      }
    }
    move_to(picture().pieces, pieces);
    move_to(picture().properties, properties);
  }

  // Those that have a place, each to it.
  template <typename Part>
  static void move_to(std::vector<Part>& parts, const std::map<std::size_t, std::size_t>& places) {
    std::vector<Part> moved(places.size());
    for (const auto& [from, to] : places) {
      moved[to] = std::move(parts[from]);
    }
    parts = std::move(moved);
  }

  // A coded picture, or a grid of them.
  Step keep_picture(std::uint32_t id) {
    const HeifItem& item = found_.items.at(id);
    if (item.type == "grid") {
      return keep_grid(id, item);
    }
    return is_coded(item.type) ? keep_coded(id, item) : Step(RejectReason::UnsupportedVariant);
  }

  Step keep_coded(std::uint32_t id, const HeifItem& item) {
    const bool is_av1 = item.type == "av01";
    if (has_codec_ && is_av1 != picture().is_av1) {
      return RejectReason::UnsupportedVariant;
    }
    has_codec_ = true;
    picture().is_av1 = is_av1;
    const HeifProperty* configuration = item.find(is_av1 ? "av1C" : "hvcC");
    if (configuration == nullptr) {
      return RejectReason::Malformed;
    }
    const std::size_t length_size = is_av1 ? 0 : hevc_length_size(configuration->content);
    const auto [known, is_new] = known_data_.try_emplace(Data{item.extents, length_size});
    if (is_new) {
      // Extents may overlap: a small file would cost as much as a large one.
      for (const std::string_view extent : item.extents) {
        read_bytes_ += extent.size();
      }
      std::optional<std::string> bare;
      if (read_bytes_ <= 2 * bytes_.size()) {
        const std::string data = item.data(bytes_.size());
        bare = is_av1 ? bare_av1(data) : bare_hevc(data, length_size);
      }
      if (!bare) {
        known_data_.erase(known);
        return RejectReason::Malformed;
      }
      known->second = add_piece(std::move(*bare));
    }
    return keep(id, item, known->second);
  }

  std::size_t add_piece(std::string bare) {
    picture().pieces.push_back(std::move(bare));
    return picture().pieces.size() - 1;
  }

  // ISO/IEC 23008-12, 6.6.2.3: version, flags, rows and columns less one, the sides.
  Step keep_grid(std::uint32_t id, const HeifItem& item) {
    const std::string data = item.data(16);
    const bool is_wide = (byte_at(data, 1) & 1U) != 0;
    const std::size_t tiles =
        (std::size_t{byte_at(data, 2)} + 1) * (std::size_t{byte_at(data, 3)} + 1);
    const HeifReference* parts = reference("dimg", id);
    if (data.size() != (is_wide ? 12U : 8U) || byte_at(data, 0) != 0 || parts == nullptr ||
        parts->to.size() != tiles) {
      return RejectReason::Malformed;
    }
    const auto sides = sides_of(item);
    const Sides own =
        is_wide ? Sides{big32(data, 4), big32(data, 8)} : Sides{big16(data, 4), big16(data, 6)};
    // Some writers tell those of the item after its turn.
    const HeifProperty* turn = item.find("irot");
    const bool is_on_its_side = turn != nullptr && (byte_at(turn->content, 0) & 1U) != 0;
    const Sides turned = is_on_its_side ? Sides{own.height, own.width} : own;
    if (!sides || (*sides != own && *sides != turned)) {
      return RejectReason::Malformed;
    }
    std::string bare = data;
    bare[1] = is_wide ? '\1' : '\0';
    if (const Step reason = keep(id, item, add_piece(std::move(bare)))) {
      return reason;
    }
    HeifPicture::Reference to_tiles{"dimg", places_.at(id), {}};
    for (const std::uint32_t tile : parts->to) {
      const auto found = found_.items.find(tile);
      if (found == found_.items.end()) {
        return RejectReason::Malformed;
      }
      if (!is_coded(found->second.type)) {
        return RejectReason::UnsupportedVariant;
      }
      if (!places_.contains(tile)) {
        if (const Step reason = keep_coded(tile, found->second)) {
          return reason;
        }
      }
      to_tiles.to.push_back(places_.at(tile));
    }
    picture().references.push_back(std::move(to_tiles));
    return std::nullopt;
  }

  Step keep_alpha(std::uint32_t id) {
    for (const HeifReference& link : found_.references) {
      const auto alpha = found_.items.find(link.from);
      if (link.type != "auxl" || std::ranges::count(link.to, id) == 0 ||
          alpha == found_.items.end() || places_.contains(link.from)) {
        continue;
      }
      const HeifProperty* auxiliary = alpha->second.find("auxC");
      if (auxiliary == nullptr || !says_alpha(auxiliary->content)) {
        continue;
      }
      if (const Step reason = keep_picture(link.from)) {
        return reason;
      }
      const std::size_t shown = places_.at(id);
      const std::size_t place = places_.at(link.from);
      picture().references.push_back({"auxl", place, {shown}});
      const HeifReference* multiplied = reference("prem", id);
      if (multiplied != nullptr && std::ranges::count(multiplied->to, link.from) > 0) {
        picture().references.push_back({"prem", shown, {place}});
      }
      break;
    }
    return std::nullopt;
  }

  const HeifReference* reference(std::string_view type, std::uint32_t from) const {
    const auto found = std::ranges::find_if(
        found_.references, [&](const auto& one) { return one.type == type && one.from == from; });
    return found == found_.references.end() ? nullptr : &*found;
  }

  Step keep(std::uint32_t id, const HeifItem& item, std::size_t piece) {
    const auto sides = sides_of(item);
    if (!sides || sides->width == 0 || sides->height == 0 ||
        item.properties.size() > kMostPropertiesOfAnItem) {
      return RejectReason::Malformed;
    }
    if (const Step reason = oversized(sides->width, sides->height, limits_)) {
      return reason;
    }
    if (item.type != "grid") {
      pixels_ += std::uint64_t{sides->width} * sides->height;
      if (pixels_ > kMostLayers * limits_.max_pixels) {
        return RejectReason::TooManyPixels;
      }
    }
    HeifPicture::Item kept{item.type, piece, item.is_hidden, {}};
    std::set<std::string_view> said;
    for (const HeifProperty& property : item.properties) {
      if (!belongs_to(property.type, item.type)) {
        continue;
      }
      if (!said.insert(sort_of(property)).second) {
        if (transforms(property.type)) {
          return RejectReason::Malformed;
        }
        continue;
      }
      // Many items may have one property: each is looked at once.
      const auto [known, is_new] = known_properties_.try_emplace(property.type.data());
      if (is_new) {
        known->second = number_of(property);
      }
      if (known->second) {
        kept.properties.push_back({*known->second, must_be_essential(property.type)});
      } else if (must_be_essential(property.type)) {
        return RejectReason::Malformed;
      } else if (property.is_essential && !is_of_use(property.type)) {
        return RejectReason::UnsupportedVariant;
      }
    }
    places_.emplace(id, picture().items.size());
    picture().items.push_back(std::move(kept));
    return std::nullopt;
  }

  // Its place among those that are kept; nothing when it is none of them.
  std::optional<std::size_t> number_of(const HeifProperty& property) {
    std::optional<std::string> content = plain(property);
    if (!content) {
      return std::nullopt;
    }
    picture().properties.push_back({property.type, std::move(*content)});
    return picture().properties.size() - 1;
  }

  // Blocks that describe the primary picture, then those that do not say what they describe. What
  // is said about another picture is not said about this one.
  void read_metadata_items() {
    const std::set<std::uint32_t> own = primary_and_parts();
    std::set<std::uint32_t> described_own;
    std::set<std::uint32_t> described_any;
    for (const HeifReference& one : found_.references) {
      if (one.type == "cdsc") {
        described_any.insert(one.from);
        if (std::ranges::any_of(one.to, [&](std::uint32_t id) { return own.contains(id); })) {
          described_own.insert(one.from);
        }
      }
    }
    for (const auto& [id, item] : found_.items) {
      if (described_own.contains(id)) {
        read_metadata(item);
      }
    }
    for (const auto& [id, item] : found_.items) {
      if (!described_any.contains(id)) {
        read_metadata(item);
      }
    }
    // C2PA specification 2.1, A.3: a box of this type, wherever.
    constexpr std::string_view kC2pa =
        "\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81";
    Boxes top(bytes_);
    while (const auto box = top.next()) {
      file_.carriers_.has_c2pa |= box->type == "uuid" && box->content.starts_with(kC2pa);
    }
  }

  void read_metadata(const HeifItem& item) {
    if (item.type == "Exif" && file_.carriers_.exif.size() < kMostCarriers) {
      add_exif(file_.carriers_, exif_block(item.data(kLargestCarrier)));
    } else if (item.type == "mime" && item.content_type == "application/rdf+xml" &&
               file_.carriers_.xmp.size() < kMostCarriers) {
      add_xmp(file_.carriers_, item.data(kLargestCarrier));
    }
  }

  // And what is made of it: a tone map, which may be described in its place.
  std::set<std::uint32_t> primary_and_parts() const {
    std::set<std::uint32_t> ids{found_.primary};
    for (const HeifReference& one : found_.references) {
      if (one.type == "dimg" && one.from == found_.primary) {
        ids.insert(one.to.begin(), one.to.end());
      } else if (one.type == "dimg" && std::ranges::count(one.to, found_.primary) > 0) {
        ids.insert(one.from);
      }
    }
    return ids;
  }

  // ISO/IEC 23008-12, A.2.1: first how far behind this number the TIFF header is.
  static std::string_view exif_block(std::string_view data) {
    const std::string_view block = slice(data, 4);
    const std::string_view told = slice(block, big32(data, 0));
    return told.starts_with("II") || told.starts_with("MM") ? told : block;
  }

  std::string_view bytes_;
  ImageLimits limits_;
  HeifItems found_;
  HeifFile file_;
  std::map<std::uint32_t, std::size_t> places_;        // By the id in the file that is read.
  std::map<Data, std::size_t, DataOrder> known_data_;  // To pieces.
  // By where it stands in the file, to its place among those that are kept.
  std::map<const char*, std::optional<std::size_t>> known_properties_;
  bool has_codec_ = false;
  std::uint64_t pixels_ = 0;
  std::uint64_t read_bytes_ = 0;
};

OrReject<HeifFile> HeifFile::parse(std::string_view bytes, const ImageLimits& limits) {
  return HeifWalk(bytes, limits).run();
}

}  // namespace sightingd
