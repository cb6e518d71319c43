#include "service/rpc/stream_readings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "tests/service/forwarding_log.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;

TEST(StreamReadingsTest, AcceptsAtOnceWhenTheLogIsQuiet) {
  TestServer test;
  TestStream stream(test.stub.get(), {});  // returns with the headers
  AppendReadings(&test.log, "Oslo", 1);
  EXPECT_EQ(stream.Read().sequence(), 1);
}

TEST(StreamReadingsTest, SendsWholeReadings) {
  TestServer test;
  v1::Reading reading = MakeReading("São Paulo", 0, "id");
  reading.set_source("web");
  reading.mutable_observe_time()->set_seconds(17);
  test.log.Append({reading}, [](auto) {});
  TestStream stream(test.stub.get(), Backlog(1));
  reading.set_sequence(1);
  EXPECT_EQ(stream.Read().SerializeAsString(), reading.SerializeAsString());
}

TEST(StreamReadingsTest, StartsWithTheNextReadingByDefault) {
  TestServer test;
  AppendReadings(&test.log, "Oslo", 3);
  TestStream stream(test.stub.get(), {});
  AppendReadings(&test.log, "Oslo", 2);
  EXPECT_THAT(stream.ReadSequences(2), ElementsAre(4, 5));
}

TEST(StreamReadingsTest, GoesFromTheBacklogToLiveReadingsWithoutHoleOrDouble) {
  TestServer test;
  AppendReadings(&test.log, "Oslo", 10);
  TestStream stream(test.stub.get(), Backlog(3));
  EXPECT_EQ(stream.Read().sequence(), 8);
  AppendReadings(&test.log, "Oslo", 2);
  EXPECT_THAT(stream.ReadSequences(4), ElementsAre(9, 10, 11, 12));
}

TEST(StreamReadingsTest, SendsOnlyThePlacesAskedFor) {
  TestServer test;
  AppendReadings(&test.log, "Oslo", 1);
  AppendReadings(&test.log, "Lima", 2);
  TestStream stream(test.stub.get(), Backlog(1, {"Oslo"}));
  EXPECT_EQ(stream.Read().sequence(), 1);
  AppendReadings(&test.log, "Lima", 1);
  AppendReadings(&test.log, "Oslo", 1);
  EXPECT_EQ(stream.Read().sequence(), 5);
}

TEST(StreamReadingsTest, SearchesThroughALongLogForAPlace) {
  TestServer test;
  AppendReadings(&test.log, "Oslo", 1);
  AppendReadings(&test.log, "Lima", 10'000);
  AppendReadings(&test.log, "Oslo", 1);
  v1::StreamReadingsRequest request = After(0);
  request.add_places("Oslo");
  TestStream stream(test.stub.get(), request);
  EXPECT_THAT(stream.ReadSequences(2), ElementsAre(1, 10'002));
}

TEST(StreamReadingsTest, ResumesFromTheLastReadingExactly) {
  TestServer test;
  AppendReadings(&test.log, "Oslo", 3);
  TestStream stream(test.stub.get(), After(3));
  AppendReadings(&test.log, "Oslo", 1);
  EXPECT_EQ(stream.Read().sequence(), 4);
}

TEST(StreamReadingsTest, RefusesToStartBehindWhatIsKeptOrAheadOfTheLog) {
  TestServer test(Keeping(3));
  AppendReadings(&test.log, "Oslo", 5);
  Settle(&test.log);
  const grpc::Status behind = TestStream(test.stub.get(), After(1)).Finish();
  EXPECT_EQ(behind.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(behind.error_message(),
            "the readings after sequence 1 are gone: readings 3 to 5 are "
            "available");
  const grpc::Status ahead = TestStream(test.stub.get(), After(6)).Finish();
  EXPECT_EQ(ahead.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(ahead.error_message(),
            "sequence 6 is ahead of the log: readings 3 to 5 are available");
}

TEST(StreamReadingsTest, RefusesABadRequestAndNamesTheField) {
  TestServer test;
  const grpc::Status status =
      TestStream(test.stub.get(), Backlog(65'537)).Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "backlog must be from 0 to 65536");
  EXPECT_EQ(DetailsOf(status).field_violations(0).field(), "backlog");
}

constexpr int kManyReadings = 100'000;  // more than a socket and a window take

// Appends kManyReadings, while `fast` reads them.
void AppendMany(ReadingLog* log, TestStream* fast) {
  constexpr int kAtATime = 500;
  const std::string place(100, 'x');
  for (int appended = 0; appended < kManyReadings; appended += kAtATime) {
    AppendReadings(log, place, kAtATime);
    for (int i = 1; i <= kAtATime; ++i) {
      ASSERT_EQ(fast->Read().sequence(), appended + i);
    }
  }
}

TEST(StreamReadingsTest, GivesAllToAClientThatFellBehindTheRing) {
  StoredLogOptions options;
  options.ring = 1'000;
  TestServer test(options);
  auto stub = v1::HappinessService::NewStub(test.Connect());
  TestStream slow(stub.get(), {});
  TestStream fast(stub.get(), {});
  AppendMany(&test.log, &fast);
  for (int i = 1; i <= kManyReadings; ++i) {
    ASSERT_EQ(slow.Read().sequence(), i);
  }
  AppendReadings(&test.log, "Oslo", 1);
  EXPECT_EQ(slow.Read().sequence(), kManyReadings + 1);
}

TEST(StreamReadingsTest, EndsAClientWhoseNextReadingIsNoLongerKept) {
  TestServer test(Keeping(1'000));
  auto stub = v1::HappinessService::NewStub(test.Connect());
  TestStream slow(stub.get(), {});
  TestStream fast(stub.get(), {});
  AppendMany(&test.log, &fast);
  const grpc::Status status = slow.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_THAT(status.error_message(),
              MatchesRegex("the readings after sequence [0-9]+ are gone: "
                           "readings [0-9]+ to [0-9]+ are available"));
}

TEST(StreamReadingsTest, HoldsNoMoreStreamsThanItsLimit) {
  TestServer test({}, /*max_streams=*/2);
  auto first = std::make_unique<TestStream>(test.stub.get(), After(0));
  TestStream second(test.stub.get(), After(0));
  const grpc::Status refused = TestStream(test.stub.get(), After(0)).Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refused.error_message(), "the limit of 2 open streams is reached");
  AppendReadings(&test.log, "Oslo", 1);
  EXPECT_EQ(second.Read().sequence(), 1);
}

TEST(StreamReadingsTest, AStreamThatEndsMakesRoomForAnother) {
  TestServer test({}, /*max_streams=*/1);
  { TestStream first(test.stub.get(), After(0)); }
  // The server hears of the end a little later than the client.
  while (TestStream(test.stub.get(), After(1)).Finish().error_code() !=
         grpc::StatusCode::OUT_OF_RANGE) {
  }
}

TEST(StreamReadingsTest, EndsStreamsWithUnavailableWhenItShutsDown) {
  TestServer test;
  TestStream waiting(test.stub.get(), {});
  auto stub = v1::HappinessService::NewStub(test.Connect());
  TestStream remote(stub.get(), {});
  test.server->Drain();
  for (TestStream* stream : {&waiting, &remote}) {
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(status.error_message(), "the service is shutting down");
  }
}

// Tells when a stream waits and when it is forgotten.
class WatchedLog : public ForwardingLog {
 public:
  using ForwardingLog::ForwardingLog;

  bool Wait(int64_t sequence, std::shared_ptr<Waiter> waiter) override {
    const bool waits = ForwardingLog::Wait(sequence, std::move(waiter));
    if (waits) waiting.Notify();
    return waits;
  }
  void StopWaiting(const std::shared_ptr<Waiter>& waiter) override {
    ForwardingLog::StopWaiting(waiter);
    // Also by the end of the server, if that comes at the same time.
    std::call_once(once_, [this] { forgotten.Notify(); });
  }
  absl::Notification waiting;
  absl::Notification forgotten;

 private:
  std::once_flag once_;
};

TEST(StreamReadingsTest, LeavesNothingInAQuietLogWhenItIsCancelled) {
  TestLog test;
  WatchedLog log(&test.log);
  const auto server = *Server::Start(
      {.port = 0}, {.log = &log, .queries = nullptr, .fills = nullptr});
  auto stub = v1::HappinessService::NewStub(server->InProcessChannel());
  TestStream stream(stub.get(), {});
  log.waiting.WaitForNotification();
  stream.Cancel();
  EXPECT_TRUE(log.forgotten.WaitForNotificationWithTimeout(kTestDeadline));
}

// Tells when a stream helps to wake others.
class HelpedLog : public ForwardingLog {
 public:
  using ForwardingLog::ForwardingLog;

  void HelpToWake() override {
    ForwardingLog::HelpToWake();
    std::call_once(once_, [this] { helped.Notify(); });
  }
  absl::Notification helped;

 private:
  std::once_flag once_;
};

TEST(StreamReadingsTest, HelpsToWakeOthersWhenItHasSentSomething) {
  TestLog test;
  HelpedLog log(&test.log);
  const auto server = *Server::Start(
      {.port = 0}, {.log = &log, .queries = nullptr, .fills = nullptr});
  auto stub = v1::HappinessService::NewStub(server->InProcessChannel());
  TestStream stream(stub.get(), {});
  AppendReadings(&test.log, "Oslo", 1);
  stream.Read();
  EXPECT_TRUE(log.helped.WaitForNotificationWithTimeout(kTestDeadline));
}

// Answers no search until it is told to.
class SearchingLog : public ForwardingLog {
 public:
  using ForwardingLog::ForwardingLog;

  void Locate(const Start& /*start*/, std::shared_ptr<const Search> search,
              LocateCallback done) override {
    search_ = std::move(search);
    done_ = std::move(done);
    searching.Notify();
  }
  bool abandoned() const { return search_->abandoned; }
  void Answer() { std::move(done_)(absl::CancelledError("found out late")); }

  absl::Notification searching;

 private:
  std::shared_ptr<const Search> search_;
  LocateCallback done_;
};

TEST(StreamReadingsTest, EndsInTheMidstOfASearchInStorage) {
  TestLog test;
  SearchingLog log(&test.log);
  {
    const auto server = *Server::Start(
        {.port = 0}, {.log = &log, .queries = nullptr, .fills = nullptr});
    auto stub = v1::HappinessService::NewStub(server->InProcessChannel());
    TestStream stream(stub.get(), Backlog(1, {"Oslo"}));
    log.searching.WaitForNotification();
    server->Drain();  // does not wait for the answer
    EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_TRUE(log.abandoned());
  }
  log.Answer();  // to nobody
}

TEST(StreamReadingsTest, SurvivesStormsOfCancelsAndAppends) {
  TestServer test;
  absl::Notification stop;
  std::thread writer([&test, &stop] {
    while (!stop.HasBeenNotified()) AppendReadings(&test.log, "Oslo", 1);
  });
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&test, c] {
      for (int i = 0; i < 50; ++i) {
        v1::StreamReadingsRequest request = Backlog(i);
        if (c % 2 == 0) request.add_places("Lima");  // searches and waits
        TestStream stream(test.stub.get(), request);
        if (c == 1) stream.Read();
        stream.Cancel();
        const grpc::StatusCode code = stream.Finish().error_code();
        EXPECT_EQ(code, grpc::StatusCode::CANCELLED);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  stop.Notify();
  writer.join();
  TestStream stream(test.stub.get(), {});
  AppendReadings(&test.log, "Rome", 1);
  EXPECT_EQ(stream.Read().place(), "Rome");
}

TEST(StreamReadingsTest, ShutsDownInTheMidstOfAStorm) {
  for (int round = 0; round < 20; ++round) {
    TestServer test;
    absl::Notification stop;
    std::thread writer([&test, &stop] {
      while (!stop.HasBeenNotified()) AppendReadings(&test.log, "Oslo", 1);
    });
    std::vector<std::unique_ptr<TestStream>> streams;
    for (int i = 0; i < 8; ++i) {
      streams.push_back(
          std::make_unique<TestStream>(test.stub.get(), Backlog(10)));
    }
    std::thread drain([&test] { test.server->Drain(); });
    for (const auto& stream : streams) {
      EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    }
    drain.join();
    stop.Notify();
    writer.join();
  }
}

}  // namespace
}  // namespace happiness
