#include "connectors/http/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

namespace sightingd {
namespace {

constexpr int kV4Bits = 32;
constexpr int kV6Bits = 128;

constexpr IpNetwork v4(std::array<std::uint8_t, 4> prefix, int bits) {
  IpNetwork network;
  network.bits = bits;
  std::copy(prefix.begin(), prefix.end(), network.prefix.bytes.begin());
  return network;
}

constexpr IpNetwork v6(std::array<std::uint8_t, 4> first_bytes, int bits) {
  IpNetwork network = v4(first_bytes, bits);
  network.prefix.is_v6 = true;
  return network;
}

// https://www.iana.org/assignments/iana-ipv4-special-registry and RFC 5771 (multicast).
constexpr std::array kSpecialV4{
    v4({0, 0, 0, 0}, 8),        // "this network"
    v4({10, 0, 0, 0}, 8),       // private
    v4({100, 64, 0, 0}, 10),    // shared address space (carrier-grade NAT)
    v4({127, 0, 0, 0}, 8),      // loopback
    v4({169, 254, 0, 0}, 16),   // link-local, cloud metadata services
    v4({172, 16, 0, 0}, 12),    // private
    v4({192, 0, 0, 0}, 24),     // IETF protocol assignments
    v4({192, 0, 2, 0}, 24),     // documentation
    v4({192, 88, 99, 0}, 24),   // 6to4 relays (deprecated)
    v4({192, 168, 0, 0}, 16),   // private
    v4({198, 18, 0, 0}, 15),    // benchmarking
    v4({198, 51, 100, 0}, 24),  // documentation
    v4({203, 0, 113, 0}, 24),   // documentation
    v4({224, 0, 0, 0}, 4),      // multicast
    v4({240, 0, 0, 0}, 4),      // reserved, limited broadcast
};

// Everything that is globally reachable lies in here
// (https://www.iana.org/assignments/ipv6-address-space) ...
constexpr IpNetwork kGlobalUnicastV6 = v6({0x20, 0, 0, 0}, 3);

// ... except for these: https://www.iana.org/assignments/iana-ipv6-special-registry.
constexpr std::array kSpecialV6{
    v6({0x20, 0x01, 0x00, 0x00}, 23),  // IETF protocol assignments, Teredo, ORCHID
    v6({0x20, 0x01, 0x0d, 0xb8}, 32),  // documentation
    v6({0x20, 0x02, 0x00, 0x00}, 16),  // 6to4: the IPv4 address inside may be private
    v6({0x3f, 0xff, 0x00, 0x00}, 20),  // documentation
};

bool any_contains(std::span<const IpNetwork> networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.contains(address); });
}

bool is_public(const IpAddress& address) {
  if (address.is_v6) {
    return kGlobalUnicastV6.contains(address) && !any_contains(kSpecialV6, address);
  }
  return !any_contains(kSpecialV4, address);
}

}  // namespace

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  // inet_pton wants a terminated text; nothing longer than this is an address.
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.empty() || text.size() >= terminated.size() ||
      text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), terminated.begin());
  IpAddress address;
  address.is_v6 = text.find(':') != std::string_view::npos;
  const int family = address.is_v6 ? AF_INET6 : AF_INET;
  if (inet_pton(family, terminated.data(), address.bytes.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

std::optional<IpAddress> ip_address_of(const sockaddr* address) {
  IpAddress result;
  switch (address->sa_family) {
    case AF_INET: {
      sockaddr_in v4_address;
      std::memcpy(&v4_address, address, sizeof(v4_address));
      std::memcpy(result.bytes.data(), &v4_address.sin_addr, sizeof(v4_address.sin_addr));
      return result;
    }
    case AF_INET6: {
      sockaddr_in6 v6_address;
      std::memcpy(&v6_address, address, sizeof(v6_address));
      std::memcpy(result.bytes.data(), &v6_address.sin6_addr, sizeof(v6_address.sin6_addr));
      result.is_v6 = true;
      return result;
    }
    default:
      return std::nullopt;
  }
}

bool IpNetwork::contains(const IpAddress& address) const {
  if (address.is_v6 != prefix.is_v6) {
    return false;
  }
  const auto whole_bytes = static_cast<std::size_t>(bits / 8);
  if (!std::equal(prefix.bytes.begin(), prefix.bytes.begin() + bits / 8, address.bytes.begin())) {
    return false;
  }
  const int left_over = bits % 8;
  return left_over == 0 ||
         ((prefix.bytes[whole_bytes] ^ address.bytes[whole_bytes]) >> (8 - left_over)) == 0;
}

std::optional<IpNetwork> parse_ip_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_ip_address(text.substr(0, slash));
  if (!address) {
    return std::nullopt;
  }
  const int most = address->is_v6 ? kV6Bits : kV4Bits;
  if (slash == std::string_view::npos) {
    return IpNetwork{*address, most};
  }
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (failure != std::errc() || end != digits.data() + digits.size() || bits < 0 || bits > most) {
    return std::nullopt;
  }
  return IpNetwork{*address, bits};
}

Result<AddressGuard> AddressGuard::make(const std::vector<std::string>& allowed) {
  AddressGuard guard;
  for (const auto& text : allowed) {
    const auto network = parse_ip_network(text);
    if (!network) {
      return Error{ErrorCode::Malformed, "not an address or CIDR: " + text, "address"};
    }
    guard.allowed_.push_back(*network);
  }
  return guard;
}

bool AddressGuard::lists(const IpAddress& address) const { return any_contains(allowed_, address); }

bool AddressGuard::allows(const IpAddress& address) const {
  return is_public(address) || lists(address);
}

bool AddressGuard::allows(const sockaddr* address) const {
  const auto ip = ip_address_of(address);
  return ip && allows(*ip);
}

}  // namespace sightingd
