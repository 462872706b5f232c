#pragma once

#include "tests/support/faulty_disk/disk_fault.h"
#include "tests/support/temporary_directory.h"
#include "tests/system/feed_consumer.h"
#include "tests/system/loopback_mastodon.h"
#include "tests/system/process.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace sightingd::test {

/// One `[[watch]]` of the tests' configuration.
struct WatchText {
  std::string name = "campaign";
  std::string subject = "hashtag = \"finddemo\"";
};

/// A configuration of the daemon and everything it writes, in a directory of its own.
class Installation {
 public:
  /// Watches `source_url` for `watches`. `more` is put before the first `[[source]]`.
  explicit Installation(const std::string& source_url, const std::vector<WatchText>& watches = {{}},
                        const std::string& more = {});

  const std::filesystem::path& directory() const { return directory_.path(); }
  std::filesystem::path config() const { return directory() / "sightingd.toml"; }
  std::filesystem::path socket() const { return directory() / "control.sock"; }

  /// Writes a key of the store, 32 times `letter`, beside the configuration, which names
  /// "store.key": 32 times k.
  std::filesystem::path write_key(const std::string& name, char letter) const;

  /// A running `sightingd --config …`, with these arguments more.
  std::unique_ptr<Process> start(const std::vector<std::string>& arguments = {}) const;

  /// The same on a disk that fails as planned; which folders it acts on is said here.
  std::unique_ptr<Process> start_on(FaultyDiskPlan disk) const;

  /// `sightingd --once`, run to its end.
  Finished once(std::chrono::seconds patience = std::chrono::minutes(4)) const;
  /// The same again until it says that nothing is left to do, at most `times`. False if never. Each
  /// may take long: a campaign that was killed a thousand times is mostly still to be read.
  bool complete(int times = 20) const;

  /// `sightingctl ARGUMENTS`, with this configuration.
  Finished ctl(std::vector<std::string> arguments) const;

  /// True once the control socket answers.
  bool answers() const;

  /// Lets `consumer` read what came since its cursor, through `sightingctl feed`.
  void catch_up(FeedConsumer& consumer) const;

 private:
  TemporaryDirectory directory_;
};

/// What the feed says, in the terms of the server's truth: of every sighting its edit time and
/// the digests of the pictures that are stored.
Truth truth_of(const Records& records);

}  // namespace sightingd::test
