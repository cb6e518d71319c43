#include "bridge/admission/client_address.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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

// Takes the last of X-Forwarded-For, which knows no quotes.
absl::string_view TakeHop(absl::string_view* hops) {
  const size_t comma = hops->rfind(',');
  if (comma == hops->npos) return std::exchange(*hops, absl::string_view());
  const absl::string_view last = hops->substr(comma + 1);
  *hops = hops->substr(0, comma);
  return last;
}

// Takes the last piece from a list. A separator in a quoted string is none. It
// is read from the right, so that a quote that a client leaves open does not
// swallow what a proxy has put behind it. A first piece with such a quote is
// empty: nobody knows what it says.
absl::string_view TakeLast(char separator, absl::string_view* list) {
  bool quoted = false;
  for (size_t i = list->size(); i-- > 0;) {
    if ((*list)[i] == separator && !quoted) {
      const absl::string_view last = list->substr(i + 1);
      *list = list->substr(0, i);
      return last;
    }
    if ((*list)[i] != '"') continue;
    size_t escapes = 0;
    while (escapes < i && (*list)[i - escapes - 1] == '\\') ++escapes;
    if (escapes % 2 == 0) quoted = !quoted;
  }
  const absl::string_view first = std::exchange(*list, absl::string_view());
  return quoted ? absl::string_view() : first;
}

// The value of a parameter, without its quotes; none if they are not right. No
// address needs an escape.
absl::string_view Unquoted(absl::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return value.find_first_of("\"\\") == value.npos ? value : "";
}

// Whom an element of Forwarded is for: `for="[2001:db8::1]:4711";proto=https`.
// Empty if it does not say so, or more than once.
absl::string_view ForOf(absl::string_view element) {
  absl::string_view node;
  while (!element.empty()) {
    absl::string_view parameter =
        absl::StripAsciiWhitespace(TakeLast(';', &element));
    if (!absl::StartsWithIgnoreCase(parameter, "for=")) continue;
    if (!node.empty()) return "";
    node = Unquoted(parameter.substr(4));
  }
  return node;
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
                                     std::string_view forwarded_for,
                                     std::string_view forwarded) const {
  ip::address client = Unmapped(peer);
  const bool standard = forwarded_for.empty();
  const std::string_view header = standard ? forwarded : forwarded_for;
  absl::string_view hops(header.data(), header.size());
  // From the nearest on: what stands before an untrusted one is hearsay.
  while (!hops.empty() && Trusts(client)) {
    boost::system::error_code error;
    const ip::address named = ParseHop(
        standard ? ForOf(TakeLast(',', &hops)) : TakeHop(&hops), &error);
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
