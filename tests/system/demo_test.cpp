#include "tests/system/installation.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

namespace sightingd::test {
namespace {

/// The numbers of `expected.json`, by "sightings", "rejected/malformed" and so on.
using Numbers = std::map<std::string, std::uint64_t>;

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), with);
  }
  return text;
}

/// The demo campaign and its configuration, as scripts/run makes them.
class Demo {
 public:
  Demo() {
    EXPECT_EQ(run({program("make-demo-campaign"), path()}).status, 0);
    const auto text = content(SIGHTINGD_SOURCE "/demo/sightingd.toml.in");
    std::ofstream(config()) << replaced(replaced(text, "@DIRECTORY@", path()), "@LISTEN@", "");
  }

  std::string config() const { return path() + "/sightingd.toml"; }

  Numbers expected(const char* moment) const {
    rapidjson::Document all;
    const auto text = content(path() + "/expected.json");
    all.Parse(text.data(), text.size());
    Numbers numbers;
    for (const auto& [name, value] : all[moment].GetObject()) {
      if (value.IsUint64()) {
        numbers[name.GetString()] = value.GetUint64();
        continue;
      }
      for (const auto& [part, number] : value.GetObject()) {
        numbers[std::string(name.GetString()) + "/" + part.GetString()] = number.GetUint64();
      }
    }
    numbers.erase("posts");  // What the server shows; the feed does not tell it.
    return numbers;
  }

  Finished ctl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program("sightingctl"));
    arguments.insert(arguments.end(), {"--config", config()});
    return run(std::move(arguments));
  }

  /// The same numbers, counted from what the daemon tells.
  Numbers told() const {
    Numbers numbers{{"rejected/malformed", 0}, {"rejected/too_many_pixels", 0},
                    {"locations/exif", 0},     {"locations/xmp", 0},
                    {"exact_duplicates", 0},   {"near_duplicates", 0}};
    std::set<std::string> photos;
    std::istringstream lines(ctl({"feed"}).out);
    for (std::string line; std::getline(lines, line);) {
      rapidjson::Document event;
      event.Parse(line.data(), line.size());
      if (!event.HasMember("images")) {
        continue;  // sighting_erased.
      }
      ++numbers["sightings"];
      for (const auto& image : event["images"].GetArray()) {
        count_image(image, numbers, photos);
      }
    }
    numbers["photos"] = photos.size();
    count_skipped(numbers);
    return numbers;
  }

  bool tells(const std::string& text) const {
    return ctl({"feed"}).out.find(text) != std::string::npos;
  }

 private:
  std::string path() const { return directory_.path().string(); }

  static void count_image(const rapidjson::Value& image, Numbers& numbers,
                          std::set<std::string>& photos) {
    const std::string status = image["status"].GetString();
    if (status == "rejected") {
      ++numbers[status + "/" + image["reason"].GetString()];
      return;
    }
    ++numbers[status + "_images"];
    photos.insert(image["photo"].GetString());
    if (image["duplicate"].IsObject()) {
      ++numbers[std::string(image["duplicate"]["kind"].GetString()) + "_duplicates"];
    }
    if (image["location"].IsObject()) {
      ++numbers[std::string("locations/") + image["location"]["origin"].GetString()];
    }
  }

  void count_skipped(Numbers& numbers) const {
    rapidjson::Document skipped;
    const auto text = ctl({"skipped", "--json"}).out;
    skipped.Parse(text.data(), text.size());
    for (const auto& row : skipped["skipped"].GetArray()) {
      numbers[std::string("skipped/") + row["reason"].GetString()] += row["count"].GetUint64();
    }
  }

  TemporaryDirectory directory_;
};

TEST(DemoTest, ComesOutToTheNumber) {
  const Demo demo;

  const auto once = run({program("sightingd"), "--config", demo.config(), "--once"});

  EXPECT_EQ(once.status, 0) << once.err;
  EXPECT_EQ(demo.told(), demo.expected("first"));
}

TEST(DemoTest, TellsWhatHappensWhileItWatches) {
  const Demo demo;
  Process daemon({program("sightingd"), "--config", demo.config()});

  // Before the daemon answers, sightingctl would wait for the store that the daemon holds.
  ASSERT_TRUE(eventually(std::chrono::seconds(30), [&demo] {
    return demo.ctl({"status"}).status == 0;
  })) << daemon.err();
  const bool told = eventually(std::chrono::seconds(90), [&demo] {
    return demo.tells("更新：已找到") && demo.told() == demo.expected("later");
  });

  EXPECT_TRUE(told) << daemon.err();
  EXPECT_EQ(demo.told(), demo.expected("later"));
}

}  // namespace
}  // namespace sightingd::test
