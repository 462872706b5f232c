#include "config/settings.h"

#include "connectors/text/ascii.h"

#include <algorithm>

namespace sightingd {
namespace {

/// Handles are compared without regard to ASCII case, as every network does (RFC 7565 leaves it
/// to the host; no host tells "Rescue" and "rescue" apart).
std::string folded_handle(const Account& account) {
  std::string folded = account.handle;
  std::ranges::transform(folded, folded.begin(), ascii_lower);
  return folded;
}

}  // namespace

WatchKey watch_key(const SourceOptions& source, const Subject& subject) {
  if (const auto* hashtag = std::get_if<Hashtag>(&subject)) {
    return {source.url + " #" + hashtag->folded};
  }
  return {source.url + " @" + folded_handle(std::get<Account>(subject))};
}

}  // namespace sightingd
