// Resume against a model: whatever is cut, and however slow a viewer is, it
// sees exactly the messages behind its position.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

constexpr int kViewers = 4;
constexpr int kRoundsEach = 500;
constexpr size_t kRing = 32;

class ResumeModelTest : public BridgeTest {
 protected:
  using Random = std::mt19937;

  static int Pick(Random& random, int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  }

  // Publishes bursts, and now and then cuts the upstream, until told to stop.
  void Disturb(unsigned seed) {
    Random random(seed);
    while (!done_) {
      int burst = Pick(random, 1, 12);
      server_->PublishMany(burst, std::string(Pick(random, 0, 2000), 'x'));
      published_ += burst;
      if (Pick(random, 0, 200) == 0) {
        server_->EndWatches(grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut"));
      }
      absl::SleepFor(absl::Microseconds(Pick(random, 0, 4000)));
    }
  }

  // One viewer, which comes back again and again.
  void Watch(unsigned seed) {
    Random random(seed);
    int seen = 0;
    for (int round = 0; round < kRoundsEach && !HasFailure(); ++round) {
      const int before = published_;
      std::string target = "/ticks";
      int first = 0;  // any
      switch (Pick(random, 0, 5)) {
        case 0:
          break;
        case 1:
          target += "?backlog=" + std::to_string(Pick(random, 0, 100));
          break;
        case 2:
          first = Pick(random, std::max(0, before - 300), before) + 1;
          target += "?after=" + std::to_string(first - 1);
          break;
        default:  // as a client that was cut does
          first = seen + 1;
          target += "?after=" + std::to_string(seen);
      }
      seen = ReadSome(random, target, first, seen);
    }
  }

  // Reads some messages, slowly or not, the first of which must have the number
  // `first` if that is not 0. Gives the last one's number.
  int ReadSome(Random& random, const std::string& target, int first, int seen) {
    WebSocketClient viewer(port(), target, {}, 4096);
    const bool slow = Pick(random, 0, 3) == 0;
    const int count = Pick(random, 1, 60);
    int last = 0;
    for (int i = 0; i < count; ++i) {
      std::string message = viewer.Read();
      // One that is too slow is told so, and may come back.
      if (message.find("too slow") != message.npos) break;
      int number = NumberOf(message);
      int expected = i > 0 ? last + 1 : first > 0 ? first : number;
      EXPECT_EQ(number, expected) << target << ": " << message.substr(0, 200);
      if (HasFailure()) return seen;
      last = number;
      if (slow) absl::SleepFor(absl::Microseconds(Pick(random, 0, 1500)));
    }
    if (Pick(random, 0, 1) == 0) viewer.Close(1000);
    return last > 0 ? last : seen;
  }

  static int NumberOf(const std::string& message) {
    constexpr std::string_view kStart = "{\"number\":\"";
    int number = -1;
    if (message.starts_with(kStart)) {
      std::from_chars(message.data() + kStart.size(),
                      message.data() + message.size(), number);
    }
    return number;
  }

  std::atomic<bool> done_ = false;
  std::atomic<int> published_ = 0;
};

TEST_F(ResumeModelTest, EachViewerSeesExactlyWhatIsBehindItsPosition) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Options options = TestOptions();
  options.feed.ring.frames = kRing;
  options.feed.linger = absl::Milliseconds(20);
  Start(options);
  std::thread disturber([&] { Disturb(seed); });
  std::vector<std::thread> viewers;
  for (unsigned i = 0; i < kViewers; ++i) {
    viewers.emplace_back([&, i] { Watch(seed + 1 + i); });
  }
  for (std::thread& viewer : viewers) viewer.join();
  done_ = true;
  disturber.join();
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().feeds == 0; }));
  EXPECT_TRUE(server_->AwaitWatches(0));
}

}  // namespace
}  // namespace bridge::testing
