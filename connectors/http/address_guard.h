#pragma once

#include "pipeline/result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace sightingd {

/// An IPv4 or IPv6 address without port or zone.
struct IpAddress {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes = {};  ///< Network order; IPv4 fills the first four.

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// Reads dotted-decimal IPv4 (four numbers, no octal or hexadecimal) or RFC 4291 IPv6 without
/// brackets; nothing on anything else.
std::optional<IpAddress> parse_ip_address(std::string_view text);

/// Nothing for a family other than AF_INET and AF_INET6.
std::optional<IpAddress> ip_address_of(const sockaddr* address);

/// The addresses that share their first `bits` bits with `prefix`.
struct IpNetwork {
  IpAddress prefix;
  int bits = 0;

  bool contains(const IpAddress& address) const;

  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;
};

/// Reads "10.0.0.0/8", "fd00::/8" or a single address; nothing on anything else. Bits behind the
/// prefix are ignored.
std::optional<IpNetwork> parse_ip_network(std::string_view text);

/// Decides which addresses this program may connect to, so that a URL in a foreign post cannot
/// reach into the operator's own network.
///
/// Refused are all that the IANA special-purpose registries (RFC 6890 and later) do not call
/// globally reachable: private, loopback, link-local, shared (CGNAT), multicast, broadcast,
/// documentation, benchmarking, reserved and unspecified addresses; in IPv6 all outside 2000::/3
/// (with it unique-local, site-local, IPv4-mapped and NAT64) and the tunnels that may lead to
/// any of them (Teredo and all of 2001::/23, 6to4).
class AddressGuard {
 public:
  /// Refuses every special address.
  AddressGuard() = default;

  /// Lets the networks of `allowed` through. Fails with Malformed, naming the first that is no
  /// CIDR.
  static Result<AddressGuard> make(const std::vector<std::string>& allowed);

  /// True for public addresses and for the listed ones.
  bool allows(const IpAddress& address) const;

  /// As above; false for other address families.
  bool allows(const sockaddr* address) const;

  /// True when the operator named a network that holds this address.
  bool lists(const IpAddress& address) const;

 private:
  std::vector<IpNetwork> allowed_;
};

}  // namespace sightingd
