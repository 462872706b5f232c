#include "connectors/mastodon/mastodon_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace sightingd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string fixture(const std::string& name) {
  std::ifstream file(std::string(SIGHTINGD_TEST_DATA) + "/mastodon/" + name + ".json");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

MastodonReading usual() {
  MastodonReading reading;
  reading.host = "social.example.org";
  reading.honour_noindex = true;
  reading.honour_nobot = true;
  return reading;
}

std::vector<MastodonItem> items_of(std::string body, const MastodonReading& reading = usual()) {
  auto items = parse_statuses(std::move(body), reading);
  EXPECT_TRUE(items) << items.error().message;
  return items ? *items : std::vector<MastodonItem>();
}

// The only post of a page or of a body of its own.
Post post_of(const std::string& body, const MastodonReading& reading = usual()) {
  const auto items = items_of(body.starts_with('[') ? body : "[" + body + "]", reading);
  EXPECT_EQ(items.size(), 1U);
  const auto* post = items.empty() ? nullptr : std::get_if<Post>(&items[0].outcome);
  EXPECT_NE(post, nullptr);
  return post == nullptr ? Post{} : *post;
}

std::optional<SkippedPost> skipped_of(const std::string& body,
                                      const MastodonReading& reading = usual()) {
  const auto items = items_of("[" + body + "]", reading);
  const auto* skipped = items.empty() ? nullptr : std::get_if<SkippedPost>(&items[0].outcome);
  return skipped == nullptr ? std::nullopt : std::optional(*skipped);
}

// A post with these members instead of, or besides, the usual ones.
std::string status_with(const std::string& members) {
  return "{" + members +
         R"(,"id":"7","created_at":"2026-05-04T09:00:00.000Z","visibility":"public",)"
         R"("uri":"https://a.example/7","content":"<p>x</p>",)"
         R"("account":{"acct":"ann","uri":"https://a.example/ann"},"media_attachments":[]})";
}

std::string media_with(const std::string& members) {
  return status_with(R"("media_attachments":[{"type":"image",)" + members + "}]");
}

std::string reason_of(std::string body) {
  auto items = parse_statuses(std::move(body), usual());
  return items ? "none" : std::string(items.error().reason);
}

TEST(MastodonJsonTest, ReadsAPageOfMastodon) {
  const auto items = items_of(fixture("tag_page1_images"));

  ASSERT_EQ(items.size(), 4U);
  const Post& first = std::get<Post>(items[0].outcome);
  EXPECT_EQ(first.id, "116515524517757029");
  EXPECT_EQ(format_rfc3339(first.posted_at), "2026-05-04T09:10:11.123Z");
  EXPECT_EQ(first.ref.version, "");
  EXPECT_EQ(first.author, "sample_poster@social.example.org");
  EXPECT_EQ(first.author_uri, "https://social.example.org/users/sample_poster");
  EXPECT_THAT(first.hashtags, ElementsAre("finddemo"));
  ASSERT_EQ(first.images.size(), 1U);
  EXPECT_FALSE(first.images[0].id.empty());
  EXPECT_EQ(first.images[0].url,
            "https://files.example.org/media_attachments/files/116500000000000101/original/"
            "000000000101.jpg");
  EXPECT_NE(first.text.find("#FindDemo"), std::string::npos);
  const Post& last = std::get<Post>(items[3].outcome);
  EXPECT_EQ(last.author, "street_watch@remote.example.net");
  EXPECT_EQ(last.images.size(), 2U);
}

TEST(MastodonJsonTest, ReadsChinese) {
  const Post post = post_of(fixture("tag_unicode_zh"));

  EXPECT_NE(post.text.find("寻人示例"), std::string::npos);
  EXPECT_THAT(post.hashtags, testing::Contains("寻人示例"));
  EXPECT_EQ(post.language, "zh");
}

TEST(MastodonJsonTest, ReadsPagesOfRelatives) {
  EXPECT_EQ(post_of(fixture("gotosocial_tag_page")).images.size(), 1U);
  EXPECT_EQ(post_of(fixture("pixelfed_tag_page")).images.size(), 1U);
  const auto pleroma = items_of(fixture("pleroma_tag_page"));
  ASSERT_FALSE(pleroma.empty());
  EXPECT_EQ(std::get<Post>(pleroma[0].outcome).images.size(), 5U);
}

TEST(MastodonJsonTest, ReadsWhatRealServersSaid) {
  for (const auto& item : items_of(fixture("gotosocial_recorded_tag_page"))) {
    EXPECT_TRUE(std::holds_alternative<Post>(item.outcome));
  }
  std::vector<SkipReason> skipped;
  for (const auto& item : items_of(fixture("hollo_recorded_tag_page"))) {
    if (const auto* skip = std::get_if<SkippedPost>(&item.outcome)) {
      skipped.push_back(skip->reason);
    }
  }
  EXPECT_THAT(skipped, ElementsAre(SkipReason::Boost, SkipReason::NotPublic, SkipReason::NotPublic,
                                   SkipReason::Boost));
}

TEST(MastodonJsonTest, SkipsBoostsUnderTheNameOfWhatTheyPassOn) {
  MastodonReading reading = usual();
  reading.accept_unlisted = true;

  const auto items = items_of(fixture("account_statuses_boost"), reading);

  ASSERT_EQ(items.size(), 2U);
  const auto& boost = std::get<SkippedPost>(items[0].outcome);
  EXPECT_EQ(boost.reason, SkipReason::Boost);
  EXPECT_TRUE(boost.uri.starts_with("https://")) << boost.uri;
  EXPECT_FALSE(items[0].id.empty());
  EXPECT_TRUE(std::holds_alternative<Post>(items[1].outcome));
}

TEST(MastodonJsonTest, NamesAnEditByItsTime) {
  const Post post = post_of(fixture("status_edited"));

  EXPECT_EQ(post.id, "116515524517757029");
  ASSERT_TRUE(post.edited_at);
  EXPECT_EQ(post.ref.version, format_rfc3339(*post.edited_at));
}

TEST(MastodonJsonTest, ReadsMissingAndNullFields) {
  const Post post = post_of(fixture("status_missing_null_fields"));

  EXPECT_EQ(post.url, post.ref.uri);
  EXPECT_EQ(post.language, std::nullopt);
  EXPECT_EQ(post.author_uri, "https://social.example.org/@old_server");
  EXPECT_EQ(post.images.size(), 1U);
}

TEST(MastodonJsonTest, ReadsIdsThatAreNumbersWithEveryDigit) {
  const Post post = post_of(fixture("status_numeric_ids"));

  EXPECT_EQ(post.id, "116516391823278181");
  EXPECT_EQ(post.reply_to, "9223372036854775807");
  EXPECT_EQ(post_of(status_with(R"("in_reply_to_id":18446744073709551615)")).reply_to,
            "18446744073709551615");
  EXPECT_EQ(post_of(status_with(R"("in_reply_to_id":18446744073709551616)")).reply_to,
            std::nullopt);
}

TEST(MastodonJsonTest, TakesPicturesOnly) {
  EXPECT_EQ(post_of(fixture("status_multi_image_six")).images.size(), 6U);
  EXPECT_THAT(post_of(fixture("status_video_only")).images, IsEmpty());
  EXPECT_THAT(post_of(fixture("status_gifv")).images, IsEmpty());
  EXPECT_THAT(post_of(fixture("status_text_only")).images, IsEmpty());
}

TEST(MastodonJsonTest, LeavesTheAddressOfAPictureInTheMakingEmpty) {
  const Post post = post_of(fixture("status_media_processing"));

  ASSERT_EQ(post.images.size(), 1U);
  EXPECT_EQ(post.images[0].url, "");
}

TEST(MastodonJsonTest, AsksTheOriginForWhatLiesBehindTheMediaProxy) {
  const Post post = post_of(fixture("status_unknown_attachment_proxy"));

  ASSERT_EQ(post.images.size(), 1U);
  EXPECT_EQ(post.images[0].url, "https://media.remote.example.net/original/not-cached.jpg");
  EXPECT_EQ(post.images[0].alt, "kept on the origin server");
}

TEST(MastodonJsonTest, ChoosesTheOriginWhenAsked) {
  const std::string body =
      media_with(R"("url":"https://a.example/c.jpg","remote_url":"https://b.example/o.jpg")");
  MastodonReading from_origin = usual();
  from_origin.media_from_origin = true;

  EXPECT_EQ(post_of(body).images[0].url, "https://a.example/c.jpg");
  EXPECT_EQ(post_of(body, from_origin).images[0].url, "https://b.example/o.jpg");
  EXPECT_EQ(post_of(media_with(R"("url":"https://a.example/c.jpg","remote_url":null)"), from_origin)
                .images[0]
                .url,
            "https://a.example/c.jpg");
}

TEST(MastodonJsonTest, DropsAddressesThatAreNone) {
  for (const char* url :
       {"/media/1.jpg", "file:///etc/passwd", "ftp://a.example/1.jpg", "https://", "https:///1.jpg",
        "https://u:p@a.example/1.jpg", "https://a.example/1 .jpg", "https://a.example\\\\@b/1.jpg",
        "javascript:alert(1)", "https://a.example/\\u0000.jpg"}) {
    const Post post = post_of(media_with(R"("url":")" + std::string(url) + '"'));

    ASSERT_EQ(post.images.size(), 1U) << url;
    EXPECT_EQ(post.images[0].url, "") << url;
  }
}

TEST(MastodonJsonTest, HonoursTheWishesOfAuthors) {
  const auto opted_out = skipped_of(fixture("status_sensitive_cw"));
  ASSERT_TRUE(opted_out);
  EXPECT_EQ(opted_out->reason, SkipReason::Consent);
  const std::string nobot = R"("account":{"acct":"a","note":"<p>Hi, #<span>NoBot</span></p>"})";
  const std::string nobots = R"("account":{"acct":"a","note":"<p>I write about nobots</p>"})";
  const std::string noindex = R"("account":{"acct":"a","noindex":true})";
  const std::string hidden = R"("account":{"acct":"a","indexable":false})";
  EXPECT_EQ(skipped_of(status_with(nobot))->reason, SkipReason::Consent);
  EXPECT_EQ(skipped_of(status_with(noindex))->reason, SkipReason::Consent);
  EXPECT_FALSE(skipped_of(status_with(nobots)));
  EXPECT_FALSE(skipped_of(status_with(hidden)));
}

TEST(MastodonJsonTest, HonoursOnlyWhatIsConfigured) {
  MastodonReading nothing = usual();
  nothing.honour_noindex = nothing.honour_nobot = false;
  MastodonReading everything = usual();
  everything.honour_not_indexable = true;

  const Post post = post_of(fixture("status_sensitive_cw"), nothing);

  EXPECT_TRUE(post.sensitive);
  const std::string hidden = R"("account":{"acct":"a","indexable":false})";
  EXPECT_EQ(skipped_of(status_with(hidden), everything)->reason, SkipReason::Consent);
}

TEST(MastodonJsonTest, TakesOnlyWhatEverybodyMayRead) {
  MastodonReading account = usual();
  account.accept_unlisted = true;
  const auto status = [](const std::string& visibility) {
    return status_with(R"("visibility":")" + visibility + '"');
  };

  for (const char* visibility : {"private", "direct", "local", "list", ""}) {
    ASSERT_TRUE(skipped_of(status(visibility), account)) << visibility;
    EXPECT_EQ(skipped_of(status(visibility), account)->reason, SkipReason::NotPublic);
  }
  EXPECT_FALSE(skipped_of(status("unlisted"), account));
  EXPECT_EQ(skipped_of(status("unlisted"))->reason, SkipReason::NotPublic);
}

TEST(MastodonJsonTest, LosesOnlyTheBadPostOfAPage) {
  const std::string good = status_with(R"("language":null)");
  for (
      const std::string bad :
      {R"(null)", R"(17)", R"([])", R"({})", R"({"id":"9"})",
       R"({"id":"../9","uri":"https://a.example/9","account":{"acct":"a"}})",
       R"({"id":"9","created_at":"yesterday","visibility":"public","uri":"u","account":{"acct":"a"}})",
       R"({"id":"9","created_at":"2026-05-04T09:00:00Z","visibility":"public","uri":"","account":{"acct":"a"}})",
       R"({"id":"9","created_at":"2026-05-04T09:00:00Z","visibility":"public","uri":"a b","account":{"acct":"a"}})",
       R"({"id":"9","created_at":"2026-05-04T09:00:00Z","visibility":"public","uri":"u","account":null})",
       R"({"id":"9","created_at":"2026-05-04T09:00:00Z","visibility":"public","uri":"u","account":{"acct":[]}})",
       "{\"id\":\"9\",\"created_at\":\"2026-05-04T09:00:00Z\",\"visibility\":\"public\",\"uri\":"
       "\"\xff\","
       "\"account\":{\"acct\":\"a\"}}"}) {
    const auto items = items_of("[" + bad + "," + good + "]");

    ASSERT_EQ(items.size(), 2U) << bad;
    ASSERT_TRUE(std::holds_alternative<SkippedPost>(items[0].outcome)) << bad;
    EXPECT_TRUE(std::holds_alternative<Post>(items[1].outcome)) << bad;
  }
}

TEST(MastodonJsonTest, SurvivesFieldsOfWrongTypes) {
  const Post post = post_of(status_with(
      R"("url":7,"language":{},"sensitive":"yes","in_reply_to_id":[1],"edited_at":12,"tags":[7,{},{"name":null},{"name":"ok"}],)"
      R"("content":null,"media_attachments":{"type":"image"})"));

  EXPECT_EQ(post.url, "https://a.example/7");
  EXPECT_EQ(post.language, std::nullopt);
  EXPECT_FALSE(post.sensitive);
  EXPECT_EQ(post.reply_to, std::nullopt);
  EXPECT_EQ(post.ref.version, "");
  EXPECT_EQ(post.text, "");
  EXPECT_THAT(post.hashtags, ElementsAre("ok"));
  EXPECT_THAT(post.images, IsEmpty());
}

TEST(MastodonJsonTest, PutsAContentWarningAboveTheContent) {
  EXPECT_EQ(
      post_of(status_with(R"("spoiler_text":"Lost <near> A&B","content":"<p>seen</p>")")).text,
      "Lost <near> A&B\nseen");
  EXPECT_EQ(post_of(status_with(R"("spoiler_text":"a \u001bwarning","content":"")")).text,
            "a warning");
}

TEST(MastodonJsonTest, RepairsTextThatIsNoText) {
  EXPECT_EQ(post_of(status_with(R"("content":"a\ud800b \ud83d\udc26 \udc00")")).text,
            "a\xef\xbf\xbd"
            "b 🐦 \xef\xbf\xbd");
  EXPECT_EQ(post_of(status_with("\"content\":\"a\xff\"")).text, "a\xef\xbf\xbd");
  EXPECT_EQ(post_of(status_with(R"("content":"\\ud800")")).text, "\\ud800");
}

TEST(MastodonJsonTest, CutsLongTextBetweenTwoCharacters) {
  std::string content;
  while (content.size() < 100'000) {
    content += "寻";
  }

  const std::string text = post_of(status_with(R"("content":")" + content + '"')).text;

  EXPECT_EQ(text.size(), (std::size_t{64} << 10) / 3 * 3);
}

TEST(MastodonJsonTest, NamesWhatIsWrongWithAnAnswer) {
  EXPECT_EQ(reason_of("[]"), "none");
  EXPECT_EQ(reason_of(""), "empty_body");
  EXPECT_EQ(reason_of(" \n"), "empty_body");
  EXPECT_EQ(reason_of("<!DOCTYPE html><html>"), "html");
  EXPECT_EQ(reason_of("{\"error\":\"x\"}"), "wrong_shape");
  EXPECT_EQ(reason_of("null"), "wrong_shape");
  EXPECT_EQ(reason_of("garbage"), "bad_json");
  EXPECT_EQ(reason_of("[] []"), "bad_json");
  EXPECT_EQ(reason_of(std::string("[]\0[]", 5)), "bad_json");
  EXPECT_EQ(reason_of(R"([{"a":"\x"}])"), "bad_json");
}

TEST(MastodonJsonTest, NamesEveryTruncationAsOne) {
  const std::string whole =
      "[" + status_with(R"("content":"a\u5bfb","n":[1,true,null,-2.5e3])") + "]";
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const std::string reason = reason_of(whole.substr(0, length));

    EXPECT_EQ(reason, "truncated_json") << whole.substr(0, length);
  }
}

TEST(MastodonJsonTest, RefusesWhatNestsTooDeep) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');

  EXPECT_EQ(reason_of(deep), "bad_json");
  EXPECT_EQ(
      reason_of("[" + status_with(R"("x":)" + std::string(40, '[') + std::string(40, ']')) + "]"),
      "none");
}

TEST(MastodonJsonTest, RefusesAPageOfTooManyEntries) {
  std::string body = "[0";
  for (int i = 0; i < 400; ++i) {
    body += ",0";
  }

  EXPECT_EQ(reason_of(body + "]"), "wrong_shape");
}

TEST(MastodonJsonTest, ReadsWhatAServerSaysOfItself) {
  using Access = MastodonInstance::Access;

  const auto open = parse_instance(fixture("instance_v2_open"));
  const auto closed = parse_instance(fixture("instance_v2_closed"));

  ASSERT_TRUE(open);
  EXPECT_EQ(open->domain, "social.example.org");
  EXPECT_TRUE(open->has_batches);
  EXPECT_EQ(open->local_hashtags, Access::Public);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->local_hashtags, Access::Authenticated);
  EXPECT_EQ(closed->remote_hashtags, Access::Disabled);
}

TEST(MastodonJsonTest, KnowsWhichVersionsHaveBatches) {
  const auto has_batches = [](const std::string& version) {
    return parse_instance(R"({"version":")" + version + "\"}")->has_batches;
  };

  EXPECT_TRUE(has_batches("4.3.0"));
  EXPECT_TRUE(has_batches("4.10.1+glitch"));
  EXPECT_TRUE(has_batches("5.0"));
  for (const char* version : {"4.2.10", "3.5.3 (compatible; Pixelfed 0.11)", "0.20.0-local", "",
                              "4", "4.", "x.y", "4.5.0 (compatible; Iceshrimp)"}) {
    EXPECT_FALSE(has_batches(version)) << version;
  }
}

TEST(MastodonJsonTest, ReadsAnAccount) {
  const auto account = parse_account(fixture("account_lookup"));

  ASSERT_TRUE(account);
  EXPECT_EQ(*account, (MastodonAccount{"109000000000000002", "street_watch"}));
  EXPECT_FALSE(parse_account("{}"));
  EXPECT_FALSE(parse_account(R"({"id":"1","acct":7})"));
}

}  // namespace
}  // namespace sightingd
