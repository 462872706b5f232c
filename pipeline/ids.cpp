#include "pipeline/ids.h"

namespace sightingd {
namespace {

using namespace std::string_view_literals;

}  // namespace

SightingId sighting_id(std::string_view canonical_uri) {
  return SightingId(base32_prefix(sha256("post\0"sv, canonical_uri)));
}

PhotoId photo_id(const Sha256& received) {
  return PhotoId(base32_prefix(sha256("photo\0"sv, as_text(received))));
}

}  // namespace sightingd
