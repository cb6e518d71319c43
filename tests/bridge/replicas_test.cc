// An upstream of several servers, which come, go, and say how they are.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Takes connections, and says nothing.
class Mute {
 public:
  Mute() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(fd_, any, size), 0);
    EXPECT_EQ(listen(fd_, 16), 0);
    EXPECT_EQ(getsockname(fd_, any, &size), 0);
    target_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  }
  ~Mute() { close(fd_); }

  const std::string& target() const { return target_; }

 private:
  const int fd_;
  std::string target_;
};

// A bridge before two servers, to which the same is published.
class ReplicasTest : public ::testing::Test {
 protected:
  static constexpr int kServers = 2;

  ReplicasTest() {
    for (int i = 0; i < kServers; ++i) {
      servers_.push_back(std::make_unique<TickerServer>());
      ports_.push_back(servers_.back()->port());
    }
  }

  std::string Targets() const {
    return absl::StrJoin(servers_, ",", [](std::string* out, const auto& one) {
      absl::StrAppend(out, one->target());
    });
  }

  void Start(const std::string& target, int ready) {
    Options options = TestOptions();
    options.upstream.target = target;
    options.feed.patience = absl::Minutes(5);
    Start(std::move(options), ready);
  }

  void Start(Options options, int ready) {
    bridge_ = StartReady(std::move(options));
    EXPECT_TRUE(AwaitReady(ready));
  }

  int port() const { return bridge_->port(); }

  // Waits until so many replicas can be used.
  bool AwaitReady(int count) {
    return Eventually([&] {
      const std::string page = Get(port(), "/metrics").body;
      return page.find(absl::StrCat("\nbridge_upstream_replicas_ready ", count,
                                    "\n")) != std::string::npos;
    });
  }

  void PublishToAll(int count, const std::string& text) {
    for (auto& server : servers_) {
      if (server != nullptr) server->PublishMany(count, text);
    }
  }

  // How many of so many calls each server gets.
  std::vector<int> Ask(int count) {
    std::vector<int> before;
    for (auto& server : servers_) before.push_back(GetsOf(server));
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(Get(port(), "/ticks/1").status, 200);
    }
    std::vector<int> got;
    for (size_t i = 0; i < servers_.size(); ++i) {
      got.push_back(GetsOf(servers_[i]) - before[i]);
    }
    return got;
  }

  // The server that the only stream is at.
  size_t ServerOfTheStream() {
    for (size_t i = 0; i < servers_.size(); ++i) {
      if (servers_[i]->watches_started() > 0) return i;
    }
    ADD_FAILURE() << "no stream";
    return 0;
  }

  static int GetsOf(const std::unique_ptr<TickerServer>& server) {
    return server == nullptr ? 0 : server->gets_started();
  }

  std::vector<std::unique_ptr<TickerServer>> servers_;
  std::vector<int> ports_;
  std::unique_ptr<Bridge> bridge_;
};

// The ticks with these numbers, in order: none is missing, none comes twice.
void ExpectTicks(int from, int to, WebSocketClient* viewer) {
  for (int i = from; i <= to; ++i) {
    ASSERT_THAT(viewer->Read(),
                HasSubstr(absl::StrCat("\"number\":\"", i, "\"")));
  }
}

TEST_F(ReplicasTest, CallsGoToEachInTurn) {
  Start(Targets(), 2);
  EXPECT_THAT(Ask(20), ElementsAre(10, 10));
}

TEST_F(ReplicasTest, SoTheyDoAmongTheAddressesOfOneName) {
  Start(absl::StrCat("ipv4:", Targets()), 1);
  // As soon as both are connected.
  EXPECT_TRUE(Eventually([&] { return Ask(20) == std::vector<int>{10, 10}; }));
}

TEST_F(ReplicasTest, OneThatDoesNotServeGetsNone) {
  servers_[0]->SetServing(false);
  Start(Targets(), 1);
  EXPECT_THAT(Ask(10), ElementsAre(0, 10));
  servers_[0]->SetServing(true);
  ASSERT_TRUE(AwaitReady(2));
  EXPECT_THAT(Ask(10), ElementsAre(5, 5));
  servers_[1]->SetServing(false);
  ASSERT_TRUE(AwaitReady(1));
  EXPECT_THAT(Ask(10), ElementsAre(10, 0));
  servers_[0]->SetServing(false);
  ASSERT_TRUE(AwaitReady(0));
  EXPECT_EQ(Get(port(), "/readyz").status, 503);
}

TEST_F(ReplicasTest, NobodyIsAskedWhetherItServesIfThatIsNotWanted) {
  servers_[0]->SetServing(false);
  Options options = TestOptions();
  options.upstream.target = Targets();
  options.upstream.health = false;
  Start(std::move(options), 2);
  EXPECT_THAT(Ask(10), ElementsAre(5, 5));
}

TEST_F(ReplicasTest, AStreamGoesOnAtTheOther) {
  Start(Targets(), 2);
  WebSocketClient viewer(port(), "/ticks?after=0");
  PublishToAll(3, "x");
  ExpectTicks(1, 3, &viewer);
  const size_t first = ServerOfTheStream();
  const size_t other = 1 - first;
  servers_[other]->PublishMany(2, "x");
  const auto lost = std::chrono::steady_clock::now();
  servers_[first].reset();
  ExpectTicks(4, 5, &viewer);
  RecordProperty(
      "pause_ms",
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::steady_clock::now() - lost)
                           .count()));
  EXPECT_EQ(Get(port(), "/readyz").status, 200);
  // And back, when that one goes.
  servers_[first] = std::make_unique<TickerServer>(ports_[first]);
  servers_[first]->PublishMany(6, "x");
  ASSERT_TRUE(AwaitReady(2));
  servers_[other].reset();
  ExpectTicks(6, 6, &viewer);
  EXPECT_EQ(bridge_->stats().viewers, 1);
}

TEST_F(ReplicasTest, WhenAllAreGoneViewersWaitForAnyOfThem) {
  Start(Targets(), 2);
  WebSocketClient viewer(port(), "/ticks?after=0");
  PublishToAll(1, "x");
  ExpectTicks(1, 1, &viewer);
  for (auto& server : servers_) server.reset();
  ASSERT_TRUE(AwaitReady(0));
  EXPECT_EQ(Get(port(), "/readyz").status, 503);
  EXPECT_EQ(Get(port(), "/ticks/1").status, 503);
  servers_[1] = std::make_unique<TickerServer>(ports_[1]);
  servers_[1]->PublishMany(2, "x");
  ExpectTicks(2, 2, &viewer);
  ASSERT_TRUE(AwaitReady(1));
  EXPECT_THAT(Ask(4), ElementsAre(0, 4));
  servers_[0] = std::make_unique<TickerServer>(ports_[0]);
  ASSERT_TRUE(AwaitReady(2));
  EXPECT_THAT(Ask(4), ElementsAre(2, 2));
}

TEST_F(ReplicasTest, OneThatSaysNothingHoldsUpNobody) {
  const Mute mute;
  Start(absl::StrCat(mute.target(), ",", Targets()), 2);
  EXPECT_THAT(Ask(10), ElementsAre(5, 5));
}

}  // namespace
}  // namespace bridge::testing
