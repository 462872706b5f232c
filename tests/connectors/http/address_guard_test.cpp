#include "connectors/http/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sightingd {
namespace {

bool allows(const AddressGuard& guard, const std::string& address) {
  return guard.allows(parse_ip_address(address).value());
}

TEST(AddressGuardTest, AllowsPublicAddresses) {
  const AddressGuard guard;

  for (const char* address :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255",
        "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "223.255.255.255", "2001:4860:4860::8888", "2606:4700::1111", "2400:cb00::1", "2001:200::1",
        "2003::1", "3ffe::1"}) {
    EXPECT_TRUE(allows(guard, address)) << address;
  }
}

TEST(AddressGuardTest, RefusesEverySpecialIpv4Address) {
  const AddressGuard guard;

  for (const char* address :
       {"0.0.0.0",         "0.1.2.3",         "10.0.0.1",        "10.255.255.255",
        "100.64.0.0",      "100.127.255.255", "127.0.0.1",       "127.255.255.254",
        "169.254.0.1",     "169.254.169.254", "172.16.0.0",      "172.31.255.255",
        "192.0.0.8",       "192.0.2.1",       "192.88.99.1",     "192.168.0.1",
        "192.168.255.255", "198.18.0.1",      "198.19.255.255",  "198.51.100.1",
        "203.0.113.1",     "224.0.0.1",       "239.255.255.255", "240.0.0.1",
        "255.255.255.255"}) {
    EXPECT_FALSE(allows(guard, address)) << address;
  }
}

TEST(AddressGuardTest, RefusesEverySpecialIpv6Address) {
  const AddressGuard guard;

  for (const char* address : {
           "::",
           "::1",
           "::8.8.8.8",  // unspecified, loopback, compatible
           "::ffff:10.0.0.1",
           "::ffff:8.8.8.8",     // IPv4-mapped
           "::ffff:0:10.0.0.1",  // IPv4-translated
           "64:ff9b::10.0.0.1",
           "64:ff9b::8.8.8.8",  // NAT64
           "64:ff9b:1::1",      // local NAT64
           "100::1",            // discard-only
           "2001::1",
           "2001:0:4136:e378:8000:63bf:3fff:fdd2",  // Teredo
           "2001:2::1",
           "2001:10::1",
           "2001:20::1",  // benchmarking, ORCHID
           "2001:db8::1",
           "3fff::1",  // documentation
           "2002:0a00:0001::1",
           "2002:0808:0808::1",  // 6to4
           "5f00::1",            // segment routing
           "fc00::1",
           "fd12:3456:789a::1",  // unique local
           "fe80::1",
           "febf::1",
           "fec0::1",  // link-local, site-local
           "ff02::1",
           "ff0e::1",  // multicast
       }) {
    EXPECT_FALSE(allows(guard, address)) << address;
  }
}

TEST(AddressGuardTest, AllowsWhatTheOperatorListed) {
  const auto guard = AddressGuard::make({"127.0.0.0/8", "10.1.2.3", "fd00::/8", "64:ff9b::/96"});

  ASSERT_TRUE(guard) << guard.error().message;
  EXPECT_TRUE(allows(*guard, "127.0.0.1"));
  EXPECT_TRUE(allows(*guard, "10.1.2.3"));
  EXPECT_TRUE(allows(*guard, "fd12::1"));
  EXPECT_TRUE(allows(*guard, "64:ff9b::8.8.8.8"));
  EXPECT_FALSE(allows(*guard, "10.1.2.4"));
  EXPECT_FALSE(allows(*guard, "fc00::1"));
  EXPECT_FALSE(allows(*guard, "::ffff:127.0.0.1"));
  EXPECT_FALSE(allows(*guard, "::1"));
}

TEST(AddressGuardTest, TellsListedAddressesFromPublicOnes) {
  const auto guard = AddressGuard::make({"127.0.0.0/8"}).value();

  EXPECT_TRUE(guard.lists(*parse_ip_address("127.9.9.9")));
  EXPECT_FALSE(guard.lists(*parse_ip_address("1.1.1.1")));
}

TEST(AddressGuardTest, ComparesTheWholePrefixAndNoMore) {
  const auto all = AddressGuard::make({"0.0.0.0/0"}).value();
  const auto odd = AddressGuard::make({"10.128.0.0/9"}).value();
  const auto host_bits_set = AddressGuard::make({"192.168.7.9/16"}).value();

  EXPECT_TRUE(allows(all, "10.0.0.1"));
  EXPECT_FALSE(allows(all, "fd00::1"));
  EXPECT_TRUE(allows(odd, "10.128.0.1"));
  EXPECT_FALSE(allows(odd, "10.127.255.255"));
  EXPECT_TRUE(allows(host_bits_set, "192.168.0.1"));
}

TEST(AddressGuardTest, NamesTheFirstTextThatIsNoNetwork) {
  const auto guard = AddressGuard::make({"127.0.0.0/8", "10.0.0.0/33"});

  ASSERT_FALSE(guard);
  EXPECT_EQ(guard.error().code, ErrorCode::Malformed);
  EXPECT_THAT(guard.error().message, testing::HasSubstr("10.0.0.0/33"));
}

TEST(AddressGuardTest, ReadsNoNetworkFromOtherTexts) {
  for (const char* text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ", " 10.0.0.0/8",
        "10.0.0.0/8/8", "10.0.0/8", "0x7f000001", "2130706433", "127.1", "010.0.0.1", "::1/129",
        "[::1]", "fe80::1%eth0", "localhost", "10.0.0.0/99999999999999999999"}) {
    EXPECT_FALSE(parse_ip_network(text)) << text;
  }
  EXPECT_FALSE(parse_ip_address(std::string_view("1.1.1.1\0", 8)));
}

TEST(AddressGuardTest, ReadsSocketAddresses) {
  const AddressGuard guard;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  sockaddr_un local{};
  local.sun_family = AF_UNIX;

  inet_pton(AF_INET, "8.8.8.8", &v4.sin_addr);
  EXPECT_TRUE(guard.allows(reinterpret_cast<const sockaddr*>(&v4)));
  inet_pton(AF_INET, "10.0.0.1", &v4.sin_addr);
  EXPECT_FALSE(guard.allows(reinterpret_cast<const sockaddr*>(&v4)));
  inet_pton(AF_INET6, "2606:4700::1111", &v6.sin6_addr);
  EXPECT_TRUE(guard.allows(reinterpret_cast<const sockaddr*>(&v6)));
  inet_pton(AF_INET6, "::1", &v6.sin6_addr);
  EXPECT_FALSE(guard.allows(reinterpret_cast<const sockaddr*>(&v6)));
  EXPECT_FALSE(guard.allows(reinterpret_cast<const sockaddr*>(&local)));
}

}  // namespace
}  // namespace sightingd
