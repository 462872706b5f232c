#include "tests/system/loopback_mastodon.h"

#include "tests/system/http.h"

#include <stdexcept>
#include <utility>

namespace sightingd::test {
namespace {

std::vector<std::string> command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program("loopback-mastodon"));
  return arguments;
}

}  // namespace

std::vector<std::string> differences(const Truth& found, const Truth& expected) {
  const auto text_of = [](const std::string& uri, const PostTruth& post) {
    std::string text = uri + " edited " + post.edited_at.value_or("never") + ", photos";
    for (const std::string& photo : post.photos) {
      text += " " + photo;
    }
    return text;
  };
  std::vector<std::string> lines;
  for (const auto& [uri, post] : expected) {
    const auto same = found.find(uri);
    if (same == found.end()) {
      lines.push_back("missing: " + text_of(uri, post));
    } else if (same->second != post) {
      lines.push_back("found: " + text_of(uri, same->second) + "; expected: " + text_of(uri, post));
    }
  }
  for (const auto& [uri, post] : found) {
    if (!expected.contains(uri)) {
      lines.push_back("too much: " + text_of(uri, post));
    }
  }
  return lines;
}

LoopbackMastodon::LoopbackMastodon(std::vector<std::string> arguments)
    : process_(command(std::move(arguments))) {
  const bool up = eventually(std::chrono::minutes(2), [this] {
    port_ = process_.out();
    return port_.ends_with('\n') || process_.ended();
  });
  if (!up || !port_.ends_with('\n')) {
    throw std::runtime_error("loopback-mastodon does not come up: " + process_.err());
  }
  port_.pop_back();
}

std::string LoopbackMastodon::url(const std::string& path) const {
  return "http://127.0.0.1:" + port_ + path;
}

Truth LoopbackMastodon::posts_with_pictures() const {
  Truth truth;
  const auto answer = ask("/_truth");
  for (const auto& post : answer["posts"].GetArray()) {
    PostTruth one;
    if (post["edited_at"].IsString()) {
      one.edited_at = post["edited_at"].GetString();
    }
    for (const auto& photo : post["photos"].GetArray()) {
      one.photos.insert(photo.IsString() ? photo.GetString() : "");
    }
    if (!one.photos.empty()) {
      truth.emplace(post["uri"].GetString(), std::move(one));
    }
  }
  return truth;
}

std::uint64_t LoopbackMastodon::requests() const { return statistics()["requests"].GetUint64(); }

rapidjson::Document LoopbackMastodon::statistics() const { return ask("/_stats"); }

void LoopbackMastodon::happen(const std::string& kind, int count, std::chrono::seconds age) const {
  ask("/_events?kind=" + kind + "&count=" + std::to_string(count) +
      "&age=" + std::to_string(age.count()));
}

void LoopbackMastodon::set_fault_rate(double rate) const {
  ask("/_faults?rate=" + std::to_string(rate));
}

std::string LoopbackMastodon::post(const std::vector<std::string>& pictures) const {
  std::string path = "/_post?text=a%20post%20of%20the%20test";
  for (const auto& picture : pictures) {
    path += "&image=" + url_encoded(picture);
  }
  return ask(path)["uri"].GetString();
}

rapidjson::Document LoopbackMastodon::ask(const std::string& path) const {
  const auto body = http_get(url(path));
  rapidjson::Document document;
  document.Parse(body.data(), body.size());
  if (document.HasParseError()) {
    throw std::runtime_error("loopback-mastodon answered no JSON to " + path);
  }
  return document;
}

}  // namespace sightingd::test
