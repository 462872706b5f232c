// Both directions of the examiner protocol: bytes of a hostile examiner as the daemon reads
// them, and bytes of a daemon as the examiner reads them. What is read must be within its
// limits, and must be what writing it again gives.
#include "examiner/protocol.h"

#include "pipeline/geo/place_name.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sightingd;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check_photo(const Photo& photo, std::uint64_t stripped_size, const ImageLimits& limits) {
  require(photo.bytes == stripped_size && stripped_size > 0);
  require(std::uint64_t{photo.width} * photo.height <= limits.max_pixels);
  require(photo.pdq.quality >= 0 && photo.pdq.quality <= 100);
  if (photo.location) {
    require(std::isfinite(photo.location->latitude) && std::isfinite(photo.location->longitude));
    require(to_text(photo.location->origin) != "unknown");
    require(!photo.location->place || is_place_name(*photo.location->place));
  }
}

void read_as_daemon(std::string_view facts, std::uint64_t stripped_size) {
  const ImageLimits limits;
  const auto verdict = read_verdict(facts, stripped_size, limits);
  if (verdict) {
    if (const auto* image = std::get_if<ExaminedImage>(&*verdict)) {
      check_photo(image->photo, stripped_size, limits);
    }
    require(write_verdict(*verdict).substr(kHeaderSize) == facts);
  }
  if (const auto ready = read_ready(facts)) {
    require(write_ready(*ready).substr(kHeaderSize) == facts);
  }
}

void read_as_examiner(std::string_view facts) {
  if (const auto setup = read_setup(facts)) {
    require(write_setup(*setup).substr(kHeaderSize) == facts);
  }
  if (const auto picture = read_picture(facts)) {
    require(write_picture(*picture, 0).substr(kHeaderSize) == facts);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t kMaxPicture = 4096;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const MessageType type :
       {MessageType::Setup, MessageType::Ready, MessageType::Picture, MessageType::Verdict}) {
    const auto message = read_header(input.substr(0, kHeaderSize), type, kMaxPicture);
    if (message) {
      require(message->facts <= kMaxFactsSize && message->picture <= kMaxPicture);
      const std::string_view facts = input.substr(kHeaderSize).substr(0, message->facts);
      read_as_daemon(facts, message->picture);
      read_as_examiner(facts);
    }
  }
  return 0;
}
