// Viewers that want the newest message, not every one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <charconv>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kSmallBuffer = 4096;

class DeliveryTest : public BridgeTest {
 protected:
  void SetUp() override { Start(); }

  // The number of the next tick; 0 at the end.
  static int ReadNumber(WebSocketClient& viewer) {
    constexpr std::string_view kStart = "{\"number\":\"";
    std::string message = viewer.Read();
    int number = 0;
    if (message.starts_with(kStart)) {
      std::from_chars(message.data() + kStart.size(),
                      message.data() + message.size(), number);
    }
    return number;
  }

  // Reads until that tick is here. Gives how many came before it, all in order.
  static int ReadUpTo(WebSocketClient& viewer, int number) {
    int before = 0;
    for (int last = 0; last < number; ++before) {
      int next = ReadNumber(viewer);
      EXPECT_GT(next, last);
      if (next <= last) break;
      last = next;
    }
    return before - 1;
  }

  // Publishes, and waits until the bridge has it all.
  void Flood(int count, const std::string& text) {
    const int64_t all = bridge_->stats().messages_taken + count;
    server_->PublishMany(count, text);
    ASSERT_TRUE(
        Eventually([&] { return bridge_->stats().messages_taken >= all; }));
  }
};

TEST_F(DeliveryTest,
       TheLatestNeverWaitsBehindOldOnesHoweverOftenAViewerStalls) {
  WebSocketClient viewer(port(), "/ticks?bridge.delivery=latest", {},
                         kSmallBuffer);
  ASSERT_TRUE(server_->AwaitWatches(1));
  // Far more than the ring and what the kernel would hold.
  constexpr int kFlood = 1200;
  // What a closed window has taken already, and a frame cut by it.
  constexpr int kOnTheirWay = 8;
  const std::string text(4000, 'x');
  for (int published = kFlood; published <= 4 * kFlood; published += kFlood) {
    Flood(kFlood, text);  // while it does not read
    EXPECT_LE(ReadUpTo(viewer, published), kOnTheirWay);
  }
  EXPECT_EQ(bridge_->stats().viewers, 1);
}

TEST_F(DeliveryTest, AQuickViewerOfTheLatestMissesNothingWhenThereIsTime) {
  WebSocketClient viewer(port(), "/ticks?bridge.delivery=latest");
  ASSERT_TRUE(server_->AwaitWatches(1));
  for (int number = 1; number <= 100; ++number) {
    server_->Publish("x");
    ASSERT_EQ(ReadNumber(viewer), number);
  }
}

TEST_F(DeliveryTest, ARateIsKeptUnderAFloodAndEndsOnTheNewest) {
  WebSocketClient viewer(port(), "/ticks?bridge.maxRate=20");
  WebSocketClient everything(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
  constexpr int kMessages = 2000;
  const absl::Time start = absl::Now();
  std::thread flood([&] {
    for (int i = 0; i < kMessages; i += 4) {
      server_->PublishMany(4, "x");
      absl::SleepFor(absl::Milliseconds(2));
    }
  });
  int frames = ReadUpTo(viewer, kMessages) + 1;
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  flood.join();
  EXPECT_LE(frames, 20 * seconds + 2);
  EXPECT_GE(frames, 10);  // of at least a second
  // Beside it, everything comes.
  for (int number = 1; number <= kMessages; ++number) {
    ASSERT_EQ(ReadNumber(everything), number);
  }
  EXPECT_EQ(server_->watches_started(), 1);
}

TEST_F(DeliveryTest, TheEndOfAStreamComesAtOnceAndBehindTheNewest) {
  WebSocketClient viewer(port(), "/count/500?bridge.maxRate=0.01");
  ReadUpTo(viewer, 500);
  EXPECT_EQ(viewer.AwaitClose(), 1000);
}

TEST_F(DeliveryTest, ServesEventStreamsAndLinesToo) {
  RawClient events(port());
  events.Send(
      "GET /ticks?bridge.maxRate=5 HTTP/1.1\r\nHost: h\r\n"
      "Accept: text/event-stream\r\n\r\n");
  RawClient lines(port());
  lines.Send("GET /ticks?bridge.delivery=latest HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(server_->AwaitWatches(1));
  Flood(300, "x");
  events.ReadUntil("id: 300\n");
  lines.ReadUntil("{\"number\":\"300\",\"text\":\"x\"}\n");
}

TEST_F(DeliveryTest, StartsAtTheNewestWhateverThePosition) {
  server_->PublishMany(10, "x");
  for (const char* position : {"after=2", "backlog=5", "after=999"}) {
    WebSocketClient viewer(
        port(), "/ticks?bridge.delivery=latest&" + std::string(position));
    EXPECT_EQ(ReadNumber(viewer), 10) << position;
  }
  EXPECT_EQ(server_->watches_started(), 1);
}

TEST_F(DeliveryTest, AWrongWishIsToldByItsName) {
  HttpAnswer answer = Get(port(), "/ticks?bridge.delivery=some");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("bridge.delivery"));
  WebSocketClient viewer(port(), "/ticks?bridge.maxRate=never");
  EXPECT_THAT(viewer.Read(), HasSubstr("bridge.maxRate"));
  EXPECT_EQ(viewer.AwaitClose(), 4003);
  // Only streams are delivered.
  EXPECT_EQ(Get(port(), "/ticks/1?bridge.delivery=latest").status, 400);
}

}  // namespace
}  // namespace bridge::testing
