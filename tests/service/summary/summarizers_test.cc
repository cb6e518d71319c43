#include "service/summary/summarizers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/request/timestamps.h"
#include "service/summary/summary_ticker.h"
#include "tests/service/summary/brute_force.h"
#include "tests/service/summary/kept_log.h"
#include "tests/service/summary/watcher.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kEnd = 1'700'000'000 * kSecond;
const absl::Time kNow = absl::FromUnixMicros(kEnd);

SummaryQuery QueryOf(int64_t window_seconds, size_t limit = 1'000) {
  return {.span = {.window = window_seconds * kSecond, .period = kSecond},
          .selection = {.places = {}, .limit = limit}};
}

// So many readings in memory.
StoredLogOptions WithRing(size_t readings) {
  StoredLogOptions options;
  options.ring = readings;
  return options;
}

// Summaries at times that the test says.
struct Watching {
  explicit Watching(KeptLog* log, SummaryLimits limits = {},
                    size_t min_group = 1)
      : summarizers(log->source(min_group), limits) {}

  // Ticks at `now` until `view` has its summary of that time, which may have to
  // be filled in from the store first.
  v1::Summary SummaryAt(SummaryView* view, absl::Time now) {
    for (;;) {
      next = summarizers.Tick(now);
      auto newest = view->NewerThan(nullptr, waiter);
      view->StopWaiting(waiter);
      EXPECT_TRUE(newest.ok()) << newest.status();
      if (!newest.ok()) return {};
      if (*newest != nullptr) {
        v1::Summary summary = DecodeSummary(**newest);
        if (ToMicros(summary.end_time()) + kSecond > ToMicros(now)) {
          return summary;
        }
      }
      summarizers.WaitUntil(absl::Now() + kTestDeadline);
    }
  }

  // The error that ends `view`.
  absl::Status EndOf(SummaryView* view, absl::Time now) {
    for (;;) {
      summarizers.Tick(now);
      auto newest = view->NewerThan(nullptr, waiter);
      view->StopWaiting(waiter);
      if (!newest.ok()) return newest.status();
      summarizers.WaitUntil(absl::Now() + kTestDeadline);
    }
  }

  Summarizers summarizers;
  std::shared_ptr<CountingWaiter> waiter = std::make_shared<CountingWaiter>();
  absl::Time next;
};

TEST(SummarizersTest, FillsFromTheStoreAndThenFollowsTheLog) {
  KeptLog log(WithRing(1));
  for (int i = 0; i < 5; ++i) log.Record({"Oslo", kEnd - kSecond, 5, ""});
  Watching test(&log);
  const auto view = *test.summarizers.Watch(QueryOf(60));
  v1::Summary summary = test.SummaryAt(view.get(), kNow);
  EXPECT_EQ(summary.world().count(), 5);
  EXPECT_EQ(summary.last_sequence(), 5);
  log.Record({"Lima", kEnd, 5, ""});
  summary = test.SummaryAt(view.get(), kNow + absl::Seconds(1));
  EXPECT_EQ(summary.world().count(), 6);
  EXPECT_EQ(summary.last_sequence(), 6);
}

TEST(SummarizersTest, ReadsNoMoreOfTheStoreThanTheWindowsNeed) {
  KeptLog log;
  log.Record({"Oslo", kEnd - 121 * kSecond, 5, ""});
  log.Record({"Oslo", kEnd - 120 * kSecond, 5, ""});
  log.Record({"Oslo", kEnd - 1, 7, ""});
  log.Record({"Oslo", kEnd + 30 * kSecond, 9, ""});
  Watching test(&log);
  const auto view = *test.summarizers.Watch(QueryOf(60));
  v1::Summary summary = test.SummaryAt(view.get(), kNow);
  EXPECT_EQ(summary.world().count(), 1);
  EXPECT_EQ(summary.world().trend(), 2);
  summary = test.SummaryAt(view.get(), kNow + absl::Seconds(31));
  EXPECT_EQ(summary.world().count(), 2);
}

TEST(SummarizersTest, ReadsMoreThanAChunkOfTheSameTime) {
  constexpr int kReadings = 2 * Fill::kChunk + 1;
  KeptLog log(WithRing(1));
  log.Record(std::vector<Sample>(kReadings, {"Oslo", kEnd - 1, 5, ""}));
  Watching test(&log);
  const auto view = *test.summarizers.Watch(QueryOf(60));
  EXPECT_EQ(test.SummaryAt(view.get(), kNow).world().count(), kReadings);
}

TEST(SummarizersTest, CatchesUpFromTheStoreWhenItFallsBehindTheRing) {
  KeptLog log(WithRing(4));
  Watching test(&log);
  const auto view = *test.summarizers.Watch(QueryOf(60));
  int64_t recorded = 0;
  for (int tick = 0; tick < 5; ++tick) {
    const absl::Time now = kNow + absl::Seconds(tick);
    for (int i = 0; i < 1'500 * tick; ++i, ++recorded) {
      log.Record({"Oslo", ToMicros(now) - 1, 5, ""});
    }
    const v1::Summary summary = test.SummaryAt(view.get(), now);
    EXPECT_EQ(summary.world().count(), recorded);
    EXPECT_EQ(summary.last_sequence(), recorded);
  }
}

TEST(SummarizersTest, GoesOnWhereTheLogDoesWhenReadingsAreNoLongerKept) {
  KeptLog log(Keeping(3));
  log.Record({"Oslo", kEnd - 1, 5, ""});
  log.Record({"Oslo", kEnd - 1, 5, ""});
  Watching test(&log);
  const auto view = *test.summarizers.Watch(QueryOf(60));
  EXPECT_EQ(test.SummaryAt(view.get(), kNow).world().count(), 2);
  log.Record(std::vector<Sample>(200, {"Oslo", kEnd - 1, 5, ""}));
  Settle(log.log());
  const v1::Summary summary =
      test.SummaryAt(view.get(), kNow + absl::Seconds(1));
  EXPECT_EQ(summary.world().count(), 2 + 3);
  EXPECT_EQ(summary.last_sequence(), 202);
}

TEST(SummarizersTest, TicksAtMultiplesOfThePeriod) {
  KeptLog log;
  Watching test(&log);
  const auto view = *test.summarizers.Watch(QueryOf(60));
  const absl::Time between = kNow + absl::Milliseconds(900);
  EXPECT_EQ(ToMicros(test.SummaryAt(view.get(), between).end_time()), kEnd);
  EXPECT_EQ(test.next, kNow + absl::Seconds(1));
}

TEST(SummarizersTest, LeavesOutTicksWhenItIsLate) {
  KeptLog log;
  Watching test(&log);
  const auto view = *test.summarizers.Watch(QueryOf(60));
  test.SummaryAt(view.get(), kNow);
  const int64_t computed = test.summarizers.work().computed;
  const absl::Time late = kNow + absl::Milliseconds(7'300);
  EXPECT_EQ(ToMicros(test.SummaryAt(view.get(), late).end_time()),
            kEnd + 7 * kSecond);
  EXPECT_EQ(test.summarizers.work().computed, computed + 1);
}

TEST(SummarizersTest, BeginsAgainWhenTheClockIsSetBack) {
  KeptLog log;
  log.Record({"Oslo", kEnd - 1, 5, ""});
  Watching test(&log);
  const auto view = *test.summarizers.Watch(QueryOf(60));
  const absl::Time ahead = kNow + absl::Hours(1);
  EXPECT_EQ(test.SummaryAt(view.get(), ahead).world().count(), 0);
  const EncodedSummary seen = *view->NewerThan(nullptr, test.waiter);
  test.summarizers.Tick(kNow);
  test.summarizers.WaitUntil(absl::Now() + kTestDeadline);
  test.summarizers.Tick(kNow);
  const EncodedSummary newer = *view->NewerThan(seen, test.waiter);
  ASSERT_NE(newer, nullptr);
  EXPECT_EQ(ToMicros(DecodeSummary(*newer).end_time()), kEnd);
  EXPECT_EQ(DecodeSummary(*newer).world().count(), 1);
}

TEST(SummarizersTest, AHundredWhoAskTheSameCostOneComputationAndOneEncoding) {
  KeptLog log;
  Watching test(&log);
  std::vector<std::shared_ptr<SummaryView>> views;
  for (int i = 0; i < 100; ++i) {
    views.push_back(*test.summarizers.Watch(QueryOf(60)));
    EXPECT_EQ(views[0], views.back());
  }
  test.SummaryAt(views[0].get(), kNow);
  EXPECT_EQ(test.summarizers.work().computed, 1);
  EXPECT_EQ(test.summarizers.work().encoded, 1);
  // Others have encodings of their own, of the same computation.
  const auto other = *test.summarizers.Watch(QueryOf(60, /*limit=*/3));
  test.SummaryAt(other.get(), kNow);
  EXPECT_EQ(test.summarizers.work().computed, 1);
  EXPECT_EQ(test.summarizers.work().encoded, 2);
  test.SummaryAt(other.get(), kNow + absl::Seconds(1));
  EXPECT_EQ(test.summarizers.work().computed, 2);
  EXPECT_EQ(test.summarizers.work().encoded, 4);
}

TEST(SummarizersTest, EndsASummarizerSomeSecondsAfterItsLastStream) {
  KeptLog log;
  Watching test(&log);
  auto view = *test.summarizers.Watch(QueryOf(60));
  test.SummaryAt(view.get(), kNow);
  view.reset();
  test.summarizers.Tick(kNow);
  test.summarizers.Tick(kNow + Summarizers::kLinger - absl::Milliseconds(1));
  EXPECT_EQ(test.summarizers.size(), 1u);
  view = *test.summarizers.Watch(QueryOf(60));
  const int64_t encoded = test.summarizers.work().encoded;
  test.summarizers.Tick(kNow + Summarizers::kLinger);  // was filled already
  EXPECT_EQ(test.summarizers.work().encoded, encoded + 1);
  view.reset();
  test.summarizers.Tick(kNow + 2 * Summarizers::kLinger);
  EXPECT_EQ(test.summarizers.Tick(kNow + 3 * Summarizers::kLinger),
            absl::InfiniteFuture());
  EXPECT_EQ(test.summarizers.size(), 0u);
}

TEST(SummarizersTest, HoldsNoMoreWindowsAndPeriodsThanItsLimit) {
  KeptLog log;
  Watching test(&log, {.summarizers = 2});
  const auto first = *test.summarizers.Watch(QueryOf(61));
  auto second = *test.summarizers.Watch(QueryOf(62));
  EXPECT_TRUE(test.summarizers.Watch(QueryOf(62, /*limit=*/1)).ok());
  const absl::Status refused = test.summarizers.Watch(QueryOf(63)).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.message(),
            "the limit of 2 different windows and periods is reached: ask for "
            "one that others watch, or for the default, which is always to be "
            "had");
  // One that only lingers makes room.
  second.reset();
  EXPECT_TRUE(test.summarizers.Watch(QueryOf(63)).ok());
  EXPECT_EQ(test.summarizers.size(), 2u);
}

TEST(SummarizersTest, ListsNoMorePlacesThanItsLimit) {
  KeptLog log;
  Watching test(&log, {.listed = 11});
  auto first = *test.summarizers.Watch(QueryOf(61, /*limit=*/6));
  const auto second = *test.summarizers.Watch(QueryOf(61, /*limit=*/4));
  EXPECT_TRUE(test.summarizers.Watch(QueryOf(61, /*limit=*/6)).ok());
  // One that lists none costs something all the same.
  auto world = *test.summarizers.Watch(QueryOf(61, /*limit=*/0));
  EXPECT_FALSE(test.summarizers.Watch(QueryOf(61, /*limit=*/1)).ok());
  world.reset();
  const absl::Status refused =
      test.summarizers.Watch(QueryOf(61, /*limit=*/5)).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("the limit of 11 places in all different summaries"));
  first.reset();
  EXPECT_TRUE(test.summarizers.Watch(QueryOf(61, /*limit=*/5)).ok());
}

TEST(SummarizersTest, TheDefaultIsToBeHadWhateverOthersTake) {
  KeptLog log;
  Watching test(&log, {.summarizers = 1, .listed = 6});
  const auto other = *test.summarizers.Watch(QueryOf(61, /*limit=*/6));
  EXPECT_FALSE(test.summarizers.Watch(QueryOf(62, /*limit=*/0)).ok());
  const auto plain = test.summarizers.Watch(QueryOf(60));
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_TRUE(test.summarizers.Watch(QueryOf(60, /*limit=*/100)).ok());
  // But not in any form: a list of ten thousand is no small thing.
  EXPECT_FALSE(test.summarizers.Watch(QueryOf(60, /*limit=*/1'001)).ok());
  EXPECT_EQ(test.summarizers.size(), 2u);
  // Nor does it take a place of the others'.
  EXPECT_TRUE(test.summarizers.Watch(QueryOf(61, /*limit=*/6)).ok());
}

TEST(SummarizersTest, EndsTheLargestWhenAllTakeTooMuchMemory) {
  constexpr size_t kMiB = 1 << 20;
  KeptLog log;
  std::vector<Sample> samples;
  for (int64_t i = 0; i < 20'000; ++i) {
    samples.push_back({"Oslo", kEnd - i * 100'000, 5, ""});
    samples.push_back({"Lima", kEnd - i * 100'000, 5, ""});
  }
  log.Record(samples);
  Watching test(&log, {.bytes = kMiB / 10});
  const auto small = *test.summarizers.Watch(QueryOf(60));
  test.SummaryAt(small.get(), kNow);
  const auto large = *test.summarizers.Watch(QueryOf(600));
  const absl::Status end = test.EndOf(large.get(), kNow);
  EXPECT_EQ(end.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(end.message()),
              HasSubstr("ask for a shorter window, or a longer period"));
  EXPECT_EQ(test.summarizers.size(), 1u);
  EXPECT_EQ(
      test.SummaryAt(small.get(), kNow + absl::Seconds(1)).world().count(),
      2 * 591);
}

TEST(SummarizersTest, EndsWithTheErrorOfTheStore) {
  KeptLog log;
  log.Execute("DROP TABLE readings");
  Watching test(&log);
  const auto view = *test.summarizers.Watch(QueryOf(60));
  EXPECT_EQ(test.EndOf(view.get(), kNow).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(test.summarizers.size(), 0u);
}

TEST(SummarizersTest, MayGoWhileItReadsTheStore) {
  KeptLog log(WithRing(1));
  log.Record(std::vector<Sample>(20'000, {"Oslo", kEnd - 1, 5, ""}));
  for (int i = 0; i < 10; ++i) {
    Watching test(&log);
    const auto view = *test.summarizers.Watch(QueryOf(60));
    test.summarizers.Tick(kNow);
  }
}

// One that followed from the start and one that was filled just now, both as a
// brute-force computation has it.
void ExpectSameAsBruteForce(size_t ring, size_t min_group, uint64_t seed) {
  const SummaryQuery query = QueryOf(20);
  Sampler sampler(query.span, seed);
  std::vector<Sample> samples;
  KeptLog log(WithRing(ring));
  Watching live(&log, {}, min_group);
  const auto live_view = *live.summarizers.Watch(query);
  int64_t now = kEnd;
  for (int tick = 0; tick < 15; ++tick) {
    std::vector<Sample> more;
    for (int64_t i = sampler.Pick(1, 60); i > 0; --i) {
      more.push_back(sampler.Next(FloorTo(kSecond, now), now));
    }
    samples.insert(samples.end(), more.begin(), more.end());
    log.Record(more);
    now += sampler.Pick(kSecond, 4 * kSecond);
    const v1::Summary expected =
        BruteForce(samples, query, min_group, FloorTo(kSecond, now));
    const absl::Time time = absl::FromUnixMicros(now);
    ExpectSame(live.SummaryAt(live_view.get(), time), expected);
    Watching restarted(&log, {}, min_group);
    const auto view = *restarted.summarizers.Watch(query);
    ExpectSame(restarted.SummaryAt(view.get(), time), expected);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(SummarizersTest, IsRightWhetherItFollowedOrWasFilledJustNow) {
  for (const size_t ring : {4u, 10'000u}) {
    for (const size_t min_group : {1u, 3u}) {
      for (uint64_t seed = 0; seed < 5; ++seed) {
        SCOPED_TRACE(absl::StrCat("ring ", ring, ", min_group ", min_group,
                                  ", seed ", seed));
        ExpectSameAsBruteForce(ring, min_group, seed);
        if (HasFailure()) return;
      }
    }
  }
}

// Waits for summaries as a stream does.
class Follower : public SummaryView::Waiter {
 public:
  void OnSummary() override { bell_.Ring(); }
  void OnTooSlow() override { ADD_FAILURE() << "it takes each at once"; }

  // Waits for the next summary, and whether it comes.
  static bool Next(SummaryView* view, EncodedSummary* seen,
                   const std::shared_ptr<Follower>& self) {
    for (;;) {
      auto newest = view->NewerThan(*seen, self);
      if (!newest.ok()) return false;
      if (*newest != nullptr) {
        *seen = *newest;
        return true;
      }
      if (!self->bell_.WaitUntil(absl::Now() + kTestDeadline)) return false;
    }
  }

 private:
  waiting::Bell bell_;
};

TEST(SummarizersTest, StreamsComeAndGoWhileItTicks) {
  KeptLog log(WithRing(100));
  Summarizers summarizers(log.source());
  SummaryTicker ticker(&summarizers);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) log.Record({"Oslo", ToMicros(absl::Now()), 5, ""});
  });
  std::vector<std::thread> streams;
  for (int t = 0; t < 4; ++t) {
    streams.emplace_back([&summarizers, t] {
      for (int i = 0; i < 20; ++i) {
        SummaryQuery query = QueryOf(60);
        query.span.period = t % 2 == 0 ? 100'000 : 200'000;
        query.selection.limit = static_cast<size_t>(i % 3);
        const auto view = *summarizers.Watch(query);
        EncodedSummary seen;
        auto follower = std::make_shared<Follower>();
        EXPECT_TRUE(Follower::Next(view.get(), &seen, follower));
        if (i % 10 == 0) {
          EXPECT_TRUE(Follower::Next(view.get(), &seen, follower));
        }
        view->StopWaiting(follower);
      }
    });
  }
  for (std::thread& stream : streams) stream.join();
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace happiness
