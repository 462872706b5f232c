#include "config/reference.h"

#include "config/schema.h"

#include <algorithm>
#include <string_view>

namespace sightingd {
namespace {

constexpr std::size_t kLineWidth = 100;

constexpr std::string_view kExampleHead =
    R"(# An example of /etc/sightingd/sightingd.toml, with every key. What is left out has the value that
# stands here, but for [[source]] and [[watch]], which are examples, and user_agent_contact, which
# must be yours. Files in conf.d/*.toml beside this one are read after it, in the order of their
# names. "sightingctl check FILE" tells every mistake; docs/configuration.md tells more.
)";

constexpr std::string_view kPageHead = R"(# Configuration

`sightingd` reads `/etc/sightingd/sightingd.toml`, or the file that `--config` names, and then the
files `conf.d/*.toml` beside it in the order of their names (hidden files are left out). All are
[TOML](https://toml.io/en/v1.0.0). `config/sightingd.example.toml` shows every key.

* `[[source]]` and `[[watch]]` append: the files of `conf.d` may each bring some. A name that is used
  twice is an error. Of any other key that is set twice the last file wins, and `check` says so.
* Durations are written `15s`, `5m`, `2h`, `7d`, `2y`; sizes `500kB`, `20MiB`; pixels `80MP`; rates
  `300/15m`, `200/d`. A relative path is taken from the folder of the file that holds it.
* Outside of `[[source]]` and `[[watch]]` every key but `http.user_agent_contact` has a default.
* A secret never stands in the file, only the place where it lies: `{ credential = "NAME" }`, a systemd
  credential (`LoadCredential=NAME:PATH` in the unit); `{ file = "PATH" }`, a file that is closed to other
  users (mode 0600 or 0640); `{ env = "VARIABLE" }`. One newline at its end is dropped. It is never
  printed.

`sightingctl check [FILE]` tells all mistakes at once, each as
`FILE:LINE:COLUMN: key: what is wrong (what is allowed; did you mean ...)`, then what the configuration
would cost: the requests of each source against its limit, and the poll interval that results. Outside
the unit systemd's credentials are out of reach: there `check` says so in a note, and goes on.

Under systemd's journal the same messages name the place, the key and what is allowed, and never a
value of `name`, `url`, `hashtag` or `account`.

"Reload" below means that `sightingctl reload` (or `SIGHUP`) takes a changed value over; "restart" that it
refuses to, and names the key.
)";

/// `text` in lines of at most kLineWidth, each behind `prefix`.
std::string wrapped(std::string_view text, std::string_view prefix) {
  std::string result;
  std::string line;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    if (!line.empty() && prefix.size() + line.size() + 1 + word.size() > kLineWidth) {
      result += std::string(prefix) + line + '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + std::string(word);
    begin = end + 1;
  }
  return line.empty() ? result : result + std::string(prefix) + line + '\n';
}

std::string example_of(const KeyText& key) {
  std::string text = wrapped(key.meaning, "# ");
  text += wrapped("Allowed: " + key.allowed, "# ");
  const std::string_view value = key.example.empty() ? key.default_value : key.example;
  text += key.is_commented_out ? "# " : "";
  return text + std::string(key.name) + " = " + std::string(value) + '\n';
}

template <typename Target>
std::string example_of(const Section<Target>& section, const std::string& header) {
  std::string text = '\n' + wrapped(section.meaning, "# ");
  text += header + '\n';
  std::string_view gap;
  for (const Key<Target>& key : section.keys) {
    text += gap;
    text += example_of(key.text);
    gap = "\n";
  }
  return text;
}

std::string code(std::string_view text) { return '`' + std::string(text) + '`'; }

std::string default_of(const KeyText& key) {
  if (key.is_required) {
    return "**required**";
  }
  return key.default_value.empty() ? std::string(key.default_words) : code(key.default_value);
}

std::string_view words_for(TakesEffect takes_effect) {
  return takes_effect == TakesEffect::OnReload ? "reload" : "restart";
}

template <typename Target>
std::string table_of(const Section<Target>& section, const std::string& header) {
  std::string text =
      "\n## " + code(header) + "\n\n" + wrapped(section.meaning, "") +
      "\n| key | default | allowed | changes by | meaning |\n|---|---|---|---|---|\n";
  for (const Key<Target>& key : section.keys) {
    text += "| " + code(key.text.name) + " | " + default_of(key.text) + " | " + key.text.type +
            ": " + key.text.allowed + " | " + std::string(words_for(key.text.takes_effect)) +
            " | " + std::string(key.text.meaning) + " |\n";
  }
  return text;
}

/// Lets `describe(section, header)` tell of every section.
template <typename Describe>
std::string of_every_section(std::string_view head, Describe describe) {
  std::string text(head);
  for (const Section<Settings>& section : schema().sections) {
    text += describe(section, '[' + std::string(section.name) + ']');
  }
  text += describe(schema().source, std::string("[[source]]"));
  return text + describe(schema().watch, std::string("[[watch]]"));
}

}  // namespace

std::string example_file() {
  return of_every_section(kExampleHead, [](const auto& section, const std::string& header) {
    return example_of(section, header);
  });
}

std::string reference_page() {
  return of_every_section(kPageHead, [](const auto& section, const std::string& header) {
    return table_of(section, header);
  });
}

}  // namespace sightingd
