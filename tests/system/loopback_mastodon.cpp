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
