// sighting-examiner: examines pictures for sightingd, confined to a socket and the memory of one
// picture.
#include "examiner/serve.h"
#include "pipeline/image/examine.h"

#include <unistd.h>

int main() {
  // Ends without destructors: they would make system calls that are forbidden by then.
  _exit(static_cast<int>(sightingd::serve_examiner(&sightingd::examine)));
}
