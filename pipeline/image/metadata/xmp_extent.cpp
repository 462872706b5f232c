#include "pipeline/image/metadata/xmp_extent.h"

#include <cstddef>

namespace sightingd {
namespace {

// Raw converters write their settings, some 300, as attributes of one tag.
constexpr std::size_t kMostAttributesOfATag = 1'024;
// Histories and masks have some attributes for each of their steps.
constexpr std::size_t kMostAttributes = 32'768;
// Lists of ancestors have some thousands. A parser keeps every name that it has seen in a table
// that stops to grow.
constexpr std::size_t kMostTags = 65'536;
// A dozen schemas are in use; some writers declare them anew in each description.
constexpr std::size_t kMostPrefixes = 256;
constexpr std::size_t kDeepest = 64;

// One walk over the markup of a packet. It is exact for well-formed XML only; a parser stops at
// anything else, so what stands behind costs nothing.
class MarkupWalk {
 public:
  explicit MarkupWalk(std::string_view packet) : packet_(packet) {}

  std::string_view run() {
    // An encoding that a parser could guess has a zero byte, or another letter for '<'.
    const std::size_t zero = packet_.find('\0');
    if (zero != std::string_view::npos) {
      packet_ = packet_.substr(0, zero);
    }
    if (!begins_as_utf8()) {
      return {};
    }
    for (;;) {
      const std::size_t markup = packet_.find('<', at_);
      if (markup == std::string_view::npos) {
        return packet_;
      }
      at_ = markup + 1;
      if (!step()) {
        return packet_.substr(0, markup);
      }
    }
  }

 private:
  bool begins_as_utf8() const {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    const std::string_view text =
        packet_.substr(packet_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos || text[first] == '<';
  }

  bool begins(std::string_view text) const { return packet_.substr(at_).starts_with(text); }

  // False when what begins here must not be parsed.
  bool step() {
    if (begins("!--")) {
      at_ += 3;
      return skip_behind("-->");
    }
    if (begins("![CDATA[")) {
      return skip_behind("]]>");
    }
    if (begins("?")) {
      return skip_behind("?>");
    }
    if (begins("!")) {
      return false;  // A document type.
    }
    if (begins("/")) {
      depth_ -= depth_ > 0 ? 1 : 0;
      return skip_behind(">");
    }
    return tag();
  }

  // A construct without its end is left to the parser, which finds none either.
  bool skip_behind(std::string_view end) {
    const std::size_t found = packet_.find(end, at_);
    at_ = found == std::string_view::npos ? packet_.size() : found + end.size();
    return true;
  }

  bool tag() {
    if (++tags_ > kMostTags) {
      return false;
    }
    std::size_t attributes = 0;
    for (;;) {
      at_ = packet_.find_first_of("\"'>", at_);
      if (at_ == std::string_view::npos) {
        at_ = packet_.size();
        return true;
      }
      const char found = packet_[at_++];
      if (found == '>') {
        break;
      }
      count_prefix();
      ++attributes;
      ++attributes_;
      if (attributes > kMostAttributesOfATag || attributes_ > kMostAttributes ||
          prefixes_ > kMostPrefixes) {
        return false;
      }
      skip_behind(std::string_view(&found, 1));
    }
    const bool is_empty = packet_[at_ - 2] == '/';
    depth_ += is_empty ? 0 : 1;
    return depth_ <= kDeepest;
  }

  // `at_` is behind the quote that opens a value: is its name "xmlns" or "xmlns:..."?
  void count_prefix() {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::string_view before = packet_.substr(0, at_ - 1);
    const std::size_t equals = before.find_last_not_of(kSpace);
    if (equals == std::string_view::npos || before[equals] != '=') {
      return;
    }
    const std::size_t name_end = before.find_last_not_of(kSpace, equals - 1);
    if (name_end == std::string_view::npos) {
      return;
    }
    const std::size_t space = before.find_last_of(kSpace, name_end);
    prefixes_ += before.substr(space + 1).starts_with("xmlns") ? 1 : 0;
  }

  std::string_view packet_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t tags_ = 0;
  std::size_t attributes_ = 0;
  std::size_t prefixes_ = 0;
};

}  // namespace

std::string_view affordable_part(std::string_view packet) { return MarkupWalk(packet).run(); }

}  // namespace sightingd
