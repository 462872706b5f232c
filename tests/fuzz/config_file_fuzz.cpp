// Configuration files: toml++, the schema, what contradicts what, and the rendering of all of it.
#include "config/config_file.h"
#include "config/cost_preview.h"
#include "config/difference.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

/// A file without a folder: nothing lies in conf.d beside it.
int memory_file() {
  static const int kFile = memfd_create("config", MFD_CLOEXEC);
  return kFile;
}

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void render_all(const std::vector<sightingd::Diagnostic>& diagnostics) {
  for (const sightingd::Diagnostic& diagnostic : diagnostics) {
    for (const auto audience : {sightingd::Audience::Operator, sightingd::Audience::Journal}) {
      require(render(diagnostic, audience).find('\n') == std::string::npos);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  require(ftruncate(memory_file(), 0) == 0);
  require(pwrite(memory_file(), data, size, 0) == static_cast<ssize_t>(size));
  const sightingd::Environment environment = [](std::string_view name) {
    return name == "TOKEN" ? std::optional<std::string>("sesame") : std::nullopt;
  };

  const sightingd::LoadResult result =
      sightingd::load_settings("/proc/self/fd/" + std::to_string(memory_file()), environment);

  require(result.settings.has_value() == result.errors.empty());
  render_all(result.errors);
  render_all(result.notes);
  if (result.settings) {
    render(cost_preview(*result.settings), sightingd::Audience::Operator);
    for (const auto& change : difference({}, *result.settings)) {
      require(render(change, sightingd::Audience::Operator).find("sesame") == std::string::npos);
    }
  }
  return 0;
}
