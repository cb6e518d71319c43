// Replicas that share a log: what is recorded, numbered and left out.

#include "service/jetstream/replicated_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "tests/service/jetstream/replica.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;

class ReplicatedLogTest : public ::testing::Test {
 protected:
  // Records a reading, and returns what came of it.
  static Appended Record(Replica& replica, const std::string& id,
                         double happiness = 5) {
    auto appended = Append(&replica.log, {Complete("Oslo", id, happiness)});
    EXPECT_TRUE(appended.ok()) << appended.status();
    return appended.ok() ? appended->front() : Appended{MakeEntry({})};
  }

  // Whether both have the same, up to `last`.
  static bool HaveTheSame(Replica& a, Replica& b, int64_t last) {
    EXPECT_TRUE(Becomes([&] {
      return a.log.Extent().last == last && b.log.Extent().last == last;
    })) << a.log.Extent().last
        << ", " << b.log.Extent().last;
    return ReadFrom(&a.log, 0) == ReadFrom(&b.log, 0);
  }

  NatsCluster nats_;
};

TEST_F(ReplicatedLogTest, AllReplicasHaveTheSameReadingsByteForByte) {
  Replica a(FolderOf("a"), LogOn(nats_));
  Replica b(FolderOf("b"), LogOn(nats_));
  ASSERT_TRUE(a.BecomesReady());
  ASSERT_TRUE(b.BecomesReady());
  for (int i = 1; i <= 5; ++i) {
    const Appended one = Record(i % 2 == 0 ? a : b, absl::StrCat(i));
    EXPECT_FALSE(one.duplicate);
    EXPECT_EQ(one.entry->sequence, i);
  }
  const auto group =
      Append(&a.log, {Complete("Paris", "6"), Complete("S\u00e3o Paulo", "7"),
                      Complete("St. Louis", "8")});
  ASSERT_TRUE(group.ok()) << group.status();
  EXPECT_EQ(group->size(), 3u);
  EXPECT_TRUE(HaveTheSame(a, b, 8));
  const auto readings = ReadFrom(&b.log, 0);
  EXPECT_THAT(Sequences(readings), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(Ids(ReadFrom(&b.log, 2)),
              ElementsAre("3", "4", "5", "6", "7", "8"));
}

TEST_F(ReplicatedLogTest, AReplicaCanReadWhatItAcknowledged) {
  Replica a(FolderOf("a"), LogOn(nats_));
  Replica b(FolderOf("b"), LogOn(nats_));
  ASSERT_TRUE(a.BecomesReady());
  ASSERT_TRUE(b.BecomesReady());
  for (int i = 0; i < 50; ++i) {
    Replica& one = i % 2 == 0 ? a : b;
    const int64_t sequence = Record(one, absl::StrCat(i)).entry->sequence;
    EXPECT_GE(one.log.Extent().last, sequence);
  }
}

TEST_F(ReplicatedLogTest, ADuplicateIsAnsweredWithTheFirst) {
  Replica a(FolderOf("a"), LogOn(nats_));
  Replica b(FolderOf("b"), LogOn(nats_));
  ASSERT_TRUE(a.BecomesReady());
  ASSERT_TRUE(b.BecomesReady());
  Record(a, "before");
  EXPECT_FALSE(Record(a, "same", 3).duplicate);
  for (Replica* replica : {&a, &b}) {
    const Appended again = Record(*replica, "same", 9);
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.entry->sequence, 2);
    EXPECT_EQ(again.entry->happiness, 3);
  }
  EXPECT_TRUE(HaveTheSame(a, b, 2));
  EXPECT_EQ(a.log.stats().late_duplicates, 0) << "the stream took it once";
}

TEST_F(ReplicatedLogTest, ALateDuplicateIsAHoleAtAllReplicas) {
  RawStream stream(nats_);
  stream.Make(absl::Milliseconds(100));
  Replica a(FolderOf("a"), LogOn(nats_));
  Replica b(FolderOf("b"), LogOn(nats_));
  ASSERT_TRUE(a.BecomesReady());
  ASSERT_TRUE(b.BecomesReady());
  EXPECT_FALSE(Record(a, "same", 3).duplicate);
  // Until the stream does not know it any more.
  ASSERT_TRUE(Becomes([&] {
    const Appended again = Record(b, "same", 9);
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.entry->sequence, 1);
    EXPECT_EQ(again.entry->happiness, 3);
    return b.log.stats().late_duplicates > 0;
  }));
  const int64_t hole = stream.Last();
  EXPECT_GT(hole, 1);
  ASSERT_TRUE(Becomes([&] { return a.copy.applied() == hole; }));
  EXPECT_EQ(a.log.stats().late_duplicates, b.log.stats().late_duplicates);
  // A reader that stands at the hole, before and after there is more.
  for (Replica* replica : {&a, &b}) {
    EXPECT_THAT(ReadFrom(&replica->log, hole), ElementsAre());
  }
  EXPECT_EQ(Record(a, "next").entry->sequence, hole + 1);
  EXPECT_TRUE(HaveTheSame(a, b, hole + 1));
  for (Replica* replica : {&a, &b}) {
    EXPECT_THAT(Sequences(ReadFrom(&replica->log, 0)),
                ElementsAre(1, hole + 1));
    EXPECT_THAT(Sequences(ReadFrom(&replica->log, hole)),
                ElementsAre(hole + 1));
  }
  // So that none that begins later takes it for new.
  EXPECT_TRUE(Becomes([&] { return !stream.Has(hole); }));
  Replica late(FolderOf("late"), LogOn(nats_));
  ASSERT_TRUE(late.BecomesReady());
  EXPECT_TRUE(HaveTheSame(a, late, hole + 1));
}

TEST_F(ReplicatedLogTest, WhatIsNoReadingIsLeftOutAndCounted) {
  RawStream stream(nats_);
  stream.Make(absl::Minutes(2));
  Replica a(FolderOf("a"), LogOn(nats_));
  Replica b(FolderOf("b"), LogOn(nats_));
  ASSERT_TRUE(a.BecomesReady());
  ASSERT_TRUE(b.BecomesReady());
  v1::Reading reading = Complete("x", "valid but for that");
  stream.Publish("\xff\xff garbage");
  stream.Publish("");
  reading.clear_reading_id();
  stream.Publish(reading.SerializeAsString());
  reading = Complete("x", "so happy", 11);
  stream.Publish(reading.SerializeAsString());
  reading = Complete("x", "timeless");
  reading.clear_observe_time();
  stream.Publish(reading.SerializeAsString());
  reading = Complete("x", "tomorrow's tomorrow");
  reading.mutable_observe_time()->set_seconds(
      absl::ToUnixSeconds(absl::Now() + absl::Hours(48)));
  stream.Publish(reading.SerializeAsString());
  reading = Complete("x", "knows its sequence");
  reading.set_sequence(1'000);
  stream.Publish(reading.SerializeAsString());
  // Whoever sends what is valid.
  reading = Complete("x", "valid");
  EXPECT_EQ(stream.Publish(reading.SerializeAsString()), 8);
  EXPECT_EQ(Record(a, "next").entry->sequence, 9);
  EXPECT_TRUE(HaveTheSame(a, b, 9));
  EXPECT_THAT(Sequences(ReadFrom(&b.log, 0)), ElementsAre(8, 9));
  EXPECT_THAT(Sequences(ReadFrom(&b.log, 3)), ElementsAre(8, 9));
  EXPECT_EQ(a.log.stats().skipped, 7);
  EXPECT_EQ(b.log.stats().skipped, 7);
}

TEST_F(ReplicatedLogTest, ReadersHearOfWhatAnotherReplicaRecorded) {
  class Ear : public ReadingLog::Waiter {
   public:
    void OnMore() override { heard.Notify(); }
    absl::Notification heard;
  };
  Replica a(FolderOf("a"), LogOn(nats_));
  Replica b(FolderOf("b"), LogOn(nats_));
  ASSERT_TRUE(a.BecomesReady());
  ASSERT_TRUE(b.BecomesReady());
  const auto ear = std::make_shared<Ear>();
  ASSERT_TRUE(b.log.Wait(0, ear));
  Record(a, "1");
  EXPECT_TRUE(ear->heard.WaitForNotificationWithTimeout(kTestDeadline));
  EXPECT_EQ(ReadFrom(&b.log, 0).size(), 1u);
}

TEST_F(ReplicatedLogTest, TakesNoMorePlacesThanItsCopy) {
  StoredLogOptions two;
  two.max_places = 2;
  auto storage = Storage::Open(FolderOf("a"), two, LogOn(nats_));
  ASSERT_TRUE(storage.ok()) << storage.status();
  ReplicatedLog* log = (*storage)->replicated();
  ASSERT_TRUE(Becomes([&] { return log->Ready().ok(); }));
  ASSERT_TRUE(Append(log, {Complete("1", "a"), Complete("2", "b")}).ok());
  const absl::Status third = Append(log, {Complete("3", "c")}).status();
  EXPECT_TRUE(absl::IsResourceExhausted(third)) << third;
  EXPECT_EQ(RawStream(nats_).Last(), 2) << "it must not reach the stream";
}

TEST_F(ReplicatedLogTest, AnswersAllWhoWaitWhenItEnds) {
  ReplicatedLogOptions options = LogOn(nats_);
  auto replica = std::make_unique<Replica>(FolderOf("a"), options);
  ASSERT_TRUE(replica->BecomesReady());
  nats_.Kill(0);
  std::vector<absl::Status> answers;
  replica->log.Append({Complete("Oslo", "1")}, [&](auto appended) {
    answers.push_back(appended.status());
  });
  ReadingLog::Start ahead;
  ahead.ahead = 100;
  replica->log.Locate(ahead, nullptr, [&](absl::StatusOr<int64_t> located) {
    answers.push_back(located.status());
  });
  replica.reset();
  ASSERT_EQ(answers.size(), 2u);
  for (const absl::Status& answer : answers) {
    EXPECT_TRUE(absl::IsUnavailable(answer)) << answer;
  }
}

}  // namespace
}  // namespace happiness
