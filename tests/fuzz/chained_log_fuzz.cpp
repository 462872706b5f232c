// The bytes of a chained log. Hashes are made right, so that what lies behind them is reached: the
// input says where the start and the frames end. Whatever reads must encode to the same bytes.
#include "storage/log/chain.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sightingd;

/// Reads to the end, or to what is not whole, as ChainedLog does.
std::string written_anew(std::string_view log, const ChainHasher& hasher) {
  const auto start = chain::read_start(log, hasher);
  if (!start) {
    return {};
  }
  std::string bytes = chain::encode(start->start, hasher);
  if (bytes != log.substr(0, start->size)) {
    std::abort();
  }
  ChainHead head = start->start.after;
  for (std::size_t at = start->size;;) {
    const chain::ReadFrame frame =
        chain::read_frame(log.substr(at, chain::kMostBytesAtOnce), head, hasher);
    if (frame.outcome != chain::ReadFrame::Outcome::Intact) {
      break;
    }
    chain::append_frame(bytes, frame.payload, head, hasher);
    if (head != frame.head) {
      std::abort();
    }
    at += frame.size;
  }
  if (!log.starts_with(bytes)) {
    std::abort();
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ChainHasher hasher(std::nullopt);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  static_cast<void>(chain::read_owner(input));
  static_cast<void>(written_anew(input, hasher));

  // The owner's bytes end at the first newline, and so does each entry; what follows the last one
  // is appended as it stands.
  const std::size_t line = input.find('\n');
  if (line == std::string_view::npos) {
    return 0;
  }
  ChainHead head{.number = size, .hash = {}};
  std::string log =
      chain::encode({.owner = std::string(input.substr(0, line)), .after = head}, hasher);
  std::string_view rest = input.substr(line + 1);
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    chain::append_frame(log, rest.substr(0, end), head, hasher);
    rest.remove_prefix(end + 1);
  }
  const bool fits = line <= chain::kMostOwnerBytes && size <= chain::kMostPayloadBytes;
  if (fits && written_anew(log + std::string(rest), hasher).size() < log.size()) {
    std::abort();
  }
  return 0;
}
