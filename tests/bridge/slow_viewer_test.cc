// Viewers that do not read, beside those that do.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kSmallBuffer = 4096;

class SlowViewerTest : public BridgeTest {};

TEST_F(SlowViewerTest, OneThatNeverReadsIsClosedAndTheOtherMissesNothing) {
  Options options = TestOptions();
  options.feed.ring.frames = 64;
  Start(options);
  WebSocketClient stuck(port(), "/ticks", {}, kSmallBuffer);
  WebSocketClient quick(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
  const std::string text(10'000, 'x');
  // 200 MB pass; what is kept is 64 frames, and what the kernel holds.
  constexpr int kMessages = 20'000;
  constexpr int kBatch = 20;
  size_t most = 0;
  size_t before = HeapInUse();
  for (int i = 0; i < kMessages;) {
    server_->PublishMany(kBatch, text);
    for (int j = 0; j < kBatch; ++j) {
      ASSERT_THAT(quick.Read(),
                  HasSubstr("{\"number\":\"" + std::to_string(++i) + "\""));
    }
    server_->Forget();
    most = std::max(most, HeapInUse());
  }
  EXPECT_LT(most, before + (8 << 20));
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
}

TEST_F(SlowViewerTest, OneThatFellOffIsToldWith1013WhenItReadsOn) {
  Options options = TestOptions();
  options.feed.ring.frames = 16;
  Start(options);
  WebSocketClient stuck(port(), "/ticks", {}, kSmallBuffer);
  WebSocketClient quick(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
  const std::string text(100'000, 'x');
  constexpr int kMessages = 200;
  for (int i = 0; i < kMessages; ++i) {
    server_->Publish(text);
    quick.Read();
  }
  // It sees an unbroken beginning, then why it ends.
  int number = 0;
  std::string message;
  while ((message = stuck.Read()).starts_with("{\"number\"")) {
    ASSERT_THAT(message,
                HasSubstr("{\"number\":\"" + std::to_string(++number) + "\""));
  }
  EXPECT_LT(number, kMessages);
  EXPECT_THAT(message, HasSubstr("too slow"));
  EXPECT_EQ(stuck.AwaitClose(), 1013);
}

TEST_F(SlowViewerTest, OneThatResumesHoldsTheUpstreamBackInsteadOfFallingOff) {
  constexpr int kMessages = 3000;
  server_->PublishMany(kMessages, std::string(10'000, 'x'));
  Options options = TestOptions();
  options.feed.ring.frames = 32;
  Start(options);
  WebSocketClient viewer(port(), "/ticks?after=0", {}, kSmallBuffer);
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().frames_sent > 0; }));
  for (int i = 1; i <= kMessages; ++i) {
    ASSERT_THAT(viewer.Read(),
                HasSubstr("{\"number\":\"" + std::to_string(i) + "\""));
  }
}

TEST_F(SlowViewerTest, OneThatTakesNothingForTooLongIsClosed) {
  Options options = TestOptions();
  options.viewer.stall_limit = absl::Milliseconds(800);
  options.viewer.close_wait = absl::Milliseconds(500);
  Start(options);
  WebSocketClient stuck(port(), "/ticks", {}, kSmallBuffer);
  ASSERT_TRUE(server_->AwaitWatches(1));
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  // Too little to push anything off the ring, too much for the socket.
  server_->PublishMany(100, std::string(100'000, 'x'));
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
  EXPECT_THAT(Get(port(), "/metrics").body,
              HasSubstr("bridge_refusals_total{limit=\"write_timeout\"} 1\n"));
}

TEST_F(SlowViewerTest, ABurstArrivesWholeAndInOrder) {
  Start();
  WebSocketClient viewer(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  // As many as the ring holds: more pieces than one write takes.
  server_->PublishMany(1000, "x");
  for (int i = 1; i <= 1000; ++i) {
    ASSERT_EQ(viewer.Read(),
              "{\"number\":\"" + std::to_string(i) + "\",\"text\":\"x\"}");
  }
}

}  // namespace
}  // namespace bridge::testing
