#include "pipeline/image/metadata/photoshop_resources.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/metadata/carriers.h"

#include <algorithm>
#include <array>
#include <optional>

namespace sightingd {
namespace {

// Photoshop's own, and those of programs that write theirs beside them.
constexpr std::array<std::string_view, 5> kSignatures{"8BIM", "PHUT", "DCSR", "AgHg", "MeSa"};
constexpr std::size_t kIptc = 0x0404;
constexpr std::size_t kExif = 0x0422;
constexpr std::size_t kXmp = 0x0424;

struct Resource {
  std::size_t id = 0;
  std::string_view content;
};

bool begins_resource(std::string_view block) {
  return std::ranges::any_of(
      kSignatures, [block](std::string_view signature) { return block.starts_with(signature); });
}

// Takes a resource off the front: signature, id, name (Pascal), size, content. Name and content
// are filled up to an even size, which some programs forget.
std::optional<Resource> take_resource(std::string_view& block) {
  constexpr std::size_t kNameAt = 6;
  if (!begins_resource(block)) {
    block = slice(block, 1);
    if (!begins_resource(block)) {
      return std::nullopt;
    }
  }
  const std::size_t id = big16(block, 4);
  const std::size_t name = 1 + std::size_t{byte_at(block, kNameAt)};
  const std::size_t size_at = kNameAt + name + name % 2;
  const std::size_t size = big32(block, size_at);
  const std::string_view rest = slice(block, size_at + 4);
  const Resource resource{.id = id, .content = rest.substr(0, size)};
  block = slice(rest, resource.content.size());
  return resource;
}

void keep(std::vector<std::string_view>& kept, std::string_view content) {
  if (!content.empty() && kept.size() < kMostCarriers) {
    kept.push_back(content);
  }
}

}  // namespace

void add_resources(std::string_view block, PhotoshopResources& found) {
  if (block.starts_with('\x1c')) {
    keep(found.iptc, block);
    return;
  }
  while (const auto resource = take_resource(block)) {
    if (resource->id == kIptc) {
      keep(found.iptc, resource->content);
    } else if (resource->id == kExif) {
      keep(found.exif, resource->content);
    } else if (resource->id == kXmp) {
      keep(found.xmp, resource->content);
    }
  }
}

}  // namespace sightingd
