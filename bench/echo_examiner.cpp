// An examiner that does no work: what came goes back with another last byte, so that the daemon
// has something to copy and to digest. For measuring the way there and back (examiner-bench).
#include "examiner/serve.h"

#include <unistd.h>

namespace {

using namespace sightingd;

Examination echo(std::string_view bytes, const ImageLimits&) {
  ExaminedImage image;
  image.stripped = bytes;
  image.stripped.back() = static_cast<char>(image.stripped.back() ^ 1);
  image.photo.bytes = bytes.size();
  image.photo.width = 1;
  image.photo.height = 1;
  return image;
}

}  // namespace

int main() { return static_cast<int>(serve_examiner(echo)); }
