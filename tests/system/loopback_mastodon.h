#pragma once

#include "tests/system/process.h"

#include <rapidjson/document.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sightingd::test {

/// What one post must come to: its edit time, and the pictures' digests.
struct PostTruth {
  std::optional<std::string> edited_at;
  std::multiset<std::string> photos;

  friend bool operator==(const PostTruth&, const PostTruth&) = default;
};
/// By canonical URI.
using Truth = std::map<std::string, PostTruth>;

/// What `found` lacks, has too much or has in another state; empty when both are the same.
std::vector<std::string> differences(const Truth& found, const Truth& expected);

/// A running `loopback-mastodon`.
class LoopbackMastodon {
 public:
  /// Throws std::runtime_error when it does not come up.
  explicit LoopbackMastodon(std::vector<std::string> arguments);

  std::string url(const std::string& path = {}) const;

  /// Every living post that shows a picture.
  Truth posts_with_pictures() const;
  /// How many requests were answered so far, the steering ones not counted.
  std::uint64_t requests() const;
  rapidjson::Document statistics() const;

  /// Lets something happen: `kind` is new, late, edit or delete.
  void happen(const std::string& kind, int count, std::chrono::seconds age = {}) const;
  void set_fault_rate(double rate) const;
  /// One more post with a picture at each of these URLs. Returns its URI.
  std::string post(const std::vector<std::string>& pictures) const;

 private:
  rapidjson::Document ask(const std::string& path) const;

  Process process_;
  std::string port_;
};

}  // namespace sightingd::test
