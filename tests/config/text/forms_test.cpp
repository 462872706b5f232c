#include "config/text/forms.h"

#include <gtest/gtest.h>

#include <string>

namespace sightingd::test {
namespace {

TEST(FormsTest, TakesNamesOfFortyLettersDigitsAndHyphens) {
  EXPECT_EQ(normalize_name("begging-children-2"), "begging-children-2");
  EXPECT_EQ(normalize_name(std::string(40, 'a')), std::string(40, 'a'));
  for (const std::string& text :
       {std::string(), std::string(41, 'a'), std::string("A"), std::string("a b"),
        std::string("a_b"), std::string("é"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(normalize_name(text)) << text;
  }
}

TEST(FormsTest, WritesOneUrlOneWay) {
  EXPECT_EQ(normalize_url("https://mastodon.social"), "https://mastodon.social");
  EXPECT_EQ(normalize_url("HTTPS://Mastodon.Social/"), "https://mastodon.social");
  EXPECT_EQ(normalize_url("https://mastodon.social:443"), "https://mastodon.social");
  EXPECT_EQ(normalize_url("http://127.0.0.1:80"), "http://127.0.0.1");
  EXPECT_EQ(normalize_url("http://[::1]:3000/"), "http://[::1]:3000");
  EXPECT_EQ(normalize_url("https://xn--fiqs8s.example:8443"), "https://xn--fiqs8s.example:8443");
}

TEST(FormsTest, RefusesUrlsThatAreMoreOrLessThanAnOrigin) {
  for (const char* text : {"",
                           "mastodon.social",
                           "ftp://a.example",
                           "https://",
                           "https:///",
                           "https://a.example//",
                           "https://a.example/path",
                           "https://a.example?q",
                           "https://a.example#f",
                           "https://user@a.example",
                           "https://a:b@a.example",
                           "https://a.example:0",
                           "https://a.example:65536",
                           "https://a.example:",
                           "https://a.example:x",
                           "https://a..b",
                           "https://.a",
                           "https://-a.b",
                           "https://a_b.c",
                           "https://a b",
                           "https://é.example",
                           "https://1",
                           "https://2130706433",
                           "https://0x7f.0.0.1",
                           "https://0x7f000001",
                           "https://127.1",
                           "https://127.0.0.01",
                           "https://[::1",
                           "https://::1",
                           "https://[a.example]",
                           "https://[127.0.0.1]",
                           "https://a.example\n"}) {
    EXPECT_FALSE(normalize_url(text)) << text;
  }
}

TEST(FormsTest, TakesLiteralAddressesToListenAt) {
  EXPECT_EQ(normalize_listen(""), "");
  EXPECT_EQ(normalize_listen("127.0.0.1:9464"), "127.0.0.1:9464");
  EXPECT_EQ(normalize_listen("[::]:0"), "[::]:0");
  for (const char* text :
       {"9464", ":9464", "localhost:9464", "127.0.0.1", "::1:9464", "127.0.0.1:99999"}) {
    EXPECT_FALSE(normalize_listen(text)) << text;
  }
}

TEST(FormsTest, TakesProxiesWithoutSecrets) {
  EXPECT_EQ(normalize_proxy(""), "");
  EXPECT_EQ(normalize_proxy("socks5h://127.0.0.1:1080"), "socks5h://127.0.0.1:1080");
  EXPECT_FALSE(normalize_proxy("http://user:secret@proxy.example"));
  EXPECT_FALSE(normalize_proxy("proxy.example:8080"));
}

TEST(FormsTest, TakesContactsThatFitAHeader) {
  EXPECT_EQ(normalize_contact("mailto:ops@example.org"), "mailto:ops@example.org");
  EXPECT_EQ(normalize_contact("https://example.org/bot"), "https://example.org/bot");
  for (const std::string& text :
       {std::string(), std::string("ops@example.org"), std::string("mailto:"),
        std::string("mailto:@example.org"), std::string("mailto:ops@"), std::string("https://"),
        std::string("mailto:ops@example.org\r\nX: y"), std::string("mailto:o)ps@example.org"),
        "https://" + std::string(200, 'a')}) {
    EXPECT_FALSE(normalize_contact(text)) << text;
  }
}

TEST(FormsTest, TakesGroupsNetworksAndCredentials) {
  EXPECT_TRUE(normalize_group("sightingd-operators"));
  EXPECT_FALSE(normalize_group(""));
  EXPECT_FALSE(normalize_group("a:b"));
  EXPECT_TRUE(normalize_network("127.0.0.0/8"));
  EXPECT_FALSE(normalize_network("127.0.0.0/33"));
  EXPECT_TRUE(normalize_credential("mastodon-social"));
  EXPECT_FALSE(normalize_credential(".."));
  EXPECT_FALSE(normalize_credential("../shadow"));
}

}  // namespace
}  // namespace sightingd::test
