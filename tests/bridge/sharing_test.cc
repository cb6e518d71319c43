// One upstream stream for all who ask the same.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class SharingTest : public BridgeTest {};

TEST_F(SharingTest, AThousandViewersCostOneUpstreamCallAndOneEncodingAMessage) {
  Start();
  constexpr int kViewers = 1000;
  constexpr int kMessages = 20;
  std::vector<std::unique_ptr<WebSocketClient>> viewers;
  for (int i = 0; i < kViewers; ++i) {
    viewers.push_back(std::make_unique<WebSocketClient>(port(), "/ticks"));
  }
  ASSERT_TRUE(server_->AwaitWatches(1));
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == kViewers; }));
  server_->PublishMany(kMessages, "x");
  for (auto& viewer : viewers) {
    for (int i = 1; i <= kMessages; ++i) {
      ASSERT_EQ(viewer->Read(),
                R"({"number":")" + std::to_string(i) + R"(","text":"x"})");
    }
  }
  EXPECT_EQ(server_->watches_started(), 1);
  EXPECT_EQ(bridge_->stats().upstream_calls, 1);
  EXPECT_EQ(bridge_->stats().messages_encoded, kMessages);
  // A client may have a frame before the bridge has counted it.
  EXPECT_TRUE(Eventually(
      [&] { return bridge_->stats().frames_sent == kViewers * kMessages; }));
}

TEST_F(SharingTest, ParametersInAnyOrderAndSpellingAreTheSameRequest) {
  Start();
  WebSocketClient one(port(), "/ticks?topics=a&topics=b&refuse=0");
  WebSocketClient other(port(), "/ticks?refuse=0&topics=a&topics=b");
  WebSocketClient by_name(
      port(), "/bridge.testing.Ticker/Watch?topics=a&topics=b&refuse=0");
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 3; }));
  EXPECT_EQ(bridge_->stats().feeds, 1);
  WebSocketClient different(port(), "/ticks?topics=b&topics=a");
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().feeds == 2; }));
}

TEST_F(SharingTest, ViewersOfDifferentCredentialsNeverShare) {
  Start();
  WebSocketClient alice(port(), "/ticks", {{"Authorization", "Bearer alice"}});
  WebSocketClient alice2(port(), "/ticks", {{"Authorization", "Bearer alice"}});
  WebSocketClient bob(port(), "/ticks", {{"Authorization", "Bearer bob"}});
  WebSocketClient nobody(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(3));
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 4; }));
  EXPECT_THAT(server_->authorizations(),
              UnorderedElementsAre("Bearer alice", "Bearer bob", ""));
}

TEST_F(SharingTest, ViewersOfDifferentForwardedHeadersNeverShare) {
  Options options = TestOptions();
  options.http.forwarded = *ForwardedHeaders::Parse({"X-Tenant", "x-other"});
  Start(options);
  WebSocketClient alice(port(), "/ticks", {{"X-Tenant", "alice"}});
  WebSocketClient alice2(port(), "/ticks", {{"x-tenant", "alice"}});
  WebSocketClient bob(port(), "/ticks", {{"X-Tenant", "bob"}});
  WebSocketClient other(port(), "/ticks", {{"X-Other", "alice"}});
  WebSocketClient nobody(port(), "/ticks", {{"X-Not-Named", "alice"}});
  ASSERT_TRUE(server_->AwaitWatches(4));
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 5; }));
  EXPECT_THAT(server_->received("x-tenant"),
              UnorderedElementsAre("alice", "bob", "", ""));
  EXPECT_THAT(server_->received("x-other"),
              UnorderedElementsAre("alice", "", "", ""));
  EXPECT_THAT(server_->received("x-not-named"), Each(""));
}

TEST_F(SharingTest, AFeedLingersAndThenEndsItsUpstreamCall) {
  Options options = TestOptions();
  options.feed.linger = absl::Milliseconds(300);
  Start(options);
  {
    WebSocketClient viewer(port(), "/ticks");
    ASSERT_TRUE(server_->AwaitWatches(1));
    viewer.Close(1000);
  }
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
  WebSocketClient soon_after(port(), "/ticks");
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  EXPECT_EQ(server_->watches_started(), 1);  // the same call
  soon_after.Close(1000);
  EXPECT_TRUE(server_->AwaitWatches(0));
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().feeds == 0; }));
}

TEST_F(SharingTest, NoMoreFeedsLingerThanMay) {
  Options options = TestOptions();
  options.feed.linger = absl::Hours(1);
  options.feeds.unused = 2;
  Start(options);
  WebSocketClient stays(port(), "/ticks");
  for (const char* topics : {"a", "b", "c", "d"}) {
    WebSocketClient leaves(port(), absl::StrCat("/ticks?topics=", topics));
    ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
    leaves.Close(1000);
    ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  }
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().feeds == 3; }));
  EXPECT_TRUE(server_->AwaitWatches(3));
  WebSocketClient comes_back(port(), "/ticks?topics=b");
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
  EXPECT_EQ(server_->watches_started(), 5);  // b's has waited
}

TEST_F(SharingTest, AViewerBackBeforeTheLingerEndsKeepsTheFeed) {
  Options options = TestOptions();
  options.feed.linger = absl::Milliseconds(200);
  Start(options);
  WebSocketClient stays(port(), "/ticks");
  {
    WebSocketClient leaves(port(), "/ticks");
    ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
    leaves.Close(1000);
  }
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  // Another feed's whole life is longer than the linger.
  {
    WebSocketClient other(port(), "/ticks?topics=other");
    ASSERT_TRUE(Eventually([&] { return bridge_->stats().feeds == 2; }));
  }
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().feeds == 1; }));
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->Publish("still here");
  EXPECT_THAT(stays.Read(), HasSubstr("still here"));
}

TEST_F(SharingTest, RefusesMoreDifferentStreamsThanAllowed) {
  Options options = TestOptions();
  options.feeds.feeds = 2;
  Start(options);
  WebSocketClient one(port(), "/ticks?topics=1");
  WebSocketClient two(port(), "/ticks?topics=2");
  ASSERT_TRUE(server_->AwaitWatches(2));
  WebSocketClient three(port(), "/ticks?topics=3");
  EXPECT_THAT(three.Read(), HasSubstr("RESOURCE_EXHAUSTED"));
  EXPECT_EQ(three.AwaitClose(), 1013);
  EXPECT_EQ(Get(port(), "/ticks?topics=3").status, 429);
  WebSocketClient again(port(), "/ticks?topics=2");
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 3; }));
}

TEST_F(SharingTest, StreamsThatHoldTooMuchLetGoAndThenNoOtherIsOpened) {
  constexpr int kMost = 100'000;
  Options options = TestOptions();
  options.feeds.ring_bytes = kMost;
  options.feed.linger = absl::Milliseconds(50);
  Start(options);
  WebSocketClient viewer(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  // Each is there twice: as it came, and in JSON.
  const std::string quarter(kMost / 4, 'x');
  server_->PublishMany(9, quarter);
  for (int i = 0; i < 9; ++i) EXPECT_THAT(viewer.Read(), HasSubstr(quarter));
  // What became JSON meanwhile counts when the next comes.
  server_->Publish("tenth");
  EXPECT_THAT(viewer.Read(), HasSubstr("tenth"));
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().ring_bytes < kMost; }));
  // The newest stays, whatever its size.
  const std::string big(kMost, 'x');
  server_->Publish(big);
  EXPECT_THAT(viewer.Read(), HasSubstr(big));
  EXPECT_GT(bridge_->stats().ring_bytes, kMost);

  WebSocketClient refused(port(), "/ticks?topics=other");
  EXPECT_THAT(refused.Read(), HasSubstr("hold too much"));
  EXPECT_EQ(refused.AwaitClose(), 1013);
  HttpAnswer answer = Get(port(), "/ticks?topics=other");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.Field("Retry-After"), "1");
  EXPECT_EQ(bridge_->stats().refusals.Counts().at("ring_bytes"), 2);

  WebSocketClient joins(port(), "/ticks");
  EXPECT_THAT(joins.Read(), HasSubstr(big));
  server_->Publish("goes on");
  EXPECT_THAT(viewer.Read(), HasSubstr("goes on"));
  viewer.Close(1000);
  joins.Close(1000);
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().feeds == 0; }));
  EXPECT_EQ(bridge_->stats().ring_bytes, 0);
  WebSocketClient other(port(), "/ticks?topics=other");
  EXPECT_TRUE(server_->AwaitWatches(1));
}

// The descriptors that this process holds.
int OpenDescriptors() {
  std::filesystem::directory_iterator entries("/proc/self/fd");
  return static_cast<int>(std::distance(begin(entries), end(entries)));
}

TEST_F(SharingTest, AChurnOfTenThousandLeavesNothingOpen) {
  Options options = TestOptions();
  options.feed.linger = absl::Milliseconds(50);
  Start(options);
  const int descriptors = OpenDescriptors();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 2500; ++i) {
        RawClient viewer(port());
        viewer.Upgrade("/ticks?topics=" + std::to_string(i / 100 % 7) +
                       (i % 5 == 0 ? "&after=0" : ""));
        if (i % 50 == thread) server_->Publish("x");
        if (i % 3 == 0) viewer.Abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().feeds == 0; }));
  EXPECT_TRUE(server_->AwaitWatches(0));
  EXPECT_EQ(bridge_->stats().sessions, 0);
  // Some are made once, when they are first wanted.
  constexpr int kOfItsOwn = 10;
  EXPECT_TRUE(
      Eventually([&] { return OpenDescriptors() <= descriptors + kOfItsOwn; }));
}

TEST_F(SharingTest, APageThatIsNotNamedBringsNoToken) {
  Start();
  const auto watch = [&](const std::string& origin, const std::string& offer) {
    std::vector<std::pair<std::string, std::string>> fields = {
        {"Origin", origin}};
    if (!offer.empty()) fields.push_back({"Sec-WebSocket-Protocol", offer});
    return std::make_unique<WebSocketClient>(port(), "/ticks", fields);
  };
  const std::string own = "http://127.0.0.1:" + std::to_string(port());
  const auto refused = watch("https://foe.example", "bearer, alice");
  EXPECT_THAT(refused->Read(), HasSubstr("origin"));
  EXPECT_EQ(refused->AwaitClose(), 1008);
  const auto reads = watch("https://foe.example", "");
  ASSERT_TRUE(server_->AwaitWatches(1));
  const auto page = watch(own, "bearer, alice");
  ASSERT_TRUE(server_->AwaitWatches(2));
  EXPECT_THAT(server_->authorizations(),
              UnorderedElementsAre("", "Bearer alice"));
}

}  // namespace
}  // namespace bridge::testing
