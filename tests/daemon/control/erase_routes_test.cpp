#include "daemon/api/receipt.h"
#include "daemon/control/erasure.h"
#include "pipeline/hex.h"
#include "storage/sealing/signing_key.h"
#include "tests/daemon/control/control_fixture.h"

#include <gmock/gmock.h>
#include <rapidjson/document.h>

#include <string>
#include <vector>

namespace sightingd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EraseRoutesTest : public ControlFixture {
 protected:
  RawReply erase(EraseRequest::What what, const std::string& subject, bool confirm = false) {
    const EraseRequest request{
        .what = what, .subject = subject, .reason = "asked by her mother", .confirm = confirm};
    return post_to("/v1/erase", erase_request_json(request));
  }
  bool is_stored(const std::string& name) {
    return store->sighting(id_of(name)).value().has_value();
  }
};

TEST_F(EraseRoutesTest, ErasesEveryPostOfAnAuthorAndRefusesLaterOnes) {
  commit({by(post("1"), "ana"), by(post("2"), "ben"), by(post("3"), "ana")});

  const RawReply reply = erase(EraseRequest::What::Author, "https://example.org/users/ana");

  EXPECT_THAT(reply.body, HasSubstr("{\"sightings\":2,"));
  commit({by(post("4"), "ana")});
  EXPECT_FALSE(is_stored("1"));
  EXPECT_FALSE(is_stored("3"));
  EXPECT_FALSE(is_stored("4"));
  EXPECT_TRUE(is_stored("2"));
}

TEST_F(EraseRoutesTest, KnowsAnAuthorByAHandle) {
  PostFacts renamed = by(post("2"), "ana");
  renamed.post.author = "ana-maria@example.org";
  commit({by(post("1"), "ana"), renamed});

  const RawReply reply = erase(EraseRequest::What::Author, "@ana-maria@example.org");

  EXPECT_THAT(reply.body, HasSubstr("{\"sightings\":2,"));
  EXPECT_EQ(erase(EraseRequest::What::Author, "nobody@example.org").status, 404U);
}

TEST_F(EraseRoutesTest, ErasesAPhotoFromAllWhoShowIt) {
  commit({with(post("1"), photo("stripped")), with(post("2"), photo("stripped", 10)),
          with(post("3"), photo("other", 90))});

  const RawReply reply = erase(EraseRequest::What::Photo, std::string(photo("stripped").id.text()));

  EXPECT_THAT(reply.body, HasSubstr("{\"sightings\":2,\"photos\":1,"));
  EXPECT_TRUE(store->refuses(photo("stripped").id, {}));
  EXPECT_EQ(erase(EraseRequest::What::Photo, std::string(photo("gone").id.text())).status, 404U);
  EXPECT_EQ(erase(EraseRequest::What::Photo, "street").status, 400U);
}

TEST_F(EraseRoutesTest, ErasesWhatLooksLikeAPictureThatIsBrought) {
  commit({with(post("1"), photo("a", 4)), with(post("2"), photo("b", 90))});

  const RawReply reply = post_to("/v1/erase-like?reason=her%20mother", "brought");

  EXPECT_EQ(reply.status, 200U);
  EXPECT_FALSE(is_stored("1"));
  EXPECT_TRUE(is_stored("2"));
  EXPECT_TRUE(store->refuses(photo("brought").id, {})) << "it was not stored, and never will be";
  EXPECT_EQ(post_to("/v1/erase-like", "brought").status, 400U);
  examiner.answer = Examination(NotAnImage{});
  EXPECT_EQ(post_to("/v1/erase-like?reason=x", "brought").status, 400U);
}

TEST_F(EraseRoutesTest, RefusesThePicturesOfAPostWhenAsked) {
  commit({with(post("1"), photo("stripped")), with(post("2"), photo("stripped"))});
  const EraseRequest request{.subject = test::uri("1"), .reason = "asked", .refuse_picture = true};

  const RawReply reply = post_to("/v1/erase", erase_request_json(request));

  EXPECT_EQ(reply.status, 200U);
  EXPECT_FALSE(is_stored("1"));
  EXPECT_FALSE(is_stored("2"));
  EXPECT_TRUE(store->refuses(photo("stripped").id, {}));
}

TEST_F(EraseRoutesTest, ErasesWhatIsOldAndAsksBeforeMuchGoes) {
  std::vector<PostFacts> posts;
  for (int i = 0; i < 30; ++i) {
    posts.push_back(post("old" + std::to_string(i)));
  }
  commit(posts);
  clock.advance(std::chrono::hours(48));

  const RawReply asked = erase(EraseRequest::What::OlderThan, "1d");
  EXPECT_EQ(asked.status, 409U);
  EXPECT_THAT(asked.body, HasSubstr("30 of 30 sightings"));
  EXPECT_TRUE(is_stored("old0"));
  EXPECT_THAT(erase(EraseRequest::What::OlderThan, "3d").body, HasSubstr("{\"sightings\":0,"));
  EXPECT_EQ(erase(EraseRequest::What::OlderThan, "yesterday").status, 400U);

  const RawReply confirmed = erase(EraseRequest::What::OlderThan, "1d", true);

  EXPECT_THAT(confirmed.body, HasSubstr("{\"sightings\":30,"));
  EXPECT_FALSE(is_stored("old0"));
}

TEST_F(EraseRoutesTest, SignsAReceiptThatHoldsNothingThatWasErased) {
  commit({post("1")});

  const RawReply reply = erase(EraseRequest::What::Post, test::uri("1"));

  rapidjson::Document answer;
  answer.Parse(reply.body.c_str());
  const auto& signed_text = answer["receipt"];
  const std::string text = signed_text["text"].GetString();
  const auto key = PublicKey::of_hex(signed_text["public_key"].GetString());
  std::array<std::uint8_t, kSignatureSize> signature{};
  ASSERT_TRUE(read_hex(signed_text["signature"].GetString(), signature));
  const std::string bytes(signature.begin(), signature.end());
  EXPECT_TRUE(is_signed(*key, kReceiptPurpose, text, bytes));
  EXPECT_FALSE(is_signed(*key, kReceiptPurpose, text + " ", bytes));
  EXPECT_THAT(text, HasSubstr("\"what\":\"post\""));
  EXPECT_THAT(text, HasSubstr("asked by her mother"));
  EXPECT_EQ(text.find(test::uri("1")), std::string::npos);
  EXPECT_THAT(get("/v1/receipt-key").body, HasSubstr(key->hex()));
}

TEST_F(EraseRoutesTest, ListsRefusalsAndTakesThemBack) {
  commit({post("1")});
  erase(EraseRequest::What::Post, test::uri("1"));

  EXPECT_THAT(get("/v1/refusals").body,
              HasSubstr("{\"refusal\":1,\"at\":\"2026-02-01T12:00:00.000Z\",\"kind\":\"post\""));
  EXPECT_EQ(post_to("/v1/refusals/1/remove").status, 200U);
  EXPECT_EQ(post_to("/v1/refusals/1/remove").status, 404U);
  EXPECT_EQ(post_to("/v1/refusals/one/remove").status, 400U);
  EXPECT_EQ(get("/v1/refusals").body, "{\"refusals\":[]}\n");
}

TEST_F(EraseRoutesTest, HoldsASightingUntilATime) {
  commit({post("1")});
  const std::string route = "/v1/holds/" + std::string(id_of("1").text());

  EXPECT_EQ(post_to(route + "?reason=police&until=2027-01-31T00%3A00%3A00Z").status, 200U);
  EXPECT_THAT(get("/v1/holds").body, HasSubstr("\"until\":\"2027-01-31T00:00:00.000Z\""));
  EXPECT_THAT(erase(EraseRequest::What::Post, test::uri("1")).body, HasSubstr("\"held\":1"));
  EXPECT_TRUE(is_stored("1"));
  EXPECT_EQ(post_to(route + "?reason=over").status, 200U);
  EXPECT_EQ(post_to(route).status, 400U);
  EXPECT_EQ(get("/v1/holds").body, "{\"holds\":[]}\n");
  EXPECT_EQ(post_to(route + "?reason=x&until=2020-01-31T00%3A00%3A00Z").status, 400U);
  EXPECT_EQ(post_to(route + "?reason=x&until=soon").status, 400U);
  EXPECT_EQ(post_to("/v1/holds/" + std::string(id_of("2").text()) + "?reason=x").status, 404U);
}

}  // namespace
}  // namespace sightingd::test
