#include "pipeline/image/verify/verifiers.h"

#include "pipeline/image/verify/bare_profile.h"
#include "pipeline/image/verify/eater.h"

#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd::verify {
namespace {

using namespace std::string_view_literals;

// The content of the next box, which must be of this type; of a full box behind its zeros.
Eater eat_box(Eater& list, std::string_view type, bool is_full = false) {
  const std::uint64_t size = list.take_big(4);
  const bool is_right = list.eat(type);
  Eater content(list.take(is_right && size >= 8 ? size - 8 : ~std::uint64_t{0}));
  if (is_full && !content.eat("\0\0\0\0"sv)) {
    list.take(~std::uint64_t{0});
  }
  return content;
}

struct Property {
  std::string_view type;
  std::string_view content;
};

struct Item {
  std::string_view type;
  std::string_view data;
};

// HEVC: the slices of one picture of the base layer, each behind its length.
bool is_bare_hevc(std::string_view data) {
  Eater units(data);
  bool is_first = true;
  std::uint64_t type_of_all = 0;
  while (!units.is_done() && !units.failed()) {
    Eater unit(units.take(units.take_big(4)));
    const std::uint64_t header = unit.take_big(2);
    const std::uint64_t type = header >> 9U;
    const std::uint64_t layer = header >> 3U & 63U;
    const bool is_slice = type <= 9 || (type >= 16 && type <= 21);
    const bool begins_picture = unit.take_big(1) >= 128;
    if (unit.failed() || !is_slice || layer != 0 || begins_picture != is_first ||
        (!is_first && type != type_of_all)) {
      return false;
    }
    is_first = false;
    type_of_all = type;
  }
  return units.is_done() && !is_first;
}

// The type of the next unit of AV1, and with its layer; its content is eaten.
struct Av1Unit {
  std::uint64_t type = 0;
  std::uint64_t layer = 0;
};
std::optional<Av1Unit> eat_av1_unit(Eater& units) {
  const std::uint64_t header = units.take_big(1);
  const std::uint64_t extension = (header & 4U) != 0 ? units.take_big(1) : 0;
  std::uint64_t size = 0;
  for (unsigned shift = 0; shift <= 28; shift += 7) {
    const std::uint64_t byte = units.take_big(1);
    size |= (byte & 127U) << shift;
    if ((byte & 128U) == 0) {
      units.take(size);
      const bool is_plain = (header & 0x83U) == 2 && (extension & 7U) == 0;
      return is_plain && !units.failed()
                 ? std::optional(Av1Unit{header >> 3U, extension >> 3U & 3U})
                 : std::nullopt;
    }
  }
  return std::nullopt;
}

// AV1: a sequence header, if any, then one frame a layer.
bool is_bare_av1(std::string_view data) {
  Eater units(data);
  std::set<std::uint64_t> layers;
  for (bool is_first = true; !units.is_done(); is_first = false) {
    const auto unit = eat_av1_unit(units);
    if (!unit) {
      return false;
    }
    const bool is_sequence = unit->type == 1 && is_first;
    const bool is_frame = unit->type == 3 || unit->type == 6;
    const bool is_part = (unit->type == 4 || unit->type == 7) && !layers.empty();
    if (!is_sequence && !is_part && !(is_frame && layers.insert(unit->layer).second)) {
      return false;
    }
  }
  return !layers.empty();
}

// Nothing, or a sequence header.
bool is_bare_av1_configuration(std::string_view data) {
  Eater units(data);
  if (units.is_done()) {
    return true;
  }
  const auto unit = eat_av1_unit(units);
  return unit && unit->type == 1 && units.is_done();
}

bool is_bare_hevc_configuration(std::string_view content) {
  Eater record(content);
  const bool is_version_1 = record.take_big(1) == 1;
  record.take(12);
  const std::uint64_t segmentation = record.take_big(2);
  const std::uint64_t parallelism = record.take_big(1);
  const std::uint64_t chroma = record.take_big(1);
  const std::uint64_t luma_depth = record.take_big(1);
  const std::uint64_t chroma_depth = record.take_big(1);
  record.take(2);
  const std::uint64_t lengths = record.take_big(1);
  if (!is_version_1 || segmentation >> 12U != 15 || parallelism >> 2U != 63 || chroma >> 2U != 63 ||
      luma_depth >> 3U != 31 || chroma_depth >> 3U != 31 || (lengths & 3U) != 3) {
    return false;
  }
  std::set<std::uint64_t> types;
  for (std::uint64_t arrays = record.take_big(1); arrays > 0 && !record.failed(); --arrays) {
    const std::uint64_t type = record.take_big(1);
    const bool is_set = type == (128U | 32U) || type == (128U | 33U) || type == (128U | 34U);
    const std::uint64_t units = record.take_big(2);
    if (!is_set || !types.insert(type).second || units > 4) {
      return false;
    }
    for (std::uint64_t i = 0; i < units; ++i) {
      const std::uint64_t size = record.take_big(2);
      Eater unit(record.take(size));
      if (unit.take_big(2) >> 3U != (type & 63U) << 6U || size > 2'048) {
        return false;
      }
    }
  }
  return record.is_done();
}

bool is_bare_colour(std::string_view content) {
  Eater colour(content);
  if (colour.eat("prof") || colour.eat("rICC")) {
    return is_bare_profile(content.substr(4));
  }
  const bool is_named = colour.eat("nclx");
  const bool are_known =
      colour.take_big(2) < 256 && colour.take_big(2) < 256 && colour.take_big(2) < 256;
  return (colour.take_big(1) & 127U) == 0 && is_named && are_known && colour.is_done();
}

// Four fractions in lowest terms.
bool is_bare_crop(Eater& content) {
  for (int i = 0; i < 4; ++i) {
    const auto number = static_cast<std::int32_t>(content.take_big(4));
    const auto divisor = static_cast<std::int32_t>(content.take_big(4));
    if (divisor <= 0 || number == std::numeric_limits<std::int32_t>::min() ||
        std::gcd(number, divisor) != 1) {
      return false;
    }
  }
  return content.is_done();
}

bool are_bare_depths(Eater& content) {
  const std::uint64_t channels = content.take_big(1);
  for (std::uint64_t i = 0; i < channels && i < 4; ++i) {
    const std::uint64_t depth = content.take_big(1);
    if (depth < 1 || depth > 16) {
      return false;
    }
  }
  return channels > 0 && content.is_done();
}

bool is_bare_property(const Property& property) {
  Eater content(property.content);
  if (is_one_of(property.type, {"ispe", "pixi", "auxC"}) && !content.eat("\0\0\0\0"sv)) {
    return false;
  }
  if (property.type == "ispe") {
    content.take(8);
    return content.is_done();
  }
  if (property.type == "pixi") {
    return are_bare_depths(content);
  }
  if (property.type == "irot") {
    return content.take_big(1) <= 3 && content.is_done();
  }
  if (property.type == "imir") {
    return content.take_big(1) <= 1 && content.is_done();
  }
  if (property.type == "clap") {
    return is_bare_crop(content);
  }
  if (property.type == "a1op") {
    return content.take_big(1) < 32 && content.is_done();
  }
  if (property.type == "lsel") {
    const std::uint64_t layer = content.take_big(2);
    return (layer < 4 || layer == 0xFFFF) && content.is_done();
  }
  if (property.type == "auxC") {
    return (content.eat("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"sv) ||
            content.eat("urn:mpeg:hevc:2015:auxid:1\0"sv)) &&
           content.is_done();
  }
  if (property.type == "colr") {
    return is_bare_colour(property.content);
  }
  if (property.type == "hvcC") {
    return is_bare_hevc_configuration(property.content);
  }
  if (property.type == "av1C") {
    const bool is_right = content.take_big(1) == 0x81;
    content.take(2);
    return is_right && content.eat("\0"sv) && is_bare_av1_configuration(property.content.substr(4));
  }
  return false;
}

// What an item of this type may say, each thing once.
bool may_say(std::string_view item, std::string_view property) {
  if (is_one_of(property, {"av1C", "a1op", "lsel"})) {
    return item == "av01";
  }
  return property != "hvcC" || item == "hvc1";
}

class HeifVerifier {
 public:
  explicit HeifVerifier(std::string_view file) : file_(file), eater_(file) {}

  bool run() {
    if (!brands()) {
      return false;
    }
    Eater meta = eat_box(eater_, "meta", true);
    if (!handler(meta) || !primary(meta) || !locations(meta) || !information(meta) ||
        !properties(meta) || !references(meta) || !meta.is_done()) {
      return false;
    }
    Eater data = eat_box(eater_, "mdat");
    return !eater_.failed() && eater_.is_done() && items_fill(data);
  }

 private:
  bool brands() {
    Eater content = eat_box(eater_, "ftyp");
    for (const auto own : {"avif"sv, "heic"sv, "heix"sv}) {
      if (content.eat(own)) {
        return content.eat("\0\0\0\0mif1"sv) && content.eat(own) && content.is_done();
      }
    }
    return false;
  }

  static bool handler(Eater& meta) {
    Eater content = eat_box(meta, "hdlr", true);
    return content.eat("\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0"sv) && content.is_done();
  }

  bool primary(Eater& meta) {
    Eater content = eat_box(meta, "pitm", true);
    primary_ = content.take_big(2);
    return content.is_done();
  }

  // Each in one piece. Two may have the same.
  bool locations(Eater& meta) {
    Eater content = eat_box(meta, "iloc", true);
    if (!content.eat("\x44\0"sv)) {
      return false;
    }
    const std::uint64_t count = content.take_big(2);
    for (std::uint64_t id = 1; id <= count && !content.failed(); ++id) {
      const bool is_next = content.take_big(2) == id && content.eat("\0\0\0\1"sv);
      const std::uint64_t at = content.take_big(4);
      const std::uint64_t size = content.take_big(4);
      if (!is_next || at > file_.size() || size > file_.size() - at || size == 0) {
        return false;
      }
      pieces_.emplace(at, size);
      items_.push_back({"", file_.substr(at, size)});
    }
    return content.is_done() && primary_ > 0 && primary_ <= count;
  }

  bool information(Eater& meta) {
    Eater content = eat_box(meta, "iinf", true);
    std::set<std::pair<const char*, std::string_view>> seen;
    if (content.take_big(2) != items_.size()) {
      return false;
    }
    for (std::size_t i = 0; i < items_.size(); ++i) {
      Eater entry = eat_box(content, "infe");
      const bool is_right = (entry.eat("\2\0\0\0"sv) || entry.eat("\2\0\0\1"sv)) &&
                            entry.take_big(2) == i + 1 && entry.eat("\0\0"sv);
      items_[i].type = entry.take(4);
      if (!is_right || !entry.eat("\0"sv) || !entry.is_done() || content.failed()) {
        return false;
      }
      // Tiles may share their data: each piece is looked at once.
      if (seen.emplace(items_[i].data.data(), items_[i].type).second && !is_bare(items_[i])) {
        return false;
      }
    }
    return content.is_done();
  }

  static bool is_bare(const Item& item) {
    if (item.type == "hvc1") {
      return is_bare_hevc(item.data);
    }
    if (item.type == "av01") {
      return is_bare_av1(item.data);
    }
    Eater grid(item.data);
    const std::uint64_t head = grid.take_big(2);
    grid.take(head == 0 ? 6 : 10);
    return item.type == "grid" && head <= 1 && grid.is_done();
  }

  bool properties(Eater& meta) {
    Eater content = eat_box(meta, "iprp");
    Eater list = eat_box(content, "ipco");
    std::vector<Property> known;
    while (!list.is_done() && !list.failed()) {
      const std::uint64_t size = list.take_big(4);
      const std::string_view type = list.take(4);
      const std::string_view bytes = list.take(size >= 8 ? size - 8 : ~std::uint64_t{0});
      if (list.failed() || !is_bare_property({type, bytes})) {
        return false;
      }
      known.push_back({type, bytes});
    }
    Eater associations = eat_box(content, "ipma");
    if (!associations.eat("\0\0\0\1"sv) || associations.take_big(4) != items_.size()) {
      return false;
    }
    std::set<std::uint64_t> used;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (associations.take_big(2) != i + 1 ||
          !says_each_once(associations, items_[i], known, used)) {
        return false;
      }
    }
    return list.is_done() && associations.is_done() && content.is_done() &&
           used.size() == known.size();
  }

  static bool says_each_once(Eater& associations, const Item& item,
                             const std::vector<Property>& known, std::set<std::uint64_t>& used) {
    std::set<std::pair<std::string_view, bool>> said;
    for (std::uint64_t count = associations.take_big(1); count > 0; --count) {
      const std::uint64_t number = associations.take_big(2) & 0x7FFFU;
      if (number == 0 || number > known.size()) {
        return false;
      }
      const Property& property = known[number - 1];
      const bool is_profile = property.type == "colr" && !property.content.starts_with("nclx");
      if (!may_say(item.type, property.type) || !said.emplace(property.type, is_profile).second) {
        return false;
      }
      used.insert(number);
    }
    return true;
  }

  bool references(Eater& meta) {
    if (meta.is_done()) {
      return true;
    }
    Eater content = eat_box(meta, "iref", true);
    while (!content.is_done() && !content.failed()) {
      Eater reference(content.take(content.take_big(4) - 4));
      const std::string_view type = reference.take(4);
      bool is_right = is_one_of(type, {"dimg", "auxl", "prem"}) && is_item(reference);
      for (std::uint64_t count = reference.take_big(2); count > 0 && is_right; --count) {
        is_right = is_item(reference);
      }
      if (!is_right || !reference.is_done()) {
        return false;
      }
    }
    return content.is_done();
  }

  bool is_item(Eater& eater) const {
    const std::uint64_t id = eater.take_big(2);
    return id > 0 && id <= items_.size();
  }

  // One piece behind the other, from the beginning of the data to its end.
  bool items_fill(Eater& data) const {
    std::uint64_t begin = file_.size();
    for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
      if (piece->first + piece->second != begin) {
        return false;
      }
      begin = piece->first;
    }
    data.take(file_.size() - begin);
    return data.is_done();
  }

  std::string_view file_;
  Eater eater_;
  std::uint64_t primary_ = 0;
  std::vector<Item> items_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> pieces_;  // Where they begin, and their sizes.
};

}  // namespace

bool is_bare_heif(std::string_view file) { return HeifVerifier(file).run(); }

}  // namespace sightingd::verify
