// In the place of decode_heif.cpp where SIGHTINGD_HEIF is off.
#include "pipeline/image/pixels/decode.h"

namespace sightingd {

OrReject<UprightPicture> decode_heif(std::string_view) { return RejectReason::UnknownFormat; }

}  // namespace sightingd
