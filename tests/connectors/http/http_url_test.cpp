#include "connectors/http/http_url.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

std::optional<IpAddress> literal(const std::string& url) {
  return HttpUrl::parse(url).value().literal_address();
}

TEST(HttpUrlTest, ReadsHttpAndHttpsOnly) {
  EXPECT_TRUE(HttpUrl::parse("http://example.org"));
  EXPECT_TRUE(HttpUrl::parse("HTTPS://EXAMPLE.org:8443/a?b#c"));
  for (const char* url :
       {"", "example.org", "//example.org/", "/a", "http://", "ftp://example.org/",
        "file:///etc/passwd", "javascript:alert(1)", "http://a:b@example.org/",
        "http://a@example.org/", "http://exa mple.org/", "http://example.org:65536/",
        "http://example.org:x/", "http://[::1/", "http://[zz]/"}) {
    EXPECT_FALSE(HttpUrl::parse(url)) << url;
  }
  EXPECT_FALSE(HttpUrl::parse(std::string("http://example.org/\0.jpg", 24)));
}

TEST(HttpUrlTest, RefusesHostsThatHideAnAddress) {
  EXPECT_FALSE(HttpUrl::parse("http://%32130706433/"));
  EXPECT_FALSE(HttpUrl::parse("http://%31%32%37.1/"));
  for (const char* host : {"10.0.0.1.", "127.1.", "2130706433.", "0x7f000001.", "10.0.0.1.."}) {
    EXPECT_FALSE(HttpUrl::parse("http://" + std::string(host) + "/")) << host;
  }
  EXPECT_TRUE(HttpUrl::parse("http://example.org./"));
}

// International hosts become ASCII (UTS 46), and what a proxy is then asked for may be an address.
TEST(HttpUrlTest, RefusesHostsThatBecomeAnAddress) {
  for (const char* host : {"１０.０.０.１", "10。0。0。1", "１２７.1", "２１３０７０６４３３",
                           "10.0.0.1。", "%EF%BC%91%EF%BC%90.0.0.1"}) {
    EXPECT_FALSE(HttpUrl::parse("http://" + std::string(host) + "/")) << host;
  }
  EXPECT_EQ(literal("http://ⓛⓞⓒalhost/"), parse_ip_address("127.0.0.1"));
}

TEST(HttpUrlTest, NamesInternationalHostsInAscii) {
  EXPECT_EQ(HttpUrl::parse("http://寻人.example.org/a")->text(),
            "http://xn--gmqx63a.example.org/a");
  EXPECT_FALSE(HttpUrl::parse("http://0x.\xd5\x39h/")) << "not of UTF-8";
}

TEST(HttpUrlTest, EncodesWhatAUrlMayNotHold) {
  EXPECT_EQ(HttpUrl::parse("http://example.org/\xe5\xaf\xbb/a b")->text(),
            "http://example.org/%e5%af%bb/a%20b");
}

TEST(HttpUrlTest, ComparesSchemeHostAndPort) {
  const auto home = HttpUrl::parse("https://example.org/a").value();
  const auto is_home = [&](const char* url) { return HttpUrl::parse(url)->has_same_origin(home); };

  EXPECT_TRUE(is_home("https://EXAMPLE.ORG:443/b?c"));
  EXPECT_FALSE(is_home("http://example.org/a"));
  EXPECT_FALSE(is_home("http://example.org:443/a"));
  EXPECT_FALSE(is_home("https://example.org:444/a"));
  EXPECT_FALSE(is_home("https://www.example.org/a"));
  EXPECT_FALSE(is_home("https://example.org./a"));
}

TEST(HttpUrlTest, FindsAddressesInEverySpelling) {
  const auto loopback = parse_ip_address("127.0.0.1");

  for (const char* url :
       {"http://127.0.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
        "http://127.1/", "http://localhost/", "http://LocalHost./", "http://a.localhost:80/"}) {
    EXPECT_EQ(literal(url), loopback) << url;
  }
  EXPECT_EQ(literal("http://[::ffff:10.0.0.1]/"), parse_ip_address("::ffff:10.0.0.1"));
  EXPECT_EQ(literal("http://[fe80::1%25eth0]/"), parse_ip_address("fe80::1"));
  EXPECT_EQ(literal("http://example.org/"), std::nullopt);
  EXPECT_EQ(literal("http://notlocalhost/"), std::nullopt);
}

}  // namespace
}  // namespace sightingd
