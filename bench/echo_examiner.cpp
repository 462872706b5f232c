// An examiner that does no work: what came goes back as it is. For measuring the way there and
// back (examiner-bench).
#include "examiner/serve.h"

#include <unistd.h>

namespace {

using namespace sightingd;

Examination echo(std::string_view bytes, const ImageLimits&) {
  ExaminedImage image;
  image.stripped = bytes;
  image.photo.bytes = bytes.size();
  image.photo.width = 1;
  image.photo.height = 1;
  return image;
}

}  // namespace

int main() { return static_cast<int>(serve_examiner(echo)); }
