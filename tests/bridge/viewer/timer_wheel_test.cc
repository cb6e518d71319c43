#include "bridge/viewer/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace bridge {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kTick = TimerWheel::kTick;
// What a loaded machine may add.
constexpr milliseconds kSlack{2000};

class Member : public TimerWheel::Member {
 public:
  explicit Member(std::function<void()> on_due = [] {})
      : on_due_(std::move(on_due)) {}

  void OnDue() override {
    ++calls;
    called = Clock::now();
    on_due_();
  }

  int calls = 0;
  Clock::time_point called;

 private:
  const std::function<void()> on_due_;
};

class TimerWheelTest : public ::testing::Test {
 protected:
  // Runs until it is true. Bounded.
  template <typename Condition>
  void RunUntil(Condition condition) {
    auto deadline = Clock::now() + std::chrono::seconds(10);
    while (!condition() && Clock::now() < deadline) io_.run_one_until(deadline);
    ASSERT_TRUE(condition());
  }

  boost::asio::io_context io_{1};
  TimerWheel wheel_{io_};
};

TEST_F(TimerWheelTest, CallsNeitherEarlyNorMuchLate) {
  // At different moments between two ticks.
  std::vector<std::unique_ptr<Member>> members;
  std::vector<Clock::time_point> due;
  for (int delay : {0, 1, 100, 249, 250, 251, 300, 499, 500, 501}) {
    auto began = Clock::now();
    members.push_back(std::make_unique<Member>());
    wheel_.Add(*members.back(), milliseconds(delay));
    due.push_back(began + milliseconds(delay));
    io_.run_one_for(milliseconds(13));
  }
  for (size_t i = 0; i < members.size(); ++i) {
    RunUntil([&] { return members[i]->calls > 0; });
    EXPECT_GE(members[i]->called, due[i]) << i;
    EXPECT_LE(members[i]->called, due[i] + kTick + kSlack) << i;
  }
}

TEST_F(TimerWheelTest, CallsInTheOrderOfTheirTimes) {
  std::vector<int> order;
  Member late([&] { order.push_back(3); });
  Member early([&] { order.push_back(1); });
  Member middle([&] { order.push_back(2); });
  wheel_.Add(late, 3 * kTick);
  wheel_.Add(early, milliseconds(0));
  wheel_.Add(middle, kTick + kTick / 2);
  RunUntil([&] { return order.size() == 3; });
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_F(TimerWheelTest, CallsOnceOnly) {
  Member member;
  Member after;
  wheel_.Add(member, milliseconds(0));
  wheel_.Add(after, 3 * kTick);
  RunUntil([&] { return after.calls == 1; });
  EXPECT_EQ(member.calls, 1);
  EXPECT_FALSE(member.is_linked());
}

TEST_F(TimerWheelTest, AMemberMayAskAgainWhenItIsCalled) {
  Member* again = nullptr;
  int calls = 0;
  Member member([&] {
    if (++calls < 3) wheel_.Add(*again, milliseconds(0));
  });
  again = &member;
  auto began = Clock::now();
  wheel_.Add(member, milliseconds(0));
  RunUntil([&] { return calls == 3; });
  EXPECT_GE(Clock::now() - began, 2 * kTick) << "a tick lies between two calls";
}

TEST_F(TimerWheelTest, AMemberThatIsDestroyedIsNotCalled) {
  bool called = false;
  auto member = std::make_unique<Member>([&] { called = true; });
  Member after;
  wheel_.Add(*member, milliseconds(0));
  wheel_.Add(after, kTick);
  member.reset();
  RunUntil([&] { return after.calls == 1; });
  EXPECT_FALSE(called);
}

TEST_F(TimerWheelTest, AMemberMayBeDestroyedByItsCall) {
  std::unique_ptr<Member> member;
  bool called = false;
  member = std::make_unique<Member>([&] {
    called = true;
    // The function that runs is the member's own.
    auto* done = &member;
    done->reset();
  });
  wheel_.Add(*member, milliseconds(0));
  RunUntil([&] { return called; });
  EXPECT_EQ(member, nullptr);
}

TEST_F(TimerWheelTest, AMemberMayDestroyAnotherThatIsDueWithIt) {
  auto victim = std::make_unique<Member>();
  Member killer([&] { victim.reset(); });
  Member after;
  wheel_.Add(killer, milliseconds(0));
  wheel_.Add(*victim, milliseconds(0));
  wheel_.Add(after, milliseconds(0));
  RunUntil([&] { return after.calls == 1; });
  EXPECT_EQ(victim, nullptr);
}

TEST_F(TimerWheelTest, AMemberMayBeMoved) {
  Member member;
  Member between;
  wheel_.Add(member, milliseconds(0));
  wheel_.Add(between, kTick);
  member.unlink();
  wheel_.Add(member, 3 * kTick);
  RunUntil([&] { return between.calls == 1; });
  EXPECT_EQ(member.calls, 0);
  RunUntil([&] { return member.calls == 1; });
}

TEST_F(TimerWheelTest, DelaysOfEverySizeAreTaken) {
  Member past;
  Member never;
  wheel_.Add(past, milliseconds::min());
  wheel_.Add(never, milliseconds::max());
  RunUntil([&] { return past.calls == 1; });
  EXPECT_EQ(never.calls, 0);
  EXPECT_TRUE(never.is_linked());
}

TEST(TimerWheelLifeTest, MembersMayOutliveTheWheel) {
  boost::asio::io_context io;
  Member member;
  {
    TimerWheel wheel(io);
    wheel.Add(member, milliseconds(0));
  }
  EXPECT_FALSE(member.is_linked());
  io.run();
  EXPECT_EQ(member.calls, 0);
}

}  // namespace
}  // namespace bridge
