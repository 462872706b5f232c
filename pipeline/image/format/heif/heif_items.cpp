#include "pipeline/image/format/heif/heif_items.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/heif/boxes.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sightingd {
namespace {

using Step = std::optional<RejectReason>;

// Numbers from the front of a box. After the end every one is zero, and is_cut() says so.
class Numbers {
 public:
  explicit Numbers(std::string_view content) : rest_(content) {}

  // Of a width that the file chooses: 0, 2, 4 or 8 bytes are allowed.
  std::uint64_t take(std::size_t bytes) {
    if (bytes > rest_.size() || bytes > 8) {
      is_cut_ = true;
      rest_ = {};
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      value = value << 8U | byte_at(rest_, i);
    }
    rest_.remove_prefix(bytes);
    return value;
  }
  std::uint32_t take32(std::size_t bytes) { return static_cast<std::uint32_t>(take(bytes)); }

  std::string_view rest() const { return rest_; }
  bool is_cut() const { return is_cut_; }

 private:
  std::string_view rest_;
  bool is_cut_ = false;
};

class ItemsReader {
 public:
  explicit ItemsReader(std::string_view file) : file_(file) {}

  OrReject<HeifItems> run() {
    const auto meta = find_meta();
    if (!meta) {
      return is_film() ? RejectReason::UnsupportedVariant : RejectReason::Malformed;
    }
    collect(*meta);
    for (const auto read : {&ItemsReader::information, &ItemsReader::locations,
                            &ItemsReader::associations, &ItemsReader::references}) {
      if (const Step reason = (this->*read)()) {
        return *reason;
      }
    }
    Numbers primary(primary_);
    primary.take(4);  // Version and flags.
    found_.primary = primary.take32(byte_at(primary_, 0) == 0 ? 2 : 4);
    return std::move(found_);
  }

 private:
  // The first one that lists pictures. Behind version and flags.
  std::optional<std::string_view> find_meta() const {
    Boxes top(file_);
    while (const auto box = top.next()) {
      if (box->type != "meta") {
        continue;
      }
      const std::string_view list = slice(box->content, 4);
      Boxes boxes(list);
      while (const auto inner = boxes.next()) {
        if (inner->type == "hdlr" && slice(inner->content, 8, 4) == "pict") {
          return list;
        }
      }
    }
    return std::nullopt;
  }

  // A sequence of pictures without one to show by itself.
  bool is_film() const {
    Boxes top(file_);
    while (const auto box = top.next()) {
      if (box->type == "moov") {
        return true;
      }
    }
    return false;
  }

  void collect(std::string_view meta) {
    Boxes boxes(meta);
    while (const auto box = boxes.next()) {
      for (auto& [type, content] : {std::pair("pitm", &primary_),
                                    {"iinf", &information_},
                                    {"iloc", &locations_},
                                    {"iprp", &properties_},
                                    {"iref", &references_},
                                    {"idat", &idat_}}) {
        if (box->type == type && content->empty()) {
          *content = box->content;
        }
      }
    }
  }

  Step information() {
    const bool is_short = byte_at(information_, 0) == 0;
    Boxes boxes(slice(information_, is_short ? 6 : 8));
    while (const auto box = boxes.next()) {
      const std::uint8_t version = byte_at(box->content, 0);
      if (box->type != "infe" || version < 2) {
        continue;
      }
      if (found_.items.size() == kMostHeifItems) {
        return RejectReason::UnsupportedVariant;
      }
      Numbers numbers(slice(box->content, 4));
      const std::uint32_t id = numbers.take32(version == 2 ? 2 : 4);
      numbers.take(2);  // The scheme of its protection, for what that is worth.
      HeifItem item;
      item.is_hidden = (byte_at(box->content, 3) & 1U) != 0;
      item.type = slice(numbers.rest(), 0, 4);
      if (item.type.size() < 4) {
        return RejectReason::Malformed;
      }
      if (item.type == "mime") {
        const std::string_view names = numbers.rest().substr(4);
        const std::string_view after = slice(names, std::min(names.find('\0'), names.size()) + 1);
        item.content_type = after.substr(0, after.find('\0'));
      }
      found_.items.emplace(id, std::move(item));
    }
    return boxes.is_cut() ? Step(RejectReason::Malformed) : std::nullopt;
  }

  Step locations() {
    const std::uint8_t version = byte_at(locations_, 0);
    if (version > 2) {
      return RejectReason::UnsupportedVariant;
    }
    Numbers numbers(slice(locations_, 4));
    const std::uint64_t sizes = numbers.take(2);
    const std::size_t offset_size = sizes >> 12U & 15U;
    const std::size_t length_size = sizes >> 8U & 15U;
    const std::size_t base_size = sizes >> 4U & 15U;
    const std::size_t index_size = version == 0 ? 0 : sizes & 15U;
    const std::uint64_t count = numbers.take(version < 2 ? 2 : 4);
    for (std::uint64_t i = 0; i < count && !numbers.is_cut(); ++i) {
      const std::uint32_t id = numbers.take32(version < 2 ? 2 : 4);
      const std::uint64_t method = version == 0 ? 0 : numbers.take(2) & 15U;
      const std::uint64_t other_file = numbers.take(2);
      const std::uint64_t base = numbers.take(base_size);
      const std::uint64_t extents = numbers.take(2);
      const auto item = found_.items.find(id);
      for (std::uint64_t extent = 0; extent < extents && !numbers.is_cut(); ++extent) {
        numbers.take(index_size);
        const std::uint64_t offset = numbers.take(offset_size);
        const std::uint64_t length = numbers.take(length_size);
        if (++extents_ > kMostHeifItems) {
          return RejectReason::UnsupportedVariant;
        }
        if (item == found_.items.end() || method > 1 || other_file != 0) {
          continue;  // In another file or another item: nothing of it is known here.
        }
        if (const Step reason = extend(item->second, method == 1 ? idat_ : file_, base, offset,
                                       length, length_size == 0)) {
          return reason;
        }
      }
    }
    return numbers.is_cut() ? Step(RejectReason::Malformed) : std::nullopt;
  }

  static Step extend(HeifItem& item, std::string_view where, std::uint64_t base,
                     std::uint64_t offset, std::uint64_t length, bool is_to_the_end) {
    if (base > where.size() || offset > where.size() - base) {
      return RejectReason::Malformed;
    }
    const std::string_view rest = where.substr(base + offset);
    if (length > rest.size()) {
      return RejectReason::Malformed;
    }
    item.extents.push_back(is_to_the_end ? rest : rest.substr(0, length));
    return std::nullopt;
  }

  Step associations() {
    std::vector<Box> known;
    Boxes boxes(properties_);
    while (const auto box = boxes.next()) {
      if (box->type == "ipco") {
        Boxes list(box->content);
        for (auto property = list.next(); property; property = list.next()) {
          if (known.size() == kMostHeifItems) {
            return RejectReason::UnsupportedVariant;
          }
          known.push_back(*property);
        }
        if (list.is_cut()) {
          return RejectReason::Malformed;
        }
      } else if (box->type == "ipma") {
        if (const Step reason = associate(box->content, known)) {
          return reason;
        }
      }
    }
    return boxes.is_cut() ? Step(RejectReason::Malformed) : std::nullopt;
  }

  Step associate(std::string_view content, const std::vector<Box>& known) {
    Numbers numbers(content);
    const std::uint64_t version = numbers.take(1);
    const bool is_wide = (numbers.take(3) & 1U) != 0;
    const std::uint64_t count = numbers.take(4);
    for (std::uint64_t i = 0; i < count && !numbers.is_cut(); ++i) {
      const std::uint32_t id = numbers.take32(version == 0 ? 2 : 4);
      const std::uint64_t properties = numbers.take(1);
      const auto item = found_.items.find(id);
      for (std::uint64_t k = 0; k < properties && !numbers.is_cut(); ++k) {
        const std::uint64_t word = numbers.take(is_wide ? 2 : 1);
        const std::uint64_t essential = is_wide ? 0x8000 : 0x80;
        const std::uint64_t index = word & (essential - 1);
        if (item == found_.items.end() || index == 0) {
          continue;
        }
        if (index > known.size()) {
          return RejectReason::Malformed;
        }
        if (++associations_ > 16 * kMostHeifItems) {
          return RejectReason::UnsupportedVariant;
        }
        const Box& property = known[index - 1];
        item->second.properties.push_back(
            {property.type, property.content, (word & essential) != 0});
      }
    }
    return numbers.is_cut() ? Step(RejectReason::Malformed) : std::nullopt;
  }

  Step references() {
    const std::size_t id_size = byte_at(references_, 0) == 0 ? 2 : 4;
    std::size_t targets = 0;
    Boxes boxes(slice(references_, 4));
    while (const auto box = boxes.next()) {
      Numbers numbers(box->content);
      HeifReference reference{box->type, numbers.take32(id_size), {}};
      const std::uint64_t count = numbers.take(2);
      targets += count + 1;
      if (targets > 2 * kMostHeifItems) {
        return RejectReason::UnsupportedVariant;
      }
      for (std::uint64_t i = 0; i < count; ++i) {
        reference.to.push_back(numbers.take32(id_size));
      }
      if (numbers.is_cut()) {
        return RejectReason::Malformed;
      }
      found_.references.push_back(std::move(reference));
    }
    return boxes.is_cut() ? Step(RejectReason::Malformed) : std::nullopt;
  }

  std::string_view file_;
  std::string_view primary_;
  std::string_view information_;
  std::string_view locations_;
  std::string_view properties_;
  std::string_view references_;
  std::string_view idat_;
  std::size_t extents_ = 0;
  std::size_t associations_ = 0;
  HeifItems found_;
};

}  // namespace

std::string HeifItem::data(std::size_t most) const {
  std::string bytes;
  for (const std::string_view extent : extents) {
    bytes += extent.substr(0, most - bytes.size());
  }
  return bytes;
}

const HeifProperty* HeifItem::find(std::string_view property_type) const {
  const auto found = std::find_if(properties.begin(), properties.end(), [&](const auto& property) {
    return property.type == property_type;
  });
  return found == properties.end() ? nullptr : &*found;
}

OrReject<HeifItems> read_heif_items(std::string_view file) { return ItemsReader(file).run(); }

}  // namespace sightingd
