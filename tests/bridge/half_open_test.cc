// Viewers that vanish without a word: the cable to them is cut.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tests/bridge/testing/fixture.h"
#include "tests/network/cable.h"
#include "tests/service/testing/program.h"

namespace bridge::testing {
namespace {

using ::testing::HasSubstr;

bool in_own_network = false;

constexpr char kAskForEvents[] =
    "GET /ticks HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n";

class HalfOpenTest : public BridgeTest {
 protected:
  void SetUp() override {
    if (!in_own_network) GTEST_SKIP() << "no network namespaces here";
    far_ = std::make_unique<happiness::Program>(
        std::vector<std::string>{"--net", "sh", "-c",
                                 "echo ready; exec sleep 600"},
        "/usr/bin/unshare");
    ASSERT_EQ(far_->ReadLine(), "ready");
    cable_ = std::make_unique<network::Cable>(far_->pid());
    Options options = TestOptions();
    options.address = "0.0.0.0";
    // Whoever is let in again has had its place given back.
    options.http.per_address.connections = 1;
    options.viewer.ping_interval = absl::Seconds(1);
    options.viewer.pong_wait = absl::Seconds(1);
    options.viewer.comment_interval = absl::Seconds(1);
    options.viewer.stall_limit = absl::Seconds(2);
    options.viewer.close_wait = absl::Seconds(1);
    Start(options);
  }

  // A client there.
  RawClient Connect() {
    return RawClient::Of(cable_->ConnectFromThere(port()));
  }

  // Viewers and connections are as many, and this is how streams ended.
  void ExpectNobodyIsLeft(const std::string& close_code) {
    EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
    EXPECT_EQ(bridge_->stats().closes.Counts()[close_code], 1);
    cable_->Mend();
    RawClient next = Connect();
    next.Upgrade("/ticks");
    EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
    server_->Publish("again");
    next.ReadUntil("again");
  }

  std::unique_ptr<happiness::Program> far_;
  std::unique_ptr<network::Cable> cable_;
};

TEST_F(HalfOpenTest, AWebSocketThatAnswersNoPingIsClosedWith1011) {
  RawClient viewer = Connect();
  viewer.Upgrade("/ticks");
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  cable_->Cut();
  ExpectNobodyIsLeft("1011");
}

TEST_F(HalfOpenTest, AnEventStreamThatTakesNothingIsLeft) {
  RawClient viewer = Connect();
  viewer.Send(kAskForEvents);
  viewer.ReadUntil("\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  cable_->Cut();
  ExpectNobodyIsLeft("left");
}

// The kernel takes what is sent to it for a while, and says at last that nobody
// acknowledges it.
TEST_F(HalfOpenTest, OneThatVanishesInTheMidstOfMessagesIsGone) {
  RawClient viewer = Connect();
  viewer.Send(kAskForEvents);
  viewer.ReadUntil("\r\n\r\n");
  server_->Publish("first");
  viewer.ReadUntil("first");
  cable_->Cut();
  server_->PublishMany(10, std::string(1'000, 'x'));
  ExpectNobodyIsLeft("left");
}

TEST_F(HalfOpenTest, OneThatIsOnlyQuietStays) {
  WebSocketClient viewer(port(), "/ticks");
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  auto read = std::async(std::launch::async, [&] { return viewer.Read(); });
  ASSERT_TRUE(Eventually([&] { return viewer.pings() == 4; }));
  server_->Publish("hello");
  EXPECT_THAT(read.get(), HasSubstr("hello"));
}

}  // namespace
}  // namespace bridge::testing

int main(int argc, char** argv) {
  bridge::testing::in_own_network = network::EnterOwnNetwork();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
