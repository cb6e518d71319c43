// Replicas while NATS can't be reached.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "tests/service/jetstream/replica.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Appends of which the answers come later.
class Appends {
 public:
  void Start(ReadingLog* log, std::vector<v1::Reading> readings) {
    log->Append(std::move(readings), [this](auto appended) {
      absl::MutexLock lock(&mutex_);
      answers_.push_back(appended.status());
    });
  }

  // The first so many, in the order in which they came.
  std::vector<absl::Status> Await(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] {
      mutex_.AssertReaderHeld();
      return answers_.size() >= count;
    };
    EXPECT_TRUE(
        mutex_.AwaitWithTimeout(absl::Condition(&enough), kTestDeadline));
    return answers_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<absl::Status> answers_ ABSL_GUARDED_BY(mutex_);
};

TEST(OutageTest, AReplicaStartsWithoutNatsAndServesItsCopy) {
  NatsCluster nats;
  std::vector<std::string> before;
  {
    Replica replica(FolderOf("a"), LogOn(nats));
    ASSERT_TRUE(replica.BecomesReady());
    AppendReadings(&replica.log, "Oslo", 3);
    before = ReadFrom(&replica.log, 0);
  }
  nats.Kill(0);
  Replica replica(FolderOf("a"), LogOn(nats));
  EXPECT_EQ(ReadFrom(&replica.log, 0), before);
  EXPECT_TRUE(absl::IsUnavailable(replica.log.Ready())) << replica.log.Ready();
  EXPECT_FALSE(replica.log.stats().connected);
  const auto refused = Append(&replica.log, {Complete("Oslo", "early")});
  EXPECT_TRUE(absl::IsUnavailable(refused.status())) << refused.status();

  nats.Start(0);
  ASSERT_TRUE(replica.BecomesReady());
  EXPECT_TRUE(Becomes([&] { return replica.log.stats().connected; }));
  ASSERT_TRUE(Append(&replica.log, {Complete("Oslo", "late")}).ok());
  EXPECT_THAT(Ids(ReadFrom(&replica.log, 0)),
              ElementsAre("Oslo1", "Oslo2", "Oslo3", "late"));
}

TEST(OutageTest, ReadingsGoOnAndRecordingIsRefusedWhenPatienceEnds) {
  NatsCluster nats;
  ReplicatedLogOptions options = LogOn(nats);
  options.publisher.patience = absl::Seconds(1);
  options.publisher.impatience = absl::Milliseconds(100);
  Replica replica(FolderOf("a"), options);
  ASSERT_TRUE(replica.BecomesReady());
  AppendReadings(&replica.log, "Oslo", 3);
  nats.Kill(0);
  for (const char* id : {"patient", "impatient"}) {
    const absl::Time start = absl::Now();
    const auto refused = Append(&replica.log, {Complete("Oslo", id)});
    EXPECT_TRUE(absl::IsUnavailable(refused.status())) << refused.status();
    EXPECT_THAT(std::string(refused.status().message()),
                HasSubstr("with the same reading_id"));
    EXPECT_LT(absl::Now() - start, PublisherOptions().patience);
  }
  EXPECT_EQ(ReadFrom(&replica.log, 0).size(), 3u);
  EXPECT_TRUE(Becomes([&] { return !replica.log.stats().connected; }));
  EXPECT_TRUE(replica.log.Ready().ok()) << "it still serves those who read";

  nats.Start(0);
  // What was refused can be sent again, and is there once.
  for (const char* id : {"patient", "impatient", "patient", "impatient"}) {
    EXPECT_TRUE(Becomes(
        [&] { return Append(&replica.log, {Complete("Oslo", id)}).ok(); }));
  }
  auto ids = Ids(ReadFrom(&replica.log, 0));
  EXPECT_THAT(ids, ::testing::UnorderedElementsAre("Oslo1", "Oslo2", "Oslo3",
                                                   "patient", "impatient"));
}

TEST(OutageTest, WhatIsUnderWayIsRecordedOnceNatsIsBack) {
  NatsCluster nats;
  ReplicatedLogOptions options = LogOn(nats);
  options.publisher.patience = kTestDeadline;
  Replica replica(FolderOf("a"), options);
  ASSERT_TRUE(replica.BecomesReady());
  Appends appends;
  constexpr int kAppends = 200;
  for (int i = 0; i < kAppends; ++i) {
    // Some before, some while it is gone.
    if (i == kAppends / 2) nats.Kill(0);
    appends.Start(&replica.log, {Complete("Oslo", absl::StrCat(i))});
  }
  nats.Start(0);
  for (const absl::Status& answer : appends.Await(kAppends)) {
    EXPECT_TRUE(answer.ok()) << answer;
  }
  std::vector<std::string> ids = Ids(ReadFrom(&replica.log, 0));
  EXPECT_EQ(ids.size(), static_cast<size_t>(kAppends));
  Replica other(FolderOf("b"), LogOn(nats));
  ASSERT_TRUE(other.BecomesReady());
  EXPECT_EQ(Ids(ReadFrom(&other.log, 0)), ids);
}

TEST(OutageTest, NoMoreMayWaitThanItIsToldTo) {
  NatsCluster nats;
  ReplicatedLogOptions options = LogOn(nats);
  options.publisher.max_waiting = 4;
  options.publisher.patience = kTestDeadline;
  Replica replica(FolderOf("a"), options);
  ASSERT_TRUE(replica.BecomesReady());
  nats.Kill(0);
  Appends appends;
  appends.Start(&replica.log, {Complete("Oslo", "1")});
  appends.Start(&replica.log, {Complete("Oslo", "2"), Complete("Oslo", "3")});
  // Too many together: none of them waits.
  auto more =
      Append(&replica.log, {Complete("Oslo", "4"), Complete("Oslo", "5")});
  EXPECT_TRUE(absl::IsResourceExhausted(more.status())) << more.status();
  appends.Start(&replica.log, {Complete("Oslo", "4")});
  more = Append(&replica.log, {Complete("Oslo", "5")});
  EXPECT_TRUE(absl::IsResourceExhausted(more.status())) << more.status();
  EXPECT_THAT(std::string(more.status().message()),
              HasSubstr("the limit of 4 readings"));
  nats.Start(0);
  for (const absl::Status& answer : appends.Await(3)) {
    EXPECT_TRUE(answer.ok()) << answer;
  }
  EXPECT_TRUE(Append(&replica.log, {Complete("Oslo", "5")}).ok());
  EXPECT_EQ(replica.log.Extent().last, 5);
}

TEST(OutageTest, ThreeServersLoseOneAfterAnother) {
  NatsCluster nats(3);
  ReplicatedLogOptions options = LogOn(nats);
  options.stream.replicas = 3;
  options.publisher.patience = kTestDeadline;
  Replica a(FolderOf("a"), options);
  Replica b(FolderOf("b"), options);
  ASSERT_TRUE(a.BecomesReady());
  ASSERT_TRUE(b.BecomesReady());
  int recorded = 0;
  const auto record = [&](Replica& replica) {
    const auto appended =
        Append(&replica.log, {Complete("Oslo", absl::StrCat(++recorded))});
    EXPECT_TRUE(appended.ok()) << appended.status();
  };
  for (int node = 0; node < 2; ++node) {
    nats.Kill(node);
    for (int i = 0; i < 10; ++i) record(i % 2 == 0 ? a : b);
    nats.Start(node);
  }
  ASSERT_TRUE(Becomes([&] {
    return ReadFrom(&a.log, 0).size() == 20u &&
           ReadFrom(&b.log, 0).size() == 20u;
  }));
  EXPECT_EQ(ReadFrom(&a.log, 0), ReadFrom(&b.log, 0));
}

}  // namespace
}  // namespace happiness
