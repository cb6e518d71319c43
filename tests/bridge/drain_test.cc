// The end of a bridge with many viewers, who go on at the next.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kViewers = 300;
#else
constexpr size_t kViewers = 1000;
#endif

// A client that counts ticks, and goes on where it was.
class Follower {
 public:
  void Connect(int port) {
    client_ = std::make_unique<WebSocketClient>(
        port, seen_ == 0 ? "/ticks" : absl::StrCat("/ticks?after=", seen_));
  }

  // Reads on until the bridge closes or, if it is given, this tick has come.
  void Read(int64_t last = INT64_MAX) {
    constexpr std::string_view kNumber = R"({"number":")";
    while (seen_ < last) {
      const std::string frame = client_->Read();
      if (frame.empty()) break;
      if (frame.find(kNumber) != 0) continue;  // why it is closed
      const int64_t number = std::atoll(frame.c_str() + kNumber.size());
      if (seen_ != 0 && number != seen_ + 1) ++holes_;
      seen_ = number;
    }
  }

  int AwaitClose() { return client_->AwaitClose(); }
  int64_t seen() const { return seen_; }
  int holes() const { return holes_; }

 private:
  std::unique_ptr<WebSocketClient> client_;
  int64_t seen_ = 0;
  int holes_ = 0;
};

class DrainTest : public BridgeTest {
 protected:
  static constexpr absl::Duration kDrain = absl::Seconds(2);

  static Options Patient() {
    Options options = TestOptions();
    options.drain = kDrain;
    return options;
  }

  int64_t closed() const {
    const auto counts = bridge_->stats().closes.Counts();
    const auto found = counts.find("1012");
    return found == counts.end() ? 0 : static_cast<int64_t>(found->second);
  }
};

// Has some threads do it with all followers, each with its share.
template <typename Work>
void WithEach(std::vector<Follower>& followers, Work work) {
  constexpr size_t kThreads = 4;
  std::vector<std::thread> threads;
  for (size_t first = 0; first < kThreads; ++first) {
    threads.emplace_back([&followers, work, first] {
      for (size_t i = first; i < followers.size(); i += kThreads) {
        work(followers[i]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(DrainTest, ManyViewersAreSentAwaySpreadOutAndGoOnAtTheNextBridge) {
  Start(Patient());
  std::vector<Follower> followers(kViewers);
  WithEach(followers, [&](Follower& follower) { follower.Connect(port()); });
  server_->Publish("first");
  WithEach(followers, [](Follower& follower) { follower.Read(1); });

  std::atomic<bool> drained = false;
  std::thread publisher([&] {
    while (!drained) {
      server_->Publish("x");
      absl::SleepFor(absl::Milliseconds(50));
    }
  });
  std::thread readers([&] {
    WithEach(followers, [](Follower& follower) { follower.Read(); });
  });
  const absl::Time begin = absl::Now();
  std::thread drain([&] { bridge_->Drain(); });
  std::set<int64_t> counts;
  EXPECT_TRUE(Eventually([&] {
    counts.insert(closed());
    return closed() == static_cast<int64_t>(kViewers);
  }));
  // Timers are late on a busy machine, and never early.
  EXPECT_GT(absl::Now() - begin, kDrain * 0.8);
  EXPECT_GT(counts.size(), 5u) << "in how many steps it was seen";
  drain.join();
  readers.join();
  drained = true;
  publisher.join();
  for (Follower& follower : followers) ASSERT_EQ(follower.AwaitClose(), 1012);

  server_->Publish("last");
  Start();
  const int64_t last = server_->published();
  WithEach(followers, [&](Follower& follower) {
    follower.Connect(port());
    follower.Read(last);
  });
  for (const Follower& follower : followers) {
    ASSERT_EQ(follower.seen(), last);
    ASSERT_EQ(follower.holes(), 0);
  }
}

TEST_F(DrainTest, IsNotReadyFirstWhileAllGoesOn) {
  Options options = Patient();
  options.drain = absl::Seconds(20);  // so that there is time to look
  Start(std::move(options));
  WebSocketClient viewer(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  std::thread drain([&] { bridge_->Drain(); });
  HttpAnswer ready;
  EXPECT_TRUE(Eventually([&] {
    ready = Get(port(), "/readyz");
    return ready.status == 503;
  }));
  EXPECT_EQ(ready.body, "not ready: shutting down\n");
  EXPECT_EQ(Get(port(), "/healthz").status, 200);
  EXPECT_EQ(Get(port(), "/ticks/1").status, 200);
  server_->Publish("still here");
  EXPECT_THAT(viewer.Read(), HasSubstr("still here"));
  WebSocketClient late(port(), "/ticks");
  EXPECT_THAT(late.Read(), HasSubstr("still here"));
  // Two viewers need no 16 seconds.
  EXPECT_EQ(viewer.AwaitClose(), 1012);
  EXPECT_EQ(late.AwaitClose(), 1012);
  drain.join();
}

TEST_F(DrainTest, StreamsOverHttpEndCleanly) {
  Start();
  RawClient events(port());
  events.Send(
      "GET /ticks HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n");
  RawClient lines(port());
  lines.Send("GET /ticks HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
  events.ReadUntil("\r\n\r\n");
  lines.ReadUntil("\r\n\r\n");
  std::thread drain([&] { bridge_->Drain(); });
  for (RawClient* client : {&events, &lines}) {
    const std::string rest = client->ReadToEnd();
    EXPECT_THAT(rest, HasSubstr("shutting down"));
    EXPECT_THAT(rest, EndsWith("\r\n0\r\n\r\n"));
    client->ShutdownSend();
  }
  drain.join();
  EXPECT_EQ(closed(), 2);
}

}  // namespace
}  // namespace bridge::testing
