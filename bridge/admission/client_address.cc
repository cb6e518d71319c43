#include "bridge/admission/client_address.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace bridge {

namespace ip = boost::asio::ip;

namespace {

// One address of X-Forwarded-For; some proxies write its port behind it:
// "192.0.2.1:4711", "[2001:db8::1]:4711".
ip::address ParseHop(absl::string_view hop, boost::system::error_code* error) {
  hop = absl::StripAsciiWhitespace(hop);
  const size_t colon = hop.find(':');
  if (absl::ConsumePrefix(&hop, "[")) {
    hop = hop.substr(0, hop.find(']'));
  } else if (colon != hop.npos && colon == hop.rfind(':')) {
    hop = hop.substr(0, colon);
  }
  return ip::make_address(std::string(hop), *error);
}

}  // namespace

absl::StatusOr<TrustedProxies> TrustedProxies::Parse(
    const std::vector<std::string>& proxies) {
  TrustedProxies trusted;
  for (const std::string& proxy : proxies) {
    const bool v6 = absl::StrContains(proxy, ':');
    const bool is_network = absl::StrContains(proxy, '/');
    const std::string network =
        is_network ? proxy : absl::StrCat(proxy, v6 ? "/128" : "/32");
    boost::system::error_code error;
    if (v6) {
      trusted.v6_.push_back(ip::make_network_v6(network, error));
    } else {
      trusted.v4_.push_back(ip::make_network_v4(network, error));
    }
    if (error) {
      return absl::InvalidArgumentError(absl::StrCat(
          proxy, ": must be an address, or a network such as 10.0.0.0/8"));
    }
    if (v6 && trusted.v6_.back().address().is_v4_mapped()) {
      return absl::InvalidArgumentError(absl::StrCat(
          proxy, ": must be written as the IPv4 address that it is"));
    }
  }
  return trusted;
}

bool TrustedProxies::Trusts(const ip::address& address) const {
  // Within a network is what is the same network with its prefix.
  if (address.is_v4()) {
    return std::any_of(v4_.begin(), v4_.end(), [&](const auto& network) {
      return ip::network_v4(address.to_v4(), network.prefix_length())
                 .canonical() == network.canonical();
    });
  }
  return std::any_of(v6_.begin(), v6_.end(), [&](const auto& network) {
    return ip::network_v6(address.to_v6(), network.prefix_length())
               .canonical() == network.canonical();
  });
}

ip::address TrustedProxies::ClientOf(const ip::address& peer,
                                     std::string_view forwarded_for) const {
  ip::address client = Unmapped(peer);
  std::vector<absl::string_view> hops = absl::StrSplit(
      absl::string_view(forwarded_for.data(), forwarded_for.size()), ',');
  // From the nearest on: what stands before an untrusted one is hearsay.
  for (auto hop = hops.rbegin(); hop != hops.rend() && Trusts(client); ++hop) {
    boost::system::error_code error;
    const ip::address named = ParseHop(*hop, &error);
    if (error) break;
    client = Unmapped(named);
  }
  return client;
}

ip::address Unmapped(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

}  // namespace bridge
