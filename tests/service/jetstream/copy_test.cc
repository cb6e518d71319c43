// A replica's copy of the log: how it comes up to date, and which folders may
// have it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "service/log/log_cursor.h"
#include "service/storage.h"
#include "tests/service/jetstream/replica.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CopyTest : public ::testing::Test {
 protected:
  std::unique_ptr<Replica> Open(const std::string& name) {
    return std::make_unique<Replica>(FolderOf(name), LogOn(nats_));
  }
  std::unique_ptr<Replica> OpenReady(const std::string& name) {
    std::unique_ptr<Replica> replica = Open(name);
    EXPECT_TRUE(replica->BecomesReady());
    return replica;
  }

  static absl::StatusOr<int64_t> Locate(Replica& replica, int64_t ahead) {
    ReadingLog::Start start;
    start.ahead = ahead;
    absl::StatusOr<int64_t> located;
    absl::Notification done;
    replica.log.Locate(start, std::make_shared<ReadingLog::Search>(),
                       [&](absl::StatusOr<int64_t> result) {
                         located = std::move(result);
                         done.Notify();
                       });
    done.WaitForNotification();
    return located;
  }

  NatsCluster nats_;
};

TEST_F(CopyTest, AnEmptyReplicaFillsItselfAndIsReadyThen) {
  const auto first = OpenReady("first");
  AppendReadings(&first->log, "Oslo", 2'000);
  const auto late = OpenReady("late");
  EXPECT_EQ(late->log.Extent().last, 2'000);
  EXPECT_EQ(late->log.stats().behind, 0);
  EXPECT_EQ(ReadFrom(&late->log, 0), ReadFrom(&first->log, 0));
}

TEST_F(CopyTest, AReplicaWithoutItsFolderGetsTheSameAgain) {
  auto replica = OpenReady("a");
  AppendReadings(&replica->log, "Oslo", 100);
  const auto before = ReadFrom(&replica->log, 0);
  replica.reset();
  ASSERT_GT(std::filesystem::remove_all(FolderOf("a")), 0u);
  replica = OpenReady("a");
  EXPECT_EQ(ReadFrom(&replica->log, 0), before);
  // And one with it goes on from there.
  replica.reset();
  replica = OpenReady("a");
  EXPECT_EQ(ReadFrom(&replica->log, 0), before);
  AppendReadings(&replica->log, "Oslo", 1);
  EXPECT_EQ(replica->log.Extent().last, 101);
}

TEST_F(CopyTest, LetsGoOfWhatTheStreamHasNoMore) {
  auto replica = OpenReady("a");
  AppendReadings(&replica->log, "Oslo", 20);
  replica.reset();
  const auto other = OpenReady("b");
  AppendReadings(&other->log, "Oslo", 30);
  RawStream(nats_).Purge(41);
  replica = OpenReady("a");
  EXPECT_EQ(replica->log.Extent().first, 41);
  for (const int64_t gone : {0, 10, 20, 39}) {
    const auto position = LogCursor::Open(&replica->log, After(gone));
    EXPECT_TRUE(absl::IsOutOfRange(position.status())) << gone;
  }
  EXPECT_EQ(ReadFrom(&replica->log, 40), ReadFrom(&other->log, 40));
  EXPECT_EQ(ReadFrom(&replica->log, 40).size(), 10u);
  // Nor does one that is empty wait for it.
  const auto empty = OpenReady("c");
  EXPECT_EQ(empty->log.Extent().first, 41);
  EXPECT_EQ(ReadFrom(&empty->log, 40), ReadFrom(&other->log, 40));
}

TEST_F(CopyTest, AnEmptyStreamThatHadReadingsIsUpToDateAtOnce) {
  const auto other = OpenReady("b");
  AppendReadings(&other->log, "Oslo", 30);
  RawStream(nats_).Purge(31);
  const auto empty = OpenReady("a");
  EXPECT_EQ(empty->log.Extent().first, 31);
  EXPECT_EQ(empty->log.Extent().last, 30);
  EXPECT_EQ(AppendReadings(&empty->log, "Oslo", 1).front()->sequence, 31);
}

TEST_F(CopyTest, AReaderMayBeAheadOfTheCopyButNotOfTheStream) {
  const auto replica = OpenReady("a");
  const auto other = OpenReady("b");
  AppendReadings(&other->log, "Oslo", 5);
  ASSERT_TRUE(Becomes([&] { return replica->copy.applied() == 5; }));
  // Its copy's writer stands still.
  absl::Notification stands;
  absl::Notification goes_on;
  replica->copy.Append({}, [&](const auto&) {
    stands.Notify();
    goes_on.WaitForNotification();
  });
  stands.WaitForNotification();
  AppendReadings(&other->log, "Oslo", 5);
  EXPECT_EQ(replica->log.Extent().last, 5);
  EXPECT_EQ(*Locate(*replica, 8), 8);
  EXPECT_EQ(*Locate(*replica, 10), 10);
  const auto beyond = Locate(*replica, 11);
  EXPECT_TRUE(absl::IsOutOfRange(beyond.status())) << beyond.status();
  EXPECT_THAT(std::string(beyond.status().message()),
              HasSubstr("sequence 11 is ahead of the log: readings 1 to 10"));
  EXPECT_EQ(replica->copy.applied(), 5);
  goes_on.Notify();
  ASSERT_TRUE(Becomes([&] { return replica->copy.applied() == 10; }));
  EXPECT_THAT(Sequences(ReadFrom(&replica->log, 8)), ElementsAre(9, 10));

  nats_.Kill(0);
  EXPECT_EQ(*Locate(*replica, 10), 10);
  const auto unknown = Locate(*replica, 11);
  EXPECT_TRUE(absl::IsUnavailable(unknown.status())) << unknown.status();
}

TEST_F(CopyTest, AFolderWithALogOfItsOwnIsRefused) {
  {
    const auto own = Storage::Open(FolderOf("a"), {});
    ASSERT_TRUE(own.ok()) << own.status();
    AppendReadings((*own)->log(), "Oslo", 1);
  }
  // Be there a stream, none yet, or nobody to tell.
  for (int i = 0; i < 3; ++i) {
    const absl::Status refused =
        Storage::Open(FolderOf("a"), {}, LogOn(nats_)).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("--data_dir"));
    EXPECT_THAT(std::string(refused.message()), HasSubstr("a log of its own"));
    if (i == 0) RawStream(nats_).Make(absl::Minutes(2));
    if (i == 1) nats_.Kill(0);
  }
  // It is left as it is.
  const auto own = Storage::Open(FolderOf("a"), {});
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ((*own)->log()->Extent().last, 1);
}

TEST_F(CopyTest, ACopysFolderIsNoLogOfItsOwn) {
  auto replica = OpenReady("a");
  AppendReadings(&replica->log, "Oslo", 1);
  replica.reset();
  const absl::Status refused = Storage::Open(FolderOf("a"), {}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("--data_dir"));
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("a copy of the stream HAPPINESS (happiness log "));
}

TEST_F(CopyTest, AFolderWithoutReadingsIsAnybodys) {
  ASSERT_TRUE(Storage::Open(FolderOf("a"), {}).ok());
  OpenReady("a").reset();
  ASSERT_TRUE(Storage::Open(FolderOf("a"), {}).ok());
}

TEST_F(CopyTest, AStreamThatWasMadeAnewIsAnother) {
  auto replica = OpenReady("a");
  AppendReadings(&replica->log, "Oslo", 3);
  replica.reset();
  RawStream stream(nats_);
  stream.Delete();
  // Who has a copy does not make it: perhaps a backup of it is put back.
  replica = Open("a");
  EXPECT_TRUE(absl::IsUnavailable(replica->log.Ready()));
  EXPECT_EQ(ReadFrom(&replica->log, 0).size(), 3u);
  replica.reset();

  stream.Make(absl::Minutes(2));
  const absl::Status refused =
      Storage::Open(FolderOf("a"), {}, LogOn(nats_)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("--data_dir"));
  EXPECT_EQ(OpenReady("b")->log.Extent().last, 0);
}

TEST_F(CopyTest, AStreamThatIsMadeAnewMeanwhileIsNotFollowed) {
  ReplicatedLogOptions options = LogOn(nats_);
  options.publisher.patience = absl::Seconds(1);
  const auto replica = std::make_unique<Replica>(FolderOf("a"), options);
  ASSERT_TRUE(replica->BecomesReady());
  AppendReadings(&replica->log, "Oslo", 3);
  const auto before = ReadFrom(&replica->log, 0);
  RawStream stream(nats_);
  stream.Delete();
  stream.Make(absl::Minutes(2));
  ASSERT_TRUE(Becomes([&] { return !replica->log.stats().connected; }));
  // Longer than it takes the library to make its consumer anew.
  for (int i = 0; i < 50; ++i) {
    stream.Publish(Complete("x", absl::StrCat(i)).SerializeAsString());
    absl::SleepFor(absl::Milliseconds(100));
  }
  EXPECT_EQ(ReadFrom(&replica->log, 0), before);
  const auto appended = Append(&replica->log, {Complete("Oslo", "new")});
  EXPECT_TRUE(absl::IsUnavailable(appended.status())) << appended.status();
  EXPECT_EQ(stream.Last(), 50);
}

}  // namespace
}  // namespace happiness
