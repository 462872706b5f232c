#include "config/reference.h"

#include "config/schema.h"
#include "tests/config/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace sightingd::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string file_in_tree(const std::string& name) {
  std::ifstream stream(std::filesystem::path(SIGHTINGD_SOURCE_DIR) / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Both failures are mended by `cmake --build build/dev --target config_reference`.
TEST(ReferenceTest, IsTheExampleFileOfTheTree) {
  EXPECT_EQ(file_in_tree("config/sightingd.example.toml"), example_file());
}

TEST(ReferenceTest, IsThePageOfTheTree) {
  EXPECT_EQ(file_in_tree("docs/configuration.md"), reference_page());
}

TEST(ReferenceTest, GivesAnExampleThatLoadsAndHoldsTheDefaults) {
  Configuration configuration;

  const LoadResult result = configuration.load(example_file());

  ASSERT_THAT(configuration.lines(result.errors), IsEmpty());
  const Settings defaults;
  const Settings& settings = *result.settings;
  for (const Section<Settings>& section : schema().sections) {
    for (const Key<Settings>& key : section.keys) {
      EXPECT_TRUE(key.text.is_required || key.is_same(settings, defaults))
          << section.name << '.' << key.text.name;
    }
  }
  EXPECT_THAT(settings.sources, SizeIs(1));
  EXPECT_THAT(settings.watches, SizeIs(1));
}

/// Reads the default of a key from its text, and compares it with that of the program.
template <typename Target>
void expect_true_defaults(const Section<Target>& section) {
  const SecretAccess secrets{.environment = [](std::string_view) { return std::nullopt; },
                             .purpose = Purpose::Store};
  for (const Key<Target>& key : section.keys) {
    if (key.text.default_value.empty()) {
      continue;
    }
    const auto document = parse_toml("x = " + std::string(key.text.default_value), "file");
    ASSERT_TRUE(document) << key.text.name;
    Target target{};

    const Outcome outcome = key.read(document->entries[0].value, target, secrets);

    EXPECT_THAT(outcome.misfits, IsEmpty()) << key.text.name;
    EXPECT_TRUE(key.is_same(target, Target{})) << key.text.name;
  }
}

TEST(SchemaTest, SaysTheDefaultsThatTheProgramHas) {
  for (const Section<Settings>& section : schema().sections) {
    expect_true_defaults(section);
  }
  expect_true_defaults(schema().source);
  expect_true_defaults(schema().watch);
}

/// Every key is explained, and is required, has a default, or says what holds without it.
template <typename Target>
void expect_whole_texts(const Section<Target>& section) {
  for (const Key<Target>& key : section.keys) {
    EXPECT_TRUE(key.text.meaning.ends_with('.')) << key.text.name;
    EXPECT_FALSE(key.text.type.empty()) << key.text.name;
    EXPECT_FALSE(key.text.allowed.empty()) << key.text.name;
    EXPECT_EQ(
        key.text.is_required + !key.text.default_value.empty() + !key.text.default_words.empty(), 1)
        << key.text.name;
  }
}

TEST(SchemaTest, ExplainsEveryKey) {
  for (const Section<Settings>& section : schema().sections) {
    expect_whole_texts(section);
  }
  expect_whole_texts(schema().source);
  expect_whole_texts(schema().watch);
}

/// What was read is written as it could be read again.
template <typename Target>
void expect_round_trip(const Section<Target>& section, const Target& target) {
  const SecretAccess secrets{.environment = [](std::string_view) { return std::nullopt; },
                             .purpose = Purpose::Store};
  for (const Key<Target>& key : section.keys) {
    const std::string text = key.write(target);
    if (text.empty() || text == "[secret]" || key.text.is_required) {
      continue;
    }
    const auto document = parse_toml("x = " + text, "file");
    ASSERT_TRUE(document) << text;
    Target again{};

    key.read(document->entries[0].value, again, secrets);

    EXPECT_TRUE(key.is_same(target, again)) << key.text.name << " = " << text;
  }
}

TEST(SchemaTest, WritesWhatItReads) {
  SourceOptions source{.name = "a",
                       .request_limit = RequestLimit{100, std::chrono::hours(1)},
                       .media_from_origin = true};
  WatchOptions watch{.name = "a",
                     .subject = Account{"a@example.org"},
                     .poll_interval = std::chrono::seconds(90),
                     .backfill = {.kind = Backfill::Kind::Everything, .duration = {}},
                     .media_required = false};
  Settings settings;
  settings.metrics.listen.clear();
  settings.media.max_bytes = 1'500'000;
  settings.examiner.processes = 3;
  settings.limits.per_author_per_day = 7;
  settings.log_level = LogLevel::Error;

  expect_round_trip(schema().source, source);
  expect_round_trip(schema().watch, watch);
  for (const Section<Settings>& section : schema().sections) {
    expect_round_trip(section, settings);
  }
}

}  // namespace
}  // namespace sightingd::test
