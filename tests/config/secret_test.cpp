#include "config/secret.h"

#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sightingd::test {
namespace {

class SecretTest : public ::testing::Test {
 protected:
  std::string file(const std::string& content, std::filesystem::perms mode) {
    const std::filesystem::path path = folder_.path() / "token";
    std::ofstream(path, std::ios::binary) << content;
    std::filesystem::permissions(path, mode);
    return path.native();
  }
  std::string private_file(const std::string& content) {
    return file(content, std::filesystem::perms::owner_read);
  }
  Result<std::string> read_file(const std::string& path) {
    return read_token({SecretPlace::Kind::File, path}, environment_);
  }
  const std::filesystem::path& folder() const { return folder_.path(); }

  Environment environment_ = [this](std::string_view name) -> std::optional<std::string> {
    if (name == "CREDENTIALS_DIRECTORY") {
      return folder_.path().native();
    }
    return name == "TOKEN" ? std::optional<std::string>("sesame") : std::nullopt;
  };

 private:
  TemporaryDirectory folder_;
};

TEST_F(SecretTest, ReadsAFileACredentialAndAVariable) {
  const std::string path = private_file("sesame\n");

  EXPECT_EQ(read_file(path).value(), "sesame");
  EXPECT_EQ(read_token({SecretPlace::Kind::Credential, "token"}, environment_).value(), "sesame");
  EXPECT_EQ(read_token({SecretPlace::Kind::Variable, "TOKEN"}, environment_).value(), "sesame");
}

TEST_F(SecretTest, DropsOneNewlineOfEitherKind) {
  EXPECT_EQ(read_file(private_file("sesame\r\n")).value(), "sesame");
}

TEST_F(SecretTest, RefusesWhatCannotBeAToken) {
  for (const std::string& content :
       {std::string(), std::string("\n"), std::string("two words"), std::string("two\nlines"),
        std::string("sesame\n\n"), std::string("caf\xC3\xA9"), std::string("a\0b", 3),
        std::string(4097, 'a')}) {
    std::filesystem::remove(folder() / "token");

    const Result<std::string> token = read_file(private_file(content));

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::Malformed);
  }
}

TEST_F(SecretTest, TakesATokenOfFourKibibytes) {
  EXPECT_EQ(read_file(private_file(std::string(4096, 'a') + "\r\n")).value().size(), 4096U);
}

TEST_F(SecretTest, RefusesAFileThatIsOpenToOthers) {
  using std::filesystem::perms;
  const perms owner = perms::owner_read | perms::owner_write;

  EXPECT_EQ(read_file(file("sesame", owner | perms::others_read)).error().code,
            ErrorCode::Forbidden);
  EXPECT_EQ(read_file(file("sesame", owner | perms::group_write)).error().code,
            ErrorCode::Forbidden);
  EXPECT_TRUE(read_file(file("sesame", owner | perms::group_read)));
}

TEST_F(SecretTest, RefusesWhatIsNoFileWithoutWaitingForIt) {
  const std::string pipe = (folder() / "pipe").native();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);

  EXPECT_EQ(read_file(pipe).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(read_file(folder().native()).error().code, ErrorCode::Forbidden);
}

TEST_F(SecretTest, SaysWhatIsMissing) {
  EXPECT_EQ(read_file((folder() / "none").native()).error().code, ErrorCode::Gone);
  EXPECT_EQ(read_token({SecretPlace::Kind::Variable, "NONE"}, environment_).error().code,
            ErrorCode::Unavailable);
}

TEST_F(SecretTest, SaysThatCredentialsAreOutOfReachOutsideAUnit) {
  const Environment empty = [](std::string_view) { return std::nullopt; };

  EXPECT_EQ(read_token({SecretPlace::Kind::Credential, "token"}, empty).error().code,
            ErrorCode::Unavailable);
}

StoreKeyPlace in_file(const std::string& path) {
  return {.place = {SecretPlace::Kind::File, path}, .is_named = true};
}

TEST_F(SecretTest, ReadsAStoreKeyOfAnyBytes) {
  std::string key(32, '\0');
  key.back() = '\n';

  EXPECT_EQ(read_store_key(in_file(private_file(key)), environment_).value(), key);
}

TEST_F(SecretTest, RefusesAStoreKeyOfAnotherLength) {
  for (const std::size_t size : {0U, 31U, 33U, 64U, 5000U}) {
    std::filesystem::remove(folder() / "token");

    const auto key = read_store_key(in_file(private_file(std::string(size, 'k'))), environment_);

    ASSERT_FALSE(key) << size;
    EXPECT_EQ(key.error().code, ErrorCode::Malformed);
    EXPECT_THAT(key.error().message, ::testing::StartsWith("must hold 32 bytes"));
  }
}

TEST_F(SecretTest, FindsNoStoreKeyOnlyWhereNoneIsNamedAndTheCredentialIsNotThere) {
  const Environment no_unit = [](std::string_view) { return std::nullopt; };
  const StoreKeyPlace named{.place = StoreKeyPlace().place, .is_named = true};

  EXPECT_EQ(read_store_key({}, no_unit).value(), std::nullopt);
  EXPECT_EQ(read_store_key({}, environment_).value(), std::nullopt);
  EXPECT_EQ(read_store_key(named, no_unit).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(read_store_key(named, environment_).error().code, ErrorCode::Gone);

  std::ofstream(folder() / "store-key") << "too short";
  std::filesystem::permissions(folder() / "store-key", std::filesystem::perms::owner_read);
  EXPECT_EQ(read_store_key({}, environment_).error().code, ErrorCode::Malformed);
}

}  // namespace
}  // namespace sightingd::test
