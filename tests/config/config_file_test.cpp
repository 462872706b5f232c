#include "config/config_file.h"

#include "tests/config/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace sightingd::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class ConfigFileTest : public ::testing::Test {
 protected:
  std::vector<std::string> errors_of(std::string_view text) {
    return configuration.lines(configuration.load(text).errors);
  }
  std::vector<std::string> errors_of_least_and(const std::string& text) {
    return errors_of(std::string(kLeast) + text);
  }

  Configuration configuration;
};

TEST_F(ConfigFileTest, GivesTheDefaultsForWhatIsNotWritten) {
  const LoadResult result = configuration.load(kLeast);

  ASSERT_THAT(configuration.lines(result.errors), IsEmpty());
  const Settings& settings = *result.settings;
  const Settings defaults;
  EXPECT_EQ(settings.store.path, "/var/lib/sightingd");
  EXPECT_EQ(settings.metrics, defaults.metrics);
  EXPECT_EQ(settings.control, defaults.control);
  EXPECT_EQ(settings.http.user_agent_contact, "mailto:ops@example.org");
  EXPECT_EQ(settings.media, defaults.media);
  EXPECT_EQ(settings.examiner, defaults.examiner);
  EXPECT_EQ(settings.consent, defaults.consent);
  EXPECT_EQ(settings.limits, defaults.limits);
  EXPECT_EQ(settings.log_level, LogLevel::Info);
}

TEST_F(ConfigFileTest, ReadsEveryKey) {
  std::filesystem::create_directory(configuration.path("recorded"));
  configuration.write("ca.pem", "");
  configuration.set_variable("TOKEN", "sesame");

  const LoadResult result = configuration.load(R"(
[store]
path = "data"
[metrics]
listen = "[::1]:0"
[control]
socket = "/run/x.sock"
operators = ["wheel", "ops"]
[http]
user_agent_contact = "https://example.org/bot"
allow_addresses = ["127.0.0.0/8", "fd00::/8"]
proxy = "socks5h://proxy.example:1080"
ca_file = "ca.pem"
[media]
max_bytes = "5MB"
max_pixels = "40MP"
in_flight = "10MB"
[examiner]
processes = 3
memory = "1GiB"
sandbox = "best-effort"
[consent]
honour = ["noimageai"]
[limits]
per_author = "none"
[log]
level = "debug"
[[source]]
name = "one"
kind = "mastodon"
url = "HTTPS://Mastodon.Example:443/"
token = { env = "TOKEN" }
request_limit = "100/5m"
media_from = "origin"
replay = "recorded"
[[watch]]
name = "birds"
source = "one"
hashtag = "#ＢＩＲＤＳ"
poll_interval = "2m"
max_poll_interval = "2h"
backfill = "all"
media = "any"
[[watch]]
name = "rescue"
source = "one"
account = "@Rescue@Example.org"
backfill = "none"
)");

  ASSERT_THAT(configuration.lines(result.errors), IsEmpty());
  const Settings& settings = *result.settings;
  EXPECT_EQ(settings.store.path, configuration.path("data"));
  EXPECT_EQ(settings.metrics.listen, "[::1]:0");
  EXPECT_EQ(settings.control.socket, "/run/x.sock");
  EXPECT_THAT(settings.control.operators, ElementsAre("wheel", "ops"));
  EXPECT_EQ(settings.http, (HttpOptions{.user_agent_contact = "https://example.org/bot",
                                        .allow_addresses = {"127.0.0.0/8", "fd00::/8"},
                                        .proxy = "socks5h://proxy.example:1080",
                                        .ca_file = configuration.path("ca.pem")}));
  EXPECT_EQ(
      settings.media,
      (MediaOptions{.max_bytes = 5'000'000, .max_pixels = 40'000'000, .in_flight = 10'000'000}));
  EXPECT_EQ(settings.examiner, (ExaminerOptions{.processes = 3,
                                                .memory = 1ULL << 30U,
                                                .sandbox_required = false,
                                                .max_pixels = 40'000'000,
                                                .max_bytes = 5'000'000}));
  EXPECT_THAT(settings.consent.honour, ElementsAre("noimageai"));
  EXPECT_EQ(settings.limits.per_author_per_day, std::nullopt);
  EXPECT_EQ(settings.log_level, LogLevel::Debug);
  EXPECT_THAT(settings.sources,
              ElementsAre(SourceOptions{.name = "one",
                                        .kind = "mastodon",
                                        .url = "https://mastodon.example",
                                        .token = "sesame",
                                        .request_limit = RequestLimit{100, minutes(5)},
                                        .media_from_origin = true,
                                        .replay = configuration.path("recorded"),
                                        .honour = {"noimageai"}}));
  EXPECT_THAT(settings.watches,
              ElementsAre(WatchOptions{.name = "birds",
                                       .source = "one",
                                       .subject = Hashtag{"birds"},
                                       .poll_interval = minutes(2),
                                       .max_poll_interval = hours(2),
                                       .backfill = {Backfill::Kind::Everything, seconds(0)},
                                       .media_required = false},
                          WatchOptions{.name = "rescue",
                                       .source = "one",
                                       .subject = Account{"Rescue@example.org"},
                                       .backfill = {Backfill::Kind::Nothing, seconds(0)}}));
}

TEST_F(ConfigFileTest, KeepsHowAHashtagIsSpelt) {
  const auto hashtag_of = [this](const std::string& text) {
    const LoadResult result = configuration.load(R"(
[http]
user_agent_contact = "https://example.org/bot"
[[source]]
name = "main"
kind = "mastodon"
url = "https://mastodon.example"
[[watch]]
source = "main"
hashtag = ")" + text + "\"\n");
    return result.settings ? std::get<Hashtag>(result.settings->watches.at(0).subject) : Hashtag{};
  };

  EXPECT_EQ(hashtag_of("#Fußball"), (Hashtag{.folded = "fussball", .lowered = "fußball"}));
  EXPECT_EQ(hashtag_of("#Οδός"), (Hashtag{.folded = "οδόσ", .lowered = "οδός"}));
  EXPECT_EQ(hashtag_of("می\u200cخواهم"),
            (Hashtag{.folded = "میخواهم", .lowered = "می\u200cخواهم"}));
  EXPECT_EQ(hashtag_of("#Birds"), Hashtag{"birds"});
}

TEST_F(ConfigFileTest, ReadsDottedKeysInlineTablesAndArraysOfTablesAlike) {
  const LoadResult result = configuration.load(R"(
media.max_bytes = "1MiB"
http = { user_agent_contact = "mailto:ops@example.org" }
source = [{ name = "one", kind = "mastodon", url = "https://a.example" }]
)");

  ASSERT_THAT(configuration.lines(result.errors), IsEmpty());
  EXPECT_EQ(result.settings->media.max_bytes, 1ULL << 20U);
  EXPECT_EQ(result.settings->sources[0].url, "https://a.example");
}

TEST_F(ConfigFileTest, TakesTheRequestLimitOfTheKindUnlessOneIsSet) {
  const LoadResult result = configuration.load(std::string(kSmall) + R"([[source]]
name = "own"
kind = "mastodon"
url = "https://own.example"
request_limit = "none"
)");

  ASSERT_THAT(configuration.lines(result.errors), IsEmpty());
  EXPECT_EQ(result.settings->sources[0].request_limit, (RequestLimit{300, minutes(15)}));
  EXPECT_EQ(result.settings->sources[1].request_limit, std::nullopt);
}

TEST_F(ConfigFileTest, NamesUnnamedWatchesAfterTheirSource) {
  const LoadResult result = configuration.load(std::string(kSmall) + R"([[watch]]
name = "main-1"
source = "main"
hashtag = "cats"
[[watch]]
source = "main"
hashtag = "dogs"
)");

  ASSERT_THAT(configuration.lines(result.errors), IsEmpty());
  EXPECT_EQ(result.settings->watches[0].name, "main-2");
  EXPECT_EQ(result.settings->watches[1].name, "main-1");
  EXPECT_EQ(result.settings->watches[2].name, "main-3");
}

TEST_F(ConfigFileTest, StretchesTheDefaultOfMaxPollIntervalToPollInterval) {
  const LoadResult result = configuration.load(std::string(kSmall) + "poll_interval = \"30m\"\n");

  ASSERT_THAT(configuration.lines(result.errors), IsEmpty());
  EXPECT_EQ(result.settings->watches[0].max_poll_interval, minutes(30));
}

TEST_F(ConfigFileTest, AppendsTablesAndLetsTheLastFileWin) {
  configuration.write("sightingd.toml", std::string(kSmall) + "[log]\nlevel = \"error\"\n");
  configuration.write("conf.d/20-b.toml", "[log]\nlevel = \"debug\"\n");
  configuration.write("conf.d/10-a.toml", R"([log]
level = "warning"
[[watch]]
source = "main"
hashtag = "cats"
)");
  configuration.write("conf.d/.hidden.toml", "nonsense");
  configuration.write("conf.d/README", "nonsense");

  const LoadResult result = configuration.load();

  ASSERT_THAT(configuration.lines(result.errors), IsEmpty());
  EXPECT_EQ(result.settings->log_level, LogLevel::Debug);
  EXPECT_THAT(result.settings->watches, SizeIs(2));
  EXPECT_THAT(configuration.lines(result.notes),
              ElementsAre("sightingd.toml: store.encryption_key: none is named: the store is "
                          "encrypted only where the unit has the credential \"store-key\"",
                          "conf.d/10-a.toml:2:1: log.level: takes the place of the value at "
                          "sightingd.toml:10:9",
                          "conf.d/20-b.toml:2:1: log.level: takes the place of the value at "
                          "conf.d/10-a.toml:2:9"));
}

TEST_F(ConfigFileTest, TellsEveryMistakeOfMeaningByPlace) {
  configuration.write("sightingd.toml", R"([http]
user_agent_contact = "nobody"
[mediia]
[media]
max_byte = "1MiB"
max_pixels = 5
[[source]]
name = "One"
kind = "mastodonn"
url = "https://example.org/path"
[[watch]]
source = "One"
hashtag = "birds"
poll_interval = "5s"
colour = "red"
)");
  configuration.write("conf.d/a.toml", "[log]\nlevel = \"loud\"\n");

  const LoadResult result = configuration.load();

  EXPECT_FALSE(result.settings);
  EXPECT_THAT(
      configuration.lines(result.errors),
      ElementsAre(
          "sightingd.toml:2:22: http.user_agent_contact: \"nobody\" is no contact "
          "(mailto:USER@HOST or https://...)",
          "sightingd.toml:3:2: mediia: unknown section (did you mean \"media\"?)",
          "sightingd.toml:5:1: media.max_byte: unknown key (did you mean \"max_bytes\"?)",
          "sightingd.toml:6:14: media.max_pixels: must be a string with a number and a unit, not "
          "an integer (1kP to 1GP)",
          "sightingd.toml:8:8: source[0].name: \"One\" is no name (1 to 40 of a-z, 0-9 and -)",
          "sightingd.toml:9:8: source[0].kind: \"mastodonn\" is not known (\"mastodon\"; did you "
          "mean \"mastodon\"?)",
          "sightingd.toml:10:7: source[0].url: \"https://example.org/path\" is no address of a "
          "server (https://HOST[:PORT] without user, path and query)",
          "sightingd.toml:12:10: watch[0].source: \"One\" is no name (1 to 40 of a-z, 0-9 and -)",
          "sightingd.toml:14:17: watch[0].poll_interval: \"5s\" is too short (15s to 7d)",
          "sightingd.toml:15:1: watch[0].colour: unknown key",
          "conf.d/a.toml:2:9: log.level: \"loud\" is not known (\"debug\", \"info\", \"warning\" "
          "or \"error\")"));
}

TEST_F(ConfigFileTest, TellsTheFirstSyntaxErrorOfEachFile) {
  configuration.write("sightingd.toml", "[http\n");
  configuration.write("conf.d/a.toml", "x = \n");
  configuration.write("conf.d/b.toml", "[log]\nlevel = 3\n");

  EXPECT_THAT(configuration.lines(configuration.load().errors),
              ElementsAre(HasSubstr("sightingd.toml:1:6: is not valid TOML: Error while parsing"),
                          HasSubstr("conf.d/a.toml:1:5: is not valid TOML: Error while parsing"),
                          HasSubstr("conf.d/b.toml:2:9: log.level: must be a string")));
}

TEST_F(ConfigFileTest, DoesNotMissWhatAnUnreadableFileMayHold) {
  configuration.write("sightingd.toml", std::string(kLeast) + R"([[watch]]
source = "elsewhere"
hashtag = "birds"
)");
  configuration.write("conf.d/a.toml", "[[source]\n");

  EXPECT_THAT(configuration.lines(configuration.load().errors),
              ElementsAre(HasSubstr("conf.d/a.toml:1:")));
}

TEST_F(ConfigFileTest, TellsTheMistakesOfAFileBesideOneThatIsUnreadable) {
  configuration.write("conf.d/b.toml", "[store\n");

  const LoadResult result = configuration.load(R"(
[[watch]]
source = "elsewhere"
hashtag = "a"
account = "@a@example.org"
poll_interval = "5m"
max_poll_interval = "1m"
)");

  const auto lines = configuration.lines(result.errors);
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[0], HasSubstr("has both a hashtag and an account"));
  EXPECT_THAT(lines[1], HasSubstr("is too short"));
  EXPECT_THAT(lines[2], HasSubstr("is not valid TOML"));
}

TEST_F(ConfigFileTest, KnowsEachServerAsOneSource) {
  EXPECT_THAT(
      errors_of(std::string(kSmall) + R"(
[[source]]
name = "again"
kind = "mastodon"
url = "https://Mastodon.example:443"
)"),
      ElementsAre(HasSubstr("source[1].url: \"https://mastodon.example\" is used already at ")));
}

TEST_F(ConfigFileTest, TellsWhatNoUnreadableFileCanMend) {
  configuration.write("conf.d/b.toml", "[store\n");

  const LoadResult result = configuration.load(R"(
[[source]]
name = "by-name"
kind = "mastodon"
url = "http://mastodon.example"

[[source]]
name = "by-address"
kind = "mastodon"
url = "http://127.0.0.1:3000"

[[source]]
name = "nowhere"
kind = "mastodon"

[[watch]]
hashtag = "a"
)");

  EXPECT_THAT(
      configuration.lines(result.errors),
      ElementsAre(HasSubstr("source[0].url: \"http://mastodon.example\" must be https"),
                  HasSubstr("source[2].url: is missing"), HasSubstr("watch[0].source: is missing"),
                  HasSubstr("is not valid TOML")));
}

TEST_F(ConfigFileTest, SaysWhenTheFileCannotBeOpened) {
  const LoadResult result = configuration.load(Purpose::Run);

  EXPECT_THAT(configuration.lines(result.errors),
              ElementsAre("sightingd.toml: cannot be opened: No such file or directory"));
}

TEST_F(ConfigFileTest, RefusesAFileBeyondOneMebibyte) {
  EXPECT_THAT(errors_of(std::string((1U << 20U) + 1, '\n')),
              ElementsAre("sightingd.toml: is too long (up to 1 MiB)"));
}

TEST_F(ConfigFileTest, RefusesSectionsOfTheWrongShape) {
  EXPECT_THAT(errors_of_least_and("log = 3\nwatch = [1]\n[source]\nname = \"a\"\n[[store]]\n"),
              ElementsAre("sightingd.toml:2:1: log: must be a table, not an integer ([log])",
                          "sightingd.toml:3:10: watch[0]: must be a table, not an integer "
                          "([[watch]])",
                          "sightingd.toml:4:2: source: must be an array of tables, not a table "
                          "([[source]])",
                          "sightingd.toml:6:3: store: must be a table, not an array ([store])"));
}

TEST_F(ConfigFileTest, AsksForWhatHasNoDefault) {
  EXPECT_THAT(errors_of("[[source]]\n[[watch]]\n"),
              ElementsAre("sightingd.toml: http.user_agent_contact: is missing "
                          "(mailto:USER@HOST or https://...)",
                          "sightingd.toml:1:1: source[0].name: is missing (1 to 40 of a-z, 0-9 and "
                          "-)",
                          "sightingd.toml:1:1: source[0].kind: is missing (\"mastodon\")",
                          "sightingd.toml:1:1: source[0].url: is missing (https://HOST[:PORT] "
                          "without user, path and query)",
                          "sightingd.toml:2:1: watch[0].source: is missing (1 to 40 of a-z, 0-9 "
                          "and -)",
                          "sightingd.toml:2:1: watch[0]: has neither a hashtag nor an account "
                          "(exactly one of them)"));
}

TEST_F(ConfigFileTest, RefusesNamesThatAreUsedTwiceWithBothPlaces) {
  configuration.write("sightingd.toml", kSmall);
  configuration.write("conf.d/a.toml", R"([[source]]
name = "main"
kind = "mastodon"
url = "https://b.example"
)");

  EXPECT_THAT(configuration.lines(configuration.load().errors),
              ElementsAre("conf.d/a.toml:2:8: source[0].name: \"main\" is used already at "
                          "sightingd.toml:3:8 (each name once)"));
}

TEST_F(ConfigFileTest, RefusesWatchesOfTheSameSubjectAtTheSameServer) {
  EXPECT_THAT(errors_of(std::string(kSmall) + R"([[watch]]
source = "main"
hashtag = "ＢＩＲＤＳ"
)"),
              ElementsAre("sightingd.toml:11:11: watch[1].hashtag: \"ＢＩＲＤＳ\" is watched "
                          "already at sightingd.toml:6:1 (each hashtag and account of a server "
                          "once)"));
}

TEST_F(ConfigFileTest, RefusesAWatchOfAnUnknownSource) {
  EXPECT_THAT(errors_of(std::string(kSmall) + "[[watch]]\nsource = \"mian\"\nhashtag = \"x\"\n"),
              ElementsAre("sightingd.toml:10:10: watch[1].source: \"mian\" names no source (the "
                          "name of a [[source]]; did you mean \"main\"?)"));
}

TEST_F(ConfigFileTest, RefusesAWatchOfBothAHashtagAndAnAccount) {
  EXPECT_THAT(errors_of(std::string(kSmall) + "account = \"a@example.org\"\n"),
              ElementsAre("sightingd.toml:9:11: watch[0]: has both a hashtag and an account "
                          "(exactly one of them)"));
}

TEST_F(ConfigFileTest, RefusesAMaxPollIntervalBelowThePollInterval) {
  EXPECT_THAT(
      errors_of(std::string(kSmall) + "poll_interval = \"2m\"\nmax_poll_interval = \"1m\"\n"),
      ElementsAre("sightingd.toml:10:21: watch[0].max_poll_interval: \"1m\" is too short (at least "
                  "poll_interval, 2m)"));
}

TEST_F(ConfigFileTest, RefusesInFlightBelowMaxBytes) {
  EXPECT_THAT(errors_of_least_and("media.max_bytes = \"100MiB\"\n"),
              ElementsAre("sightingd.toml:2:19: media.in_flight: \"48MiB\" is too small (at least "
                          "media.max_bytes, 100MiB)"));
}

TEST_F(ConfigFileTest, TakesAThousandWatchesAndNoMore) {
  std::string text(kSmall);
  for (int i = 1; i < 1000; ++i) {
    text += "[[watch]]\nsource = \"main\"\nhashtag = \"tag" + std::to_string(i) + "\"\n";
  }

  EXPECT_THAT(errors_of(text), IsEmpty());
  EXPECT_THAT(errors_of(text + "[[watch]]\nsource = \"main\"\nhashtag = \"more\"\n"),
              ElementsAre("sightingd.toml:3006:1: watch[1000]: is one of 1001 watches: too "
                          "many (at most 1000)"));
}

TEST_F(ConfigFileTest, AllowsHttpOnlyToListedLiteralAddresses) {
  const std::string source = "[[source]]\nname = \"a\"\nkind = \"mastodon\"\nurl = \"http://";

  EXPECT_THAT(errors_of_least_and("http.allow_addresses = [\"127.0.0.0/8\"]\n" + source +
                                  "127.0.0.1:3000\"\n"),
              IsEmpty());
  EXPECT_THAT(errors_of_least_and(source + "127.0.0.1:3000\"\n"),
              ElementsAre("sightingd.toml:5:7: source[0].url: \"http://127.0.0.1:3000\" must be "
                          "https (http only to a literal address that http.allow_addresses "
                          "lists)"));
  EXPECT_THAT(errors_of_least_and("http.allow_addresses = [\"127.0.0.0/8\"]\n" + source +
                                  "localhost:3000\"\n"),
              ElementsAre(HasSubstr("must be https")));
}

TEST_F(ConfigFileTest, TellsEveryBadElementOfAList) {
  EXPECT_THAT(errors_of_least_and("http.allow_addresses = [\"10.0.0.0/33\",\n 5, \"::1\"]\n"),
              ElementsAre("sightingd.toml:2:25: http.allow_addresses: \"10.0.0.0/33\" is no "
                          "address or CIDR (each a CIDR, as \"10.1.2.0/24\")",
                          "sightingd.toml:3:2: http.allow_addresses: must be a string, not an "
                          "integer (each a CIDR, as \"10.1.2.0/24\")"));
}

TEST_F(ConfigFileTest, TellsWhyAStoreKeyCannotBeUsed) {
  configuration.write("short", "k");
  std::filesystem::permissions(configuration.path("short"), std::filesystem::perms::owner_read);

  EXPECT_THAT(errors_of_least_and("store.encryption_key = { file = \"absent\" }\n"),
              ElementsAre(HasSubstr("store.encryption_key: does not exist")));
  EXPECT_THAT(errors_of_least_and("store.encryption_key = { file = \"short\" }\n"),
              ElementsAre(HasSubstr("store.encryption_key: must hold 32 bytes")));
  EXPECT_THAT(errors_of_least_and("store.encryption_key = { env = \"KEY\" }\n"),
              ElementsAre(HasSubstr("store.encryption_key: cannot lie in the environment")));
}

TEST_F(ConfigFileTest, RefusesKindsThatHaveNoEffectYet) {
  EXPECT_THAT(
      errors_of_least_and("[[source]]\nname = \"a\"\nkind = \"weibo\"\nurl = \"https://a.b\"\n"),
      ElementsAre("sightingd.toml:4:8: source[0].kind: \"weibo\" has no effect yet in this version "
                  "(\"mastodon\")"));
}

TEST_F(ConfigFileTest, RefusesFilesAndFoldersThatAreNotThere) {
  EXPECT_THAT(errors_of(std::string(kSmall) + "[[source]]\nname = \"b\"\nkind = \"mastodon\"\n"
                                              "url = \"https://b.example\"\nreplay = \"none\"\n"),
              ElementsAre(HasSubstr("source[1].replay: \"none\" is no folder that can be seen")));
  EXPECT_THAT(errors_of_least_and("http.ca_file = \"/no/such.pem\"\n"),
              ElementsAre(HasSubstr("http.ca_file: \"/no/such.pem\" is no file that can be seen")));
}

TEST_F(ConfigFileTest, NeverShowsATokenThatWasWrittenIntoTheFile) {
  const std::string source =
      "[[source]]\nname = \"a\"\nkind = \"mastodon\"\nurl = \"https://a.example\"\ntoken = ";

  EXPECT_THAT(errors_of_least_and(source + "\"sesame\"\n"),
              ElementsAre("sightingd.toml:6:9: source[0].token: must be a table that says where "
                          "the secret lies, not a string ({ credential = \"NAME\" }, { file = "
                          "\"PATH\" } or { env = \"VARIABLE\" })"));
  EXPECT_THAT(errors_of_least_and(source + "{ sesame = \"sesame\" }\n"),
              ElementsAre(Not(HasSubstr("sesame"))));
  EXPECT_THAT(errors_of_least_and(source + "{ env = \"sesame\", file = \"sesame\" }\n"),
              ElementsAre(Not(HasSubstr("sesame"))));
}

TEST_F(ConfigFileTest, TellsWhereAMissingSecretIsAskedFor) {
  EXPECT_THAT(errors_of(std::string(kLeast) + "[[source]]\nname = \"a\"\nkind = \"mastodon\"\n"
                                              "url = \"https://a.example\"\n"
                                              "token = { file = \"token\" }\n"),
              ElementsAre(HasSubstr("sightingd.toml:6:9: source[0].token: does not exist")));
}

TEST_F(ConfigFileTest, OnlyNotesACredentialThatIsOutOfReachWhenChecking) {
  configuration.write("sightingd.toml", std::string(kLeast) +
                                            "[[source]]\nname = \"a\"\nkind = \"mastodon\"\n"
                                            "url = \"https://a.example\"\n"
                                            "token = { credential = \"a\" }\n");

  const LoadResult run = configuration.load(Purpose::Run);
  const LoadResult check = configuration.load(Purpose::Check);

  EXPECT_THAT(configuration.lines(run.errors),
              ElementsAre(HasSubstr("6:9: source[0].token: is out of reach")));
  EXPECT_THAT(check.errors, IsEmpty());
  EXPECT_THAT(configuration.lines(check.notes),
              ::testing::Contains(HasSubstr("6:9: source[0].token: is out of reach")));
}

TEST_F(ConfigFileTest, TellsTheJournalNoNameTagAccountOrUrl) {
  const LoadResult result = configuration.load(R"([http]
user_agent_contact = "mailto:ops@example.org"
[[source]]
name = "Private"
kind = "mastodon"
url = "ftp://private.example"
[[watch]]
name = "Private"
source = "private"
hashtag = "private tag"
[[watch]]
source = "private"
account = "private"
[[watch]]
source = "private"
hashtag = private
)");
  const LoadResult meaning = configuration.load(R"([http]
user_agent_contact = "mailto:ops@example.org"
[[source]]
name = "privat"
kind = "mastodon"
url = "http://private.example"
[[watch]]
name = "private"
source = "private"
hashtag = "#private"
[[watch]]
name = "private"
source = "privat"
hashtag = "private"
[[watch]]
source = "privat"
hashtag = "private"
[[watch]]
source = "privat"
account = "private"
)");

  const auto syntax_lines = configuration.lines(result.errors, Audience::Journal);
  const auto meaning_lines = configuration.lines(meaning.errors, Audience::Journal);

  EXPECT_THAT(syntax_lines, ElementsAre("sightingd.toml:16:11: is not valid TOML"));
  EXPECT_THAT(meaning_lines, SizeIs(5));
  EXPECT_THAT(meaning_lines, ::testing::Each(Not(HasSubstr("privat"))));
  EXPECT_THAT(meaning_lines[0],
              "sightingd.toml:6:7: source[0].url: the value must be https (http only to a literal "
              "address that http.allow_addresses lists)");
}

TEST_F(ConfigFileTest, NotesWhatIsAllowedAndWorthKnowing) {
  const LoadResult result =
      configuration.load(std::string(kLeast) +
                         "http.proxy = \"http://proxy.example:8080\"\n[[source]]\nname = \"a\"\n"
                         "kind = \"mastodon\"\nurl = \"https://a.example\"\n");

  EXPECT_THAT(configuration.lines(result.notes),
              ElementsAre(HasSubstr("sightingd.toml: store.encryption_key: "),
                          "sightingd.toml: there is no [[watch]]: nothing is read",
                          HasSubstr("sightingd.toml:2:14: http.proxy: through a proxy"),
                          "sightingd.toml:3:1: source[0]: no watch reads this source"));
}

TEST_F(ConfigFileTest, TakesRelativePathsFromTheFolderOfTheirFile) {
  configuration.write("sightingd.toml", kLeast);
  configuration.write("conf.d/a.toml", "store.path = \"../data\"\n");

  const LoadResult result = configuration.load();

  ASSERT_THAT(configuration.lines(result.errors), IsEmpty());
  EXPECT_EQ(result.settings->store.path, configuration.path("data"));
}

}  // namespace
}  // namespace sightingd::test
