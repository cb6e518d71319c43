#include "service/summary/summary_view.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

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
