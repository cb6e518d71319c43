// Whatever stands in X-Forwarded-For, or in Forwarded: nobody but a trusted
// proxy says whose a request is. The input: the trusted proxies, the peer, and
// the header, each on a line.

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bridge/admission/client_address.h"
#include "tests/fuzz/require.h"

namespace bridge {
namespace {

namespace ip = boost::asio::ip;
using fuzz::Require;

constexpr char kStranger[] = "203.0.113.9";

std::string_view TakeLine(std::string_view* text) {
  const std::string_view line = text->substr(0, text->find('\n'));
  text->remove_prefix(std::min(text->size(), line.size() + 1));
  return line;
}

// Each of what was understood is trusted as it comes by a socket.
void CheckTrusted(const TrustedProxies& trusted,
                  const std::vector<std::string>& proxies) {
  for (const std::string& proxy : proxies) {
    boost::system::error_code error;
    const ip::address address =
        ip::make_address(proxy.substr(0, proxy.find('/')), error);
    Require(!error, "a proxy is an address");
    Require(trusted.Trusts(Unmapped(address)), "a trusted proxy is trusted");
  }
}

void CheckClient(const TrustedProxies& trusted, const ip::address& peer,
                 const std::string& header, bool standard) {
  const auto client_of = [&](const ip::address& from,
                             const std::string& value) {
    return standard ? trusted.ClientOf(from, "", value)
                    : trusted.ClientOf(from, value);
  };
  const std::string name = standard ? "for=" : "";
  const ip::address client = client_of(peer, header);
  Require(client == Unmapped(client), "an address has one form");
  Require(client == client_of(Unmapped(peer), header),
          "it does not matter by which socket");
  if (!trusted.Trusts(Unmapped(peer))) {
    Require(client == Unmapped(peer), "a stranger is who it is");
    return;
  }
  if (!trusted.Trusts(client)) {
    Require(client == client_of(peer, absl::StrCat(name, "192.0.2.1,", header)),
            "what stands before is hearsay");
  }
  const ip::address stranger = ip::make_address(kStranger);
  if (trusted.Trusts(stranger)) return;
  Require(
      stranger == client_of(peer, absl::StrCat(header, ", ", name, kStranger)),
      "the proxy's word is taken");
}

void Fuzz(std::string_view text) {
  const std::string_view names = TakeLine(&text);
  const std::vector<std::string> proxies = absl::StrSplit(
      absl::string_view(names.data(), names.size()), ',', absl::SkipEmpty());
  const absl::StatusOr<TrustedProxies> trusted = TrustedProxies::Parse(proxies);
  if (!trusted.ok()) {
    Require(absl::IsInvalidArgument(trusted.status()), "the code says so");
    Require(absl::StrContains(trusted.status().message(), ": must be "),
            "a refusal says the rule");
    return;
  }
  CheckTrusted(*trusted, proxies);
  boost::system::error_code error;
  const ip::address peer =
      ip::make_address(std::string(TakeLine(&text)), error);
  if (error) return;
  const std::string header(text);
  CheckClient(*trusted, peer, header, /*standard=*/false);
  CheckClient(*trusted, peer, header, /*standard=*/true);
  if (header.empty()) return;
  Require(trusted->ClientOf(peer, header) ==
              trusted->ClientOf(peer, header, "for=203.0.113.9"),
          "Forwarded counts only where it is alone");
}

}  // namespace
}  // namespace bridge

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bridge::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
