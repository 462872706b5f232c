#include "tests/system/installation.h"

#include "tests/system/http.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <string_view>
#include <utility>

namespace sightingd::test {
namespace {

constexpr int kIncomplete = 75;

std::string configuration(const std::filesystem::path& directory, const std::string& source_url,
                          const std::vector<WatchText>& watches, const std::string& more) {
  const auto path = directory.string();
  std::string text = "[store]\npath = \"" + path +
                     "/store\"\n"
                     "encryption_key = { file = \"store.key\" }\n"
                     "[metrics]\nlisten = \"\"\n"
                     "[control]\nsocket = \"" +
                     path +
                     "/control.sock\"\n"
                     "[http]\nuser_agent_contact = \"mailto:tests@example.org\"\n"
                     "allow_addresses = [\"127.0.0.1/32\"]\n"
                     "[examiner]\nprocesses = 2\nsandbox = \"best-effort\"\n" +
                     more + "\n[[source]]\nname = \"loopback\"\nkind = \"mastodon\"\nurl = \"" +
                     source_url + "\"\nrequest_limit = \"none\"\n";
  for (const auto& watch : watches) {
    text += "[[watch]]\nname = \"" + watch.name + "\"\nsource = \"loopback\"\n" + watch.subject +
            "\npoll_interval = \"15s\"\nbackfill = \"all\"\n";
  }
  return text;
}

}  // namespace

Installation::Installation(const std::string& source_url, const std::vector<WatchText>& watches,
                           const std::string& more) {
  std::ofstream(config()) << configuration(directory(), source_url, watches, more);
  write_key("store.key", 'k');
}

std::filesystem::path Installation::write_key(const std::string& name, char letter) const {
  const auto path = directory() / name;
  std::filesystem::remove(path);
  std::ofstream(path) << std::string(32, letter);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  return path;
}

std::unique_ptr<Process> Installation::start(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command{program("sightingd"), "--config", config()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<Process>(std::move(command));
}

std::unique_ptr<Process> Installation::start_on(FaultyDiskPlan disk) const {
  disk.folder = directory() / "store";
  disk.ledger = directory() / "store-ledger";
  std::vector<std::string> command{"/usr/bin/env"};
  for (std::string& variable : environment_of(disk, FAULTY_DISK)) {
    command.push_back(std::move(variable));
  }
  command.insert(command.end(), {program("sightingd"), "--config", config()});
  return std::make_unique<Process>(std::move(command));
}

Finished Installation::once(std::chrono::seconds patience) const {
  return run({program("sightingd"), "--config", config(), "--once"}, patience);
}

bool Installation::complete(int times) const {
  for (int i = 0; i < times; ++i) {
    const auto finished = once(std::chrono::minutes(30));
    if (finished.status == 0) {
      return true;
    }
    if (finished.status != kIncomplete) {
      ADD_FAILURE() << "sightingd --once ended with " << finished.status << ":\n" << finished.err;
      return false;
    }
  }
  return false;
}

Finished Installation::ctl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), program("sightingctl"));
  arguments.insert(arguments.end(), {"--config", config()});
  return run(std::move(arguments));
}

bool Installation::answers() const {
  bool some = false;
  read_unix_socket(socket(), "/v1/status", [&some](std::string_view) { return some = true; });
  return some;
}

void Installation::catch_up(FeedConsumer& consumer) const {
  std::vector<std::string> arguments{"feed"};
  if (!consumer.cursor().empty()) {
    arguments.insert(arguments.end(), {"--after", consumer.cursor()});
  }
  const auto feed = ctl(std::move(arguments));
  EXPECT_EQ(feed.status, 0) << feed.err;
  consumer.take(feed.out);
}

Truth truth_of(const Records& records) {
  Truth truth;
  for (const auto& [id, text] : records) {
    rapidjson::Document record;
    record.Parse(text.data(), text.size());
    PostTruth one;
    if (const auto& edited_at = record["post"]["edited_at"]; edited_at.IsString()) {
      one.edited_at = edited_at.GetString();
    }
    for (const auto& image : record["images"].GetArray()) {
      if (std::string_view(image["status"].GetString()) == "stored") {
        one.photos.insert(image["received_sha256"].GetString());
      }
    }
    truth.emplace(record["post"]["uri"].GetString(), std::move(one));
  }
  return truth;
}

}  // namespace sightingd::test
