#include "bridge/admission/client_address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bridge {
namespace {

boost::asio::ip::address At(const char* address) {
  return boost::asio::ip::make_address(address);
}

std::string ClientOf(const TrustedProxies& proxies, const char* peer,
                     const char* forwarded_for, const char* forwarded = "") {
  return proxies.ClientOf(At(peer), forwarded_for, forwarded).to_string();
}

TEST(TrustedProxiesTest, TrustAddressesAndNetworks) {
  const auto proxies = TrustedProxies::Parse(
      {"192.0.2.7", "10.0.0.0/8", "2001:db8::/32", "::1"});
  ASSERT_TRUE(proxies.ok()) << proxies.status();
  for (const char* address :
       {"192.0.2.7", "10.0.0.0", "10.255.1.2", "2001:db8:1::2", "::1"}) {
    EXPECT_TRUE(proxies->Trusts(At(address))) << address;
  }
  for (const char* address :
       {"192.0.2.8", "11.0.0.1", "2001:db9::1", "::2", "127.0.0.1"}) {
    EXPECT_FALSE(proxies->Trusts(At(address))) << address;
  }
  EXPECT_FALSE(TrustedProxies().Trusts(At("127.0.0.1")));
}

TEST(TrustedProxiesTest, NamesWhatIsNoAddress) {
  for (const char* proxy : {"", "proxy.example", "10.0.0.0/33", "10.0.0/8",
                            "::/129", "*", "192.0.2.1:80"}) {
    const absl::Status status = TrustedProxies::Parse({"::1", proxy}).status();
    EXPECT_EQ(status.message(),
              std::string(proxy) +
                  ": must be an address, or a network such as 10.0.0.0/8");
  }
}

TEST(TrustedProxiesTest, AnIpv4AddressIsWrittenAsOne) {
  EXPECT_EQ(TrustedProxies::Parse({"::ffff:10.0.0.1"}).status().message(),
            "::ffff:10.0.0.1: must be written as the IPv4 address that it is");
  for (const char* proxy : {"0:0:0:0:0:ffff:10.0.0.1", "::FFFF:a00:1/128"}) {
    EXPECT_FALSE(TrustedProxies::Parse({proxy}).ok()) << proxy;
  }
}

TEST(TrustedProxiesTest, TakeOnlyATrustedProxysWord) {
  const TrustedProxies proxies = *TrustedProxies::Parse({"10.0.0.0/8"});
  EXPECT_EQ(ClientOf(proxies, "192.0.2.1", "198.51.100.1"), "192.0.2.1");
  EXPECT_EQ(ClientOf(proxies, "10.0.0.1", "198.51.100.1"), "198.51.100.1");
  EXPECT_EQ(ClientOf(proxies, "10.0.0.1", "2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(ClientOf(proxies, "::ffff:10.0.0.1", " ::ffff:198.51.100.1 "),
            "198.51.100.1");
  EXPECT_EQ(ClientOf(proxies, "10.0.0.1", "198.51.100.1:4711"), "198.51.100.1");
  EXPECT_EQ(ClientOf(proxies, "10.0.0.1", "[2001:db8::1]:4711"), "2001:db8::1");
  // What a client claims stands before what the proxies have seen.
  EXPECT_EQ(ClientOf(proxies, "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2"),
            "198.51.100.1");
}

TEST(TrustedProxiesTest, FallBackToTheNearestThatIsKnown) {
  const TrustedProxies proxies = *TrustedProxies::Parse({"10.0.0.0/8"});
  EXPECT_EQ(ClientOf(proxies, "10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(ClientOf(proxies, "10.0.0.1", "unknown"), "10.0.0.1");
  EXPECT_EQ(ClientOf(proxies, "10.0.0.1", "198.51.100.1, _x, 10.0.0.2"),
            "10.0.0.2");
}

TEST(TrustedProxiesTest, UnderstandForwarded) {
  const TrustedProxies proxies = *TrustedProxies::Parse({"10.0.0.0/8"});
  struct Case {
    const char* forwarded;
    const char* client;
  };
  for (const Case& c : std::vector<Case>{
           {"for=198.51.100.1", "198.51.100.1"},
           {"For=\"198.51.100.1\"", "198.51.100.1"},
           {"for=\"198.51.100.1:4711\"", "198.51.100.1"},
           {"for=\"198.51.100.1:_port\"", "198.51.100.1"},
           {"for=\"[2001:db8::1]\"", "2001:db8::1"},
           {"proto=https; FOR=\"[2001:db8::1]:4711\" ;by=_x", "2001:db8::1"},
           {"for=1.1.1.1, for=198.51.100.1, for=10.0.0.2", "198.51.100.1"},
           {"for=198.51.100.1;host=\"a,for=1.1.1.1;x=\"", "198.51.100.1"},
           {"for=198.51.100.1;host=\"\\\",for=1.1.1.1;x=\"", "198.51.100.1"},
           // What a client sends swallows nothing.
           {"for=\"1.1.1.1, for=198.51.100.1", "198.51.100.1"},
           {"x=\"\\, for=\"198.51.100.1\"", "198.51.100.1"},
           // No address.
           {"", "10.0.0.1"},
           {"for=unknown", "10.0.0.1"},
           {"for=_hidden", "10.0.0.1"},
           {"for=\"_hidden:80\"", "10.0.0.1"},
           {"proto=https", "10.0.0.1"},
           {"198.51.100.1", "10.0.0.1"},
           {"for=\"198.51.100.1", "10.0.0.1"},
           {"for=198.51.100.1:1;x=\"", "10.0.0.1"},
           {"x\"y;for=198.51.100.1", "10.0.0.1"},
           {"for=198.51.100.1;for=198.51.100.2", "10.0.0.1"},
           {"for=198.51.100.1, for=_x, for=10.0.0.2", "10.0.0.2"},
       }) {
    EXPECT_EQ(ClientOf(proxies, "10.0.0.1", "", c.forwarded), c.client)
        << c.forwarded;
  }
  EXPECT_EQ(ClientOf(proxies, "192.0.2.1", "", "for=198.51.100.1"),
            "192.0.2.1");
}

TEST(TrustedProxiesTest, AForwardedCountsOnlyWithoutXForwardedFor) {
  const TrustedProxies proxies = *TrustedProxies::Parse({"10.0.0.0/8"});
  EXPECT_EQ(ClientOf(proxies, "10.0.0.1", "198.51.100.1", "for=203.0.113.9"),
            "198.51.100.1");
  EXPECT_EQ(ClientOf(proxies, "10.0.0.1", "unknown", "for=203.0.113.9"),
            "10.0.0.1");
}

}  // namespace
}  // namespace bridge
