#include "service/open_connections.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace happiness {
namespace {

int NewSocket() { return socket(AF_UNIX, SOCK_STREAM, 0); }

class OpenConnectionsTest : public ::testing::Test {
 protected:
  ~OpenConnectionsTest() override {
    for (const int socket : sockets_) close(socket);
  }

  // Gives the descriptor of another one, if there may be one; else -1.
  int Open(OpenConnections& connections, std::optional<uint64_t> address) {
    now_ += std::chrono::seconds(1);
    const int socket = NewSocket();
    if (connections.Admit(socket, address, now_)) {
      sockets_.push_back(socket);
      return socket;
    }
    close(socket);
    return -1;
  }

  void Close(int socket) {
    close(socket);
    std::erase(sockets_, socket);
  }

  OpenConnections::Clock::time_point now_;
  std::vector<int> sockets_;
};

TEST_F(OpenConnectionsTest, TakesNoMoreThanThereMayBe) {
  OpenConnections connections({.all = 2, .of_address = 0});
  const int first = Open(connections, 1);
  EXPECT_GE(first, 0);
  EXPECT_GE(Open(connections, 1), 0);
  EXPECT_EQ(Open(connections, 2), -1);
  EXPECT_EQ(connections.refused().Counts().at("all"), 1);
  EXPECT_EQ(connections.size(), 2u);
  Close(first);
  EXPECT_GE(Open(connections, 2), 0);
  EXPECT_EQ(Open(connections, 2), -1);
}

TEST_F(OpenConnectionsTest, OneAddressTakesNoMoreThanItsShare) {
  OpenConnections connections({.all = 100, .of_address = 2});
  const int first = Open(connections, 1);
  EXPECT_GE(Open(connections, 1), 0);
  EXPECT_EQ(Open(connections, 1), -1);
  EXPECT_EQ(connections.refused().Counts().at("address"), 1);
  EXPECT_GE(Open(connections, 2), 0);
  for (int i = 0; i < 5; ++i) EXPECT_GE(Open(connections, std::nullopt), 0);
  Close(first);
  EXPECT_GE(Open(connections, 1), 0);
  EXPECT_EQ(Open(connections, 1), -1);
}

TEST_F(OpenConnectionsTest, ADescriptorThatIsAnothersCountsForThat) {
  OpenConnections connections({.all = 100, .of_address = 1});
  const int first = Open(connections, 1);
  Close(first);
  EXPECT_EQ(Open(connections, 2), first) << "the lowest that is free";
  EXPECT_EQ(connections.size(), 1u);
  EXPECT_GE(Open(connections, 1), 0);
  EXPECT_EQ(Open(connections, 2), -1);
}

TEST_F(OpenConnectionsTest, ASweepForgetsThoseThatAreOver) {
  OpenConnections connections({.all = 100, .of_address = 0});
  const int first = Open(connections, 1);
  const int second = Open(connections, 1);
  Open(connections, std::nullopt);
  Close(first);
  Close(second);
  // A file of ours that has the number now is no connection.
  const int other = NewSocket();
  EXPECT_EQ(other, first);
  sockets_.push_back(other);
  connections.Sweep();
  EXPECT_EQ(connections.size(), 1u);
}

TEST_F(OpenConnectionsTest, WhileALimitIsReachedItDoesNotLookEachTime) {
  OpenConnections connections({.all = 1, .of_address = 0});
  const int first = Open(connections, 1);
  const int late = NewSocket();
  sockets_.push_back(late);
  EXPECT_FALSE(connections.Admit(late, 1, now_ + std::chrono::seconds(1)));
  Close(first);
  EXPECT_FALSE(connections.Admit(late, 1, now_ + std::chrono::seconds(1)));
  EXPECT_TRUE(connections.Admit(late, 1, now_ + std::chrono::seconds(2)));
}

std::optional<uint64_t> KeyOf(const std::string& ip) {
  sockaddr_storage address = {};
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(address);
  auto& ipv6 = reinterpret_cast<sockaddr_in6&>(address);
  if (inet_pton(AF_INET, ip.c_str(), &ipv4.sin_addr) == 1) {
    address.ss_family = AF_INET;
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, ip.c_str(), &ipv6.sin6_addr), 1) << ip;
    address.ss_family = AF_INET6;
  }
  return AddressKey(address);
}

TEST(AddressKeyTest, IsAnIpv4AddressOrTheNetworkOfAnIpv6One) {
  EXPECT_EQ(KeyOf("192.0.2.1"), 0xC0000201u);
  EXPECT_EQ(KeyOf("::ffff:192.0.2.1"), KeyOf("192.0.2.1"));
  EXPECT_EQ(KeyOf("2001:db8::1"), KeyOf("2001:db8::ffff:2"));
  EXPECT_NE(KeyOf("2001:db8::1"), KeyOf("2001:db8:0:1::1"));
  for (const char* own :
       {"127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(KeyOf(own), std::nullopt) << own;
  }
}

}  // namespace
}  // namespace happiness
