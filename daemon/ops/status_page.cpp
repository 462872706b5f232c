#include "daemon/ops/status_page.h"

#include "daemon/api/human_text.h"
#include "pipeline/digest.h"

#include <openssl/evp.h>

#include <array>
#include <map>
#include <optional>
#include <string_view>

namespace sightingd {
namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --line: #c9ced6; --soft: #5b6472; --good: #12703a; --bad: #b3261e; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3d444f; --soft: #a3adbb; --good: #6fd08c; --bad: #ff8a80; --warn: #f0b64d; }
}
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.soft { color: var(--soft); }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.warn { color: var(--warn); font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .75rem; margin: 0; }
dl div { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .75rem; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
ul { margin: 0; padding-left: 1.25rem; }
)css";

std::string base64(const Sha256& digest) {
  // 4 characters for every 3 bytes begun, and the terminating zero.
  std::array<unsigned char, 45> text{};
  const int length =
      EVP_EncodeBlock(text.data(), digest.bytes.data(), static_cast<int>(digest.bytes.size()));
  return {text.begin(), text.begin() + length};
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

// "1 234 567", with thin spaces that do not break.
std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) {
      text += "&#8239;";
    }
    text += digits[i];
  }
  return text;
}

std::string time_of(TimePoint time) {
  const std::string text = format_rfc3339(time);
  // "2026-02-01T10:00:03.120Z" -> "2026-02-01 10:00:03"
  return text.substr(0, 10) + ' ' + text.substr(11, 8);
}

std::string ago(const std::optional<TimePoint>& time, TimePoint now) {
  if (!time) {
    return "never";
  }
  return duration_text(std::chrono::floor<std::chrono::seconds>(now - *time)) + " ago";
}

std::string until(const std::optional<TimePoint>& time, TimePoint now) {
  if (!time) {
    return "-";
  }
  return *time <= now ? "now"
                      : "in " + duration_text(std::chrono::ceil<std::chrono::seconds>(*time - now));
}

std::string_view class_of_state(std::string_view state) {
  if (state == "ok" || state == "polling") {
    return "good";
  }
  return state == "refused" || state == "stalled" ? "bad" : "warn";
}

class Page {
 public:
  explicit Page(const Status& status) : status_(status) {}

  std::string render() {
    html_ =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"refresh\" content=\"10\">\n"
        "<title>sightingd</title>\n<style>";
    html_ += kStyle;
    html_ += "</style>\n</head>\n<body>\n";
    heading();
    totals();
    watches();
    sources();
    sandbox();
    html_ += "</body>\n</html>\n";
    return std::move(html_);
  }

 private:
  void heading() {
    html_ += "<header>\n<h1>sightingd</h1>\n<p role=\"status\">";
    html_ += status_.ready
                 ? "<span class=\"good\">Ready</span>: every source is being read."
                 : "<span class=\"bad\">Not ready</span>: <a href=\"/readyz\">the reason</a>.";
    html_ +=
        "</p>\n<p class=\"soft\">Version " + escaped(status_.version) + ", running for " +
        duration_text(std::chrono::floor<std::chrono::seconds>(status_.now - status_.started_at)) +
        ". As of " + time_of(status_.now) + " UTC, renewed every 10 s.</p>\n</header>\n<main>\n";
  }

  void total(std::string_view name, const std::string& value) {
    html_ += "<div><dt>" + std::string(name) + "</dt><dd>" + value + "</dd></div>\n";
  }

  void totals() {
    std::uint64_t posts = 0;
    std::uint64_t errors = 0;
    for (const WatchStatus& watch : status_.watches) {
      posts += watch.posts;
      errors += watch.errors;
    }
    html_ += "<section>\n<h2>Totals</h2>\n<dl>\n";
    total("Sightings stored", grouped(status_.sightings));
    total("Photos stored", grouped(status_.photos));
    total("Pictures to fetch again", grouped(status_.pending_images));
    total("Events in the feed", grouped(status_.feed_sequence));
    total("Store on disk", size_text(status_.store_bytes));
    total("Encrypted at rest", status_.encrypting  ? "in part, going on"
                               : status_.encrypted ? "yes"
                                                   : "no");
    total("Posts read since start", grouped(posts));
    total("Failed polls since start", grouped(errors));
    html_ += "</dl>\n</section>\n";
  }

  void begin_table(std::string_view title, std::string_view caption, std::string_view heads) {
    html_ += "<section>\n<h2>" + std::string(title) +
             "</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"" +
             std::string(title) + "\">\n<table>\n<caption>" + std::string(caption) +
             "</caption>\n<thead><tr>" + std::string(heads) + "</tr></thead>\n<tbody>\n";
  }

  void end_table() { html_ += "</tbody>\n</table>\n</div>\n</section>\n"; }

  void cell(const std::string& text) { html_ += "<td>" + text + "</td>"; }
  void number_cell(const std::string& text) { html_ += "<td class=\"n\">" + text + "</td>"; }
  void row_head(std::size_t number) {
    html_ += "<tr><th scope=\"row\" class=\"n\">" + std::to_string(number) + "</th>";
  }

  void watches() {
    begin_table("Watches",
                "In the order of the configuration; posts, sightings and errors since the start.",
                "<th scope=\"col\" class=\"n\">Watch</th><th scope=\"col\" class=\"n\">Source</th>"
                "<th scope=\"col\">State</th><th scope=\"col\">Last outcome</th>"
                "<th scope=\"col\" class=\"n\">Last poll</th>"
                "<th scope=\"col\" class=\"n\">Lag</th><th scope=\"col\" class=\"n\">Posts</th>"
                "<th scope=\"col\" class=\"n\">Sightings</th>"
                "<th scope=\"col\" class=\"n\">Errors</th>"
                "<th scope=\"col\" class=\"n\">Coverage</th>"
                "<th scope=\"col\" class=\"n\">Next poll</th>");
    std::map<std::string_view, std::size_t> numbers;
    for (const SourceStatus& source : status_.sources) {
      numbers.emplace(source.name, numbers.size() + 1);
    }
    for (std::size_t i = 0; i < status_.watches.size(); ++i) {
      const WatchStatus& watch = status_.watches[i];
      row_head(i + 1);
      const auto source = numbers.find(watch.source);
      number_cell(source == numbers.end() ? "-" : std::to_string(source->second));
      cell("<span class=\"" + std::string(class_of_state(watch.state)) + "\">" +
           escaped(watch.state) + "</span>");
      cell(watch.last_outcome.empty() ? "-" : escaped(watch.last_outcome));
      number_cell(ago(watch.last_poll, status_.now));
      number_cell(duration_text(watch.lag));
      number_cell(grouped(watch.posts));
      number_cell(grouped(watch.sightings));
      number_cell(grouped(watch.errors));
      number_cell(watch.coverage_ratio ? percent_text(*watch.coverage_ratio) : "-");
      number_cell(until(watch.next_poll, status_.now));
      html_ += "</tr>\n";
    }
    end_table();
  }

  void sources() {
    begin_table("Sources", "Requests since the start, by answer.",
                "<th scope=\"col\" class=\"n\">Source</th><th scope=\"col\">Kind</th>"
                "<th scope=\"col\" class=\"n\">Requests left</th>"
                "<th scope=\"col\">Answers</th>");
    for (std::size_t i = 0; i < status_.sources.size(); ++i) {
      const SourceStatus& source = status_.sources[i];
      row_head(i + 1);
      cell(escaped(source.kind + (source.remark.empty() ? "" : ", " + source.remark)));
      number_cell(source.rate_limit_remaining ? std::to_string(*source.rate_limit_remaining) : "-");
      std::string answers;
      for (const auto& [code, count] : source.requests_by_code) {
        answers += (answers.empty() ? "" : ", ") + escaped(code) + ": " + grouped(count);
      }
      cell(answers.empty() ? "none yet" : answers);
      html_ += "</tr>\n";
    }
    end_table();
  }

  void sandbox() {
    html_ += "<section>\n<h2>Sandbox of the examiners</h2>\n";
    if (status_.sandbox_layers.empty()) {
      html_ += "<p class=\"bad\">No layer holds.</p>\n";
    } else {
      html_ += "<ul>\n";
      for (const std::string& layer : status_.sandbox_layers) {
        html_ += "<li>" + escaped(layer) + "</li>\n";
      }
      html_ += "</ul>\n";
    }
    html_ += "</section>\n</main>\n";
  }

  const Status& status_;
  std::string html_;
};

}  // namespace

std::string status_page(const Status& status) { return Page(status).render(); }

std::string status_page_policy() {
  return "default-src 'none'; style-src 'sha256-" + base64(sha256(kStyle)) +
         "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

}  // namespace sightingd
