#include "service/summary/summary_view.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "service/log/entry.h"
#include "tests/service/summary/watcher.h"

namespace happiness {
namespace {

grpc::ByteBuffer SummaryUpTo(int64_t sequence) {
  v1::Summary summary;
  summary.set_last_sequence(sequence);
  return Encode(summary);
}

TEST(SummaryViewTest, GivesTheNewestSummaryAtOnce) {
  SummaryView view({});
  view.Publish(1, SummaryUpTo(7));
  view.Publish(2, SummaryUpTo(8));
  const auto summary =
      view.NewerThan(nullptr, std::make_shared<CountingWaiter>());
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(DecodeSummary(**summary).last_sequence(), 8);
}

TEST(SummaryViewTest, WakesEachWaiterOnce) {
  SummaryView view({});
  auto first = std::make_shared<CountingWaiter>();
  auto second = std::make_shared<CountingWaiter>();
  EXPECT_EQ(*view.NewerThan(nullptr, first), nullptr);
  EXPECT_EQ(*view.NewerThan(nullptr, second), nullptr);
  view.Publish(1, SummaryUpTo(7));
  view.Publish(2, SummaryUpTo(8));
  EXPECT_EQ(first->calls, 1);
  EXPECT_EQ(second->calls, 1);
}

TEST(SummaryViewTest, DoesNotGiveTheSameSummaryTwice) {
  SummaryView view({});
  view.Publish(1, SummaryUpTo(7));
  auto waiter = std::make_shared<CountingWaiter>();
  const EncodedSummary seen = *view.NewerThan(nullptr, waiter);
  EXPECT_EQ(*view.NewerThan(seen, waiter), nullptr);
  view.Publish(2, SummaryUpTo(7));
  EXPECT_EQ(waiter->calls, 1);
  EXPECT_NE(*view.NewerThan(seen, waiter), nullptr);
}

TEST(SummaryViewTest, ForgetsAWaiterThatStops) {
  SummaryView view({});
  auto waiter = std::make_shared<CountingWaiter>();
  EXPECT_EQ(*view.NewerThan(nullptr, waiter), nullptr);
  view.StopWaiting(waiter);
  view.Publish(1, SummaryUpTo(7));
  EXPECT_EQ(waiter->calls, 0);
  EXPECT_EQ(waiter.use_count(), 1);
}

TEST(SummaryViewTest, TellsThoseWhoHoldTooMuchTheSlowestFirst) {
  constexpr size_t kBytes = SummaryView::kMaxHeldBytes / 4;
  const auto large = [] {
    const grpc::Slice slice(std::string(kBytes, 'x'));
    return grpc::ByteBuffer(&slice, 1);
  };
  SummaryView view({});
  std::vector<std::shared_ptr<CountingWaiter>> holders;
  for (int i = 1; i <= 7; ++i) {
    view.Publish(i, large());
    holders.push_back(std::make_shared<CountingWaiter>());
    EXPECT_NE(*view.NewerThan(nullptr, holders.back()), nullptr);
  }
  // The seventh is the newest; of the five before the sixth, four may stay.
  EXPECT_EQ(holders[0]->too_slow, 1);
  EXPECT_EQ(holders[1]->too_slow, 0);
  view.Publish(8, large());
  EXPECT_EQ(holders[1]->too_slow, 1);
  view.Publish(9, large());  // The eighth is held by nobody.
  EXPECT_EQ(holders[2]->too_slow, 1);
  view.Publish(10, large());
  for (int i = 3; i < 7; ++i) EXPECT_EQ(holders[i]->too_slow, 0) << i;
  EXPECT_EQ(holders[0]->too_slow, 1);
}

TEST(SummaryViewTest, WhoGivesBackOrStopsHoldsNothing) {
  const grpc::Slice slice(std::string(SummaryView::kMaxHeldBytes, 'x'));
  const grpc::ByteBuffer large(&slice, 1);
  SummaryView view({});
  view.Publish(1, large);
  auto quick = std::make_shared<CountingWaiter>();
  auto gone = std::make_shared<CountingWaiter>();
  const EncodedSummary seen = *view.NewerThan(nullptr, quick);
  EXPECT_EQ(*view.NewerThan(nullptr, gone), seen);
  EXPECT_EQ(*view.NewerThan(seen, quick), nullptr);
  view.StopWaiting(gone);
  for (int i = 2; i < 10; ++i) view.Publish(i, large);
  EXPECT_EQ(quick->too_slow, 0);
  EXPECT_EQ(gone->too_slow, 0);
  EXPECT_EQ(gone.use_count(), 1);
}

TEST(SummaryViewTest, TellsEverybodyOfItsEnd) {
  SummaryView view({});
  auto waiter = std::make_shared<CountingWaiter>();
  EXPECT_EQ(*view.NewerThan(nullptr, waiter), nullptr);
  const absl::Status end = absl::UnavailableError("the disk is gone");
  view.End(end);
  EXPECT_EQ(waiter->calls, 1);
  EXPECT_EQ(view.NewerThan(nullptr, waiter).status(), end);
}

}  // namespace
}  // namespace happiness
