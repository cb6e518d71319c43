#include "service/listening.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;

// Listens on a free port of 127.0.0.1 alone.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
              0);
    EXPECT_EQ(listen(fd_, 1), 0);
    socklen_t size = sizeof(address);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~Listener() { close(fd_); }

  int port = 0;

 private:
  const int fd_;
};

TEST(ListeningTest, FindsOnePortForAllAddressesOfLocalhost) {
  const auto listening = Listen("localhost", 0);
  ASSERT_TRUE(listening.ok()) << listening.status();
  const std::string port = std::to_string(listening->port);
  EXPECT_NE(port, "0");
  EXPECT_THAT(listening->targets, IsSupersetOf({"127.0.0.1:" + port}));
  EXPECT_THAT((std::vector<std::string>{"127.0.0.1:" + port, "[::1]:" + port}),
              IsSupersetOf(listening->targets));
}

TEST(ListeningTest, ListensAtBothFamiliesWhereBothAreThere) {
  if (!Listen("::1", 0).ok()) GTEST_SKIP() << "no IPv6 here";
  EXPECT_EQ(Listen("localhost", 0)->targets.size(), 2u);
}

TEST(ListeningTest, TakesAnAddressAsItIs) {
  EXPECT_THAT(Listen("127.0.0.1", 0)->targets,
              ElementsAre(StartsWith("127.0.0.1:")));
  EXPECT_THAT(Listen("0.0.0.0", 0)->targets,
              ElementsAre(StartsWith("0.0.0.0:")));
}

TEST(ListeningTest, RefusesAPortThatIsTakenAtOneOfTheAddresses) {
  const Listener listener;
  EXPECT_EQ(Listen("localhost", listener.port).status().message(),
            "can't listen at localhost:" + std::to_string(listener.port) +
                ": Address already in use");
}

TEST(ListeningTest, AcceptsAPortAgainWhenItIsFree) {
  int port = 0;
  {
    const Listener listener;
    port = listener.port;
  }
  EXPECT_EQ(Listen("localhost", port)->port, port);
}

TEST(ListeningTest, RefusesAnAddressThatIsNotOurs) {
  EXPECT_EQ(Listen("192.0.2.1", 80).status().message(),
            "can't listen at 192.0.2.1:80: Cannot assign requested address");
}

TEST(ListeningTest, RefusesANameThatIsNoAddress) {
  EXPECT_THAT(std::string(Listen("no such host", 80).status().message()),
              StartsWith("can't listen at no such host:80: "));
}

TEST(ListeningTest, PutsBracketsAroundAnIPv6Address) {
  EXPECT_EQ(HostPort("localhost", 80), "localhost:80");
  EXPECT_EQ(HostPort("::1", 80), "[::1]:80");
}

TEST(ListeningTest, KnowsWhatThisMachineAloneReaches) {
  const auto alone = [](std::vector<std::string> targets) {
    return Listening{.port = 1, .targets = std::move(targets)}.loopback_only();
  };
  EXPECT_TRUE(alone({"127.0.0.1:1", "[::1]:1"}));
  EXPECT_TRUE(alone({"127.1.2.3:1"}));
  EXPECT_FALSE(alone({"127.0.0.1:1", "192.0.2.1:1"}));
  EXPECT_FALSE(alone({"0.0.0.0:1"}));
  EXPECT_FALSE(alone({"[::]:1"}));
  EXPECT_FALSE(alone({"[::12]:1"}));
}

}  // namespace
}  // namespace happiness
