#include "service/rpc/pass_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "absl/synchronization/notification.h"

namespace happiness {
namespace {

constexpr absl::Duration kDeadline = absl::Seconds(20);

// Stopped once at the most.
class WaitingStream : public OpenStreams::Stream {
 public:
  void Stop(const absl::Status& status) override {
    why = status;
    stopped.Notify();
  }
  absl::Status why;
  absl::Notification stopped;
};

// A pass that can be taken away, and of which each look is counted.
class Leave {
 public:
  Pass pass() {
    return {"a", [this] {
              if (++looks_ == 2) looked_twice_.Notify();
              return gone_ ? absl::UnauthenticatedError("it is gone")
                           : absl::OkStatus();
            }};
  }
  void TakeAway() { gone_ = true; }
  bool AwaitTwoLooks() {
    return looked_twice_.WaitForNotificationWithTimeout(kDeadline);
  }

 private:
  std::atomic<bool> gone_ = false;
  std::atomic<int> looks_ = 0;
  absl::Notification looked_twice_;
};

TEST(PassWatchTest, EndsAStreamSoonAfterItsPassIsGoneAndNoOther) {
  OpenStreams streams(10);
  Leave lost;
  Leave held;
  auto stopped = std::make_shared<WaitingStream>();
  auto goes_on = std::make_shared<WaitingStream>();
  auto needs_none = std::make_shared<WaitingStream>();
  ASSERT_TRUE(streams.Add(stopped, lost.pass()).ok());
  ASSERT_TRUE(streams.Add(goes_on, held.pass()).ok());
  ASSERT_TRUE(streams.Add(needs_none).ok());
  const PassWatch watch(&streams);
  ASSERT_TRUE(lost.AwaitTwoLooks());
  EXPECT_FALSE(stopped->stopped.HasBeenNotified()) << "its pass holds";
  lost.TakeAway();
  ASSERT_TRUE(stopped->stopped.WaitForNotificationWithTimeout(kDeadline));
  EXPECT_EQ(stopped->why, absl::UnauthenticatedError("it is gone"));
  ASSERT_TRUE(held.AwaitTwoLooks());
  EXPECT_FALSE(goes_on->stopped.HasBeenNotified());
  EXPECT_FALSE(needs_none->stopped.HasBeenNotified());
  EXPECT_EQ(streams.invalid(), 1);
}

TEST(PassWatchTest, EndsAStreamThatOpensWhileItRuns) {
  OpenStreams streams(10);
  Leave lost;
  auto stream = std::make_shared<WaitingStream>();
  const PassWatch watch(&streams);
  lost.TakeAway();
  ASSERT_TRUE(streams.Add(stream, lost.pass()).ok());
  EXPECT_TRUE(stream->stopped.WaitForNotificationWithTimeout(kDeadline));
}

}  // namespace
}  // namespace happiness
