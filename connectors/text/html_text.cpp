#include "connectors/text/html_text.h"

#include "connectors/text/ascii.h"
#include "connectors/text/utf8.h"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <memory>

namespace sightingd {
namespace {

// An empty line is as much space as a text may have between two lines.
constexpr int kMaxLineBreaks = 2;

// Collects text; white space is held back until it is known to stand between two words.
//
// Never allocates once made, so that it can be written to from C callbacks.
class PlainText {
 public:
  PlainText(std::size_t longest, std::size_t max_bytes) : room_(std::min(longest, max_bytes)) {
    text_.reserve(room_);
  }

  void append(std::string_view characters) noexcept {
    for (std::size_t at = 0; at < characters.size() && !full_;) {
      if (is_space_or_control(characters[at])) {
        add_space(characters[at]);
        ++at;
        continue;
      }
      std::size_t end = at + 1;
      while (end < characters.size() && !is_space_or_control(characters[end])) {
        ++end;
      }
      add_word(characters.substr(at, end - at));
      at = end;
    }
  }

  void break_line() noexcept { breaks_ = std::min(breaks_ + 1, kMaxLineBreaks); }
  void end_block() noexcept { breaks_ = std::max(breaks_, 1); }
  void set_preformatted(bool on) noexcept { preformatted_ = on; }

  std::string take() && { return std::move(text_); }

 private:
  void add_space(char c) noexcept {
    if (c == '\n' && preformatted_) {
      break_line();
    } else {
      space_ = true;
    }
  }

  void add_word(std::string_view word) noexcept {
    if (!text_.empty()) {
      if (breaks_ > 0) {
        add(std::string_view("\n\n", static_cast<std::size_t>(breaks_)));
      } else if (space_) {
        add(" ");
      }
    }
    breaks_ = 0;
    space_ = false;
    add(word);
  }

  void add(std::string_view piece) noexcept {
    const std::string_view fitting = cut_utf8(piece, room_ - text_.size());
    text_.append(fitting);
    full_ = full_ || fitting.size() < piece.size();
  }

  std::string text_;
  std::size_t room_;
  int breaks_ = 0;
  bool space_ = false;
  bool preformatted_ = false;
  bool full_ = false;
};

struct Reading {
  PlainText text;
  int unread = 0;  // Depth in elements whose content is not text.
};

constexpr std::array<std::string_view, 22> kBlocks = {
    "p",  "div", "li", "ul", "ol", "blockquote", "pre", "h1",      "h2",      "h3",     "h4",
    "h5", "h6",  "dl", "dt", "dd", "table",      "tr",  "section", "article", "figure", "hr"};
constexpr std::array<std::string_view, 4> kUnread = {"script", "style", "title", "template"};

bool is_one_of(std::string_view name, auto& names) noexcept {
  return std::ranges::find(names, name) != std::end(names);
}

std::string_view view(const xmlChar* text) noexcept { return reinterpret_cast<const char*>(text); }

void start_element(void* context, const xmlChar* element, const xmlChar**) noexcept {
  auto& reading = *static_cast<Reading*>(context);
  const std::string_view name = view(element);
  if (name == "br") {
    reading.text.break_line();
  } else if (is_one_of(name, kBlocks)) {
    reading.text.end_block();
    reading.text.set_preformatted(name == "pre");
  } else if (is_one_of(name, kUnread)) {
    ++reading.unread;
  }
}

void end_element(void* context, const xmlChar* element) noexcept {
  auto& reading = *static_cast<Reading*>(context);
  const std::string_view name = view(element);
  if (is_one_of(name, kBlocks)) {
    reading.text.end_block();
    reading.text.set_preformatted(false);
  } else if (is_one_of(name, kUnread) && reading.unread > 0) {
    --reading.unread;
  }
}

void characters(void* context, const xmlChar* text, int length) noexcept {
  auto& reading = *static_cast<Reading*>(context);
  if (reading.unread == 0 && length > 0) {
    reading.text.append({reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)});
  }
}

htmlSAXHandler make_handler() {
  htmlSAXHandler handler{};
  handler.startElement = start_element;
  handler.endElement = end_element;
  handler.characters = characters;
  handler.ignorableWhitespace = characters;
  handler.cdataBlock = characters;
  return handler;
}

struct FreeParser {
  void operator()(htmlParserCtxt* parser) const { htmlFreeParserCtxt(parser); }
};

void parse(std::string_view html, Reading& reading) {
  htmlSAXHandler handler = make_handler();
  // The encoding is named so that a <meta charset> in the text cannot change it.
  const std::unique_ptr<htmlParserCtxt, FreeParser> parser(
      htmlCreatePushParserCtxt(&handler, &reading, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8));
  if (!parser) {
    throw std::bad_alloc();
  }
  htmlCtxtUseOptions(parser.get(), HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                       HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
  htmlParseChunk(parser.get(), html.data(), static_cast<int>(html.size()), 1);
}

// libxml2 ends at a NUL and reads bytes that are not UTF-8 as Latin-1.
std::string readable(std::string_view html) {
  std::string text = repair_utf8(html.substr(0, kMaxHtmlBytes));
  std::ranges::replace(text, '\0', ' ');
  return text;
}

}  // namespace

std::string html_to_text(std::string_view html, std::size_t max_bytes) {
  const std::string text = readable(html);
  // No markup decodes to something longer than itself.
  Reading reading{.text = PlainText(text.size(), max_bytes)};
  if (text.find_first_of("<&") == std::string::npos) {
    reading.text.append(text);
  } else {
    parse(text, reading);
  }
  return std::move(reading.text).take();
}

}  // namespace sightingd
