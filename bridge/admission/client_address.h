// Whose request it is.

#ifndef BRIDGE_ADMISSION_CLIENT_ADDRESS_H_
#define BRIDGE_ADMISSION_CLIENT_ADDRESS_H_

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace bridge {

// The proxies whose word is taken for the address of their clients. Immutable,
// hence thread-safe.
class TrustedProxies {
 public:
  TrustedProxies() = default;

  // Each an address, or a network as "10.0.0.0/8". INVALID_ARGUMENT names one
  // that is neither.
  static absl::StatusOr<TrustedProxies> Parse(
      const std::vector<std::string>& proxies);

  bool Trusts(const boost::asio::ip::address& address) const;

  // Whose request came from `peer` with these headers, X-Forwarded-For and
  // Forwarded (RFC 7239): the last one that a trusted proxy named and that is
  // none itself. The peer, if that is no trusted proxy, or if what it says is
  // no address.
  //
  // Forwarded counts only where there is no X-Forwarded-For. Most proxies write
  // the latter and let the other pass as the client has forged it.
  boost::asio::ip::address ClientOf(const boost::asio::ip::address& peer,
                                    std::string_view forwarded_for,
                                    std::string_view forwarded = {}) const;

 private:
  std::vector<boost::asio::ip::network_v4> v4_;
  std::vector<boost::asio::ip::network_v6> v6_;
};

// An IPv4 address that came by an IPv6 socket is itself again.
boost::asio::ip::address Unmapped(const boost::asio::ip::address& address);

}  // namespace bridge

#endif  // BRIDGE_ADMISSION_CLIENT_ADDRESS_H_
