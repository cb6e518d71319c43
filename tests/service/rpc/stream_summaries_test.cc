#include "service/rpc/stream_summaries.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "service/request/intake.h"
#include "service/request/timestamps.h"
#include "tests/service/summary/kept_log.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

constexpr int64_t kSecond = 1'000'000;

// A StreamSummaries call, read one summary at a time.
class SummaryStream {
 public:
  // Returns when the server has accepted the call.
  explicit SummaryStream(v1::HappinessService::Stub* stub,
                         const v1::StreamSummariesRequest& request = {})
      : reader_(stub->StreamSummaries(context_.get(), request)) {
    reader_->WaitForInitialMetadata();
  }

  ~SummaryStream() {
    if (finished_) return;
    Cancel();
    Finish();
  }

  // The next one; fails the test if the stream ends instead.
  v1::Summary Read() {
    v1::Summary summary;
    if (!reader_->Read(&summary)) {
      ADD_FAILURE() << "the stream ended: " << Finish().error_message();
    }
    return summary;
  }

  // Whether there is a next one; the stream has ended if not.
  bool Peek() {
    v1::Summary summary;
    if (reader_->Read(&summary)) return true;
    Finish();
    return false;
  }

  // The first of the next ones that counts so many readings.
  v1::Summary ReadUntilCount(int64_t count) {
    for (;;) {
      v1::Summary summary = Read();
      if (finished_ || summary.world().count() == count) return summary;
    }
  }

  void Cancel() { context_->TryCancel(); }

  // The status with which it ends; reads and drops what comes before.
  grpc::Status Finish() {
    v1::Summary summary;
    while (reader_->Read(&summary)) {
    }
    finished_ = true;
    return reader_->Finish();
  }

 private:
  const std::unique_ptr<grpc::ClientContext> context_ = MakeContext();
  std::unique_ptr<grpc::ClientReader<v1::Summary>> reader_;
  bool finished_ = false;
};

v1::StreamSummariesRequest Every(absl::Duration period) {
  v1::StreamSummariesRequest request;
  FromMicros(absl::ToInt64Microseconds(period), request.mutable_period());
  return request;
}

const absl::Duration kFast = absl::Milliseconds(100);

TEST(StreamSummariesTest, SendsASummaryAtOnceAndThenEveryPeriod) {
  TestServer test;
  SummaryStream stream(test.stub.get(), Every(kFast));
  v1::Summary before = stream.Read();
  EXPECT_EQ(before.window().seconds(), 60);
  EXPECT_EQ(before.world().count(), 0);
  EXPECT_EQ(ToMicros(before.end_time()) % 100'000, 0);
  for (int i = 0; i < 3; ++i) {
    const v1::Summary next = stream.Read();
    EXPECT_GT(ToMicros(next.end_time()), ToMicros(before.end_time()));
    before = next;
  }
}

TEST(StreamSummariesTest, EndsTheSlowestOfThoseWhoHoldTooManyOldSummaries) {
  constexpr int kStalled = 10;
  TestServer test({}, /*max_streams=*/kStalled + 1);
  for (int i = 0; i < 5'000; i += 1'000) {
    std::vector<v1::Reading> readings;
    for (int j = i; j < i + 1'000; ++j) {
      readings.push_back(MakeReading(absl::StrCat(j, std::string(90, 'x')), 5,
                                     absl::StrCat(j)));
      Complete(absl::Now(), &readings.back());
    }
    ASSERT_TRUE(Append(&test.log, std::move(readings)).ok());
  }
  v1::StreamSummariesRequest request = Every(kFast);
  request.set_limit(5'000);  // more than half a megabyte
  // Over a socket, whose window is smaller than that.
  auto stub = v1::HappinessService::NewStub(test.Connect());
  std::vector<std::unique_ptr<SummaryStream>> stalled;
  {
    SummaryStream clock(test.stub.get(), Every(kFast));
    for (int i = 0; i < kStalled; ++i) {
      stalled.push_back(std::make_unique<SummaryStream>(stub.get(), request));
      clock.Read();
      clock.Read();
    }
  }
  // They take none from here on. One of them that ended for that makes room for
  // a second stream beside the one that there is room for already.
  const absl::Time start = absl::Now();
  const auto open = [&] {
    for (;;) {
      auto one = std::make_unique<SummaryStream>(test.stub.get(), Every(kFast));
      if (one->Peek() || absl::Now() - start > kTestDeadline / 2) return one;
    }
  };
  const auto first = open();
  const auto second = open();
  EXPECT_TRUE(first->Peek());
  EXPECT_TRUE(second->Peek());
}

TEST(StreamSummariesTest, DoesNotWaitForTheEndOfALongPeriod) {
  TestServer test;
  v1::StreamSummariesRequest request = Every(absl::Hours(1));
  request.mutable_window()->set_seconds(3'600);
  SummaryStream stream(test.stub.get(), request);
  EXPECT_EQ(ToMicros(stream.Read().end_time()) % (3'600 * kSecond), 0);
}

TEST(StreamSummariesTest, CountsWhatIsRecordedMeanwhile) {
  TestServer test;
  SummaryStream stream(test.stub.get(), Every(kFast));
  stream.Read();
  AppendReadings(&test.log, "Oslo", 3);
  const v1::Summary summary = stream.ReadUntilCount(3);
  EXPECT_EQ(summary.last_sequence(), 3);
  ASSERT_EQ(summary.places_size(), 1);
  EXPECT_EQ(summary.places(0).place(), "Oslo");
  EXPECT_EQ(summary.places(0).level().mean(), 5);
}

TEST(StreamSummariesTest, ListsThePlacesAskedFor) {
  TestServer test;
  AppendReadings(&test.log, "Lima", 1);
  AppendReadings(&test.log, "Oslo", 1);
  v1::StreamSummariesRequest request = Every(kFast);
  request.add_places("Oslo");
  request.add_places("Rome");
  SummaryStream stream(test.stub.get(), request);
  const v1::Summary summary = stream.ReadUntilCount(2);
  ASSERT_EQ(summary.places_size(), 1);
  EXPECT_EQ(summary.places(0).place(), "Oslo");
  EXPECT_EQ(summary.more_places(), 0);
}

TEST(StreamSummariesTest, SendsTheWorldAloneForLimitZero) {
  TestServer test;
  AppendReadings(&test.log, "Lima", 1);
  v1::StreamSummariesRequest request = Every(kFast);
  request.set_limit(0);
  SummaryStream stream(test.stub.get(), request);
  const v1::Summary summary = stream.ReadUntilCount(1);
  EXPECT_TRUE(summary.places().empty());
  EXPECT_EQ(summary.more_places(), 1);
}

TEST(StreamSummariesTest, RefusesABadRequestAndNamesTheField) {
  TestServer test;
  v1::StreamSummariesRequest request;
  request.set_limit(-1);
  const grpc::Status status = SummaryStream(test.stub.get(), request).Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "limit must be from 0 to 10000");
  EXPECT_EQ(DetailsOf(status).field_violations(0).field(), "limit");
}

TEST(StreamSummariesTest, RefusesOneWindowAndPeriodTooMany) {
  TestServer test;
  std::vector<std::unique_ptr<SummaryStream>> streams;
  for (int i = 0; i <= 16; ++i) {
    v1::StreamSummariesRequest request;
    request.mutable_window()->set_seconds(61 + i);
    streams.push_back(
        std::make_unique<SummaryStream>(test.stub.get(), request));
  }
  const grpc::Status status = streams.back()->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(),
            "the limit of 16 different windows and periods is reached: ask "
            "for one that others watch, or for the default, which is always "
            "to be had");
  EXPECT_TRUE(SummaryStream(test.stub.get()).Read().has_world());
}

TEST(StreamSummariesTest, CountsAsAnOpenStream) {
  TestServer test({}, /*max_streams=*/1);
  SummaryStream first(test.stub.get());
  const grpc::Status refused = SummaryStream(test.stub.get()).Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refused.error_message(), "the limit of 1 open streams is reached");
  first.Read();
}

TEST(StreamSummariesTest, EndsStreamsWithUnavailableWhenItShutsDown) {
  TestServer test;
  SummaryStream waiting(test.stub.get());
  waiting.Read();
  auto stub = v1::HappinessService::NewStub(test.Connect());
  SummaryStream remote(stub.get());
  test.server->Drain();
  for (SummaryStream* stream : {&waiting, &remote}) {
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(status.error_message(), "the service is shutting down");
  }
}

// A server whose summaries come when the test says.
class DrivenServer
    : v1::HappinessService::WithRawCallbackMethod_StreamSummaries<
          v1::HappinessService::Service> {
 public:
  DrivenServer() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    stub = v1::HappinessService::NewStub(
        server_->InProcessChannel(grpc::ChannelArguments()));
    remote_stub = v1::HappinessService::NewStub(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  ~DrivenServer() override {
    streams.ShutDown();
    server_->Shutdown();
    server_->Wait();
  }

  // Ticks until the store was read, and then once for a new period.
  void TickOnce() {
    now_ += absl::Seconds(1);
    const int64_t computed = summarizers.work().computed;
    for (;;) {
      summarizers.Tick(now_);
      if (summarizers.work().computed > computed) return;
      summarizers.WaitUntil(absl::Now() + kTestDeadline);
    }
  }

  absl::Time now() const { return now_; }

  KeptLog log;
  Summarizers summarizers{log.source()};
  OpenStreams streams{1'000};
  std::unique_ptr<v1::HappinessService::Stub> stub;
  std::unique_ptr<v1::HappinessService::Stub> remote_stub;

 private:
  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamSummaries(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override {
    return happiness::StreamSummaries::Start(context, *request, &summarizers,
                                             &streams);
  }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::unique_ptr<grpc::Server> server_;
};

TEST(StreamSummariesTest, AHundredStreamsCostOneComputationAndOneEncoding) {
  DrivenServer server;
  std::vector<std::unique_ptr<SummaryStream>> streams;
  for (int i = 0; i < 100; ++i) {
    streams.push_back(std::make_unique<SummaryStream>(server.stub.get()));
  }
  for (int tick = 1; tick <= 3; ++tick) {
    server.TickOnce();
    for (const auto& stream : streams) {
      EXPECT_EQ(ToMicros(stream->Read().end_time()), ToMicros(server.now()));
    }
    EXPECT_EQ(server.summarizers.work().computed, tick);
    EXPECT_EQ(server.summarizers.work().encoded, tick);
  }
}

TEST(StreamSummariesTest, ASlowClientSkipsToTheNewestSummary) {
  constexpr int kPlaces = 1'000;
  DrivenServer server;
  // Over a socket, which takes some before the client reads: the rest waits for
  // its window.
  v1::StreamSummariesRequest request;
  request.mutable_window()->set_seconds(600);
  SummaryStream slow(server.remote_stub.get(), request);
  for (int i = 0; i < kPlaces; ++i) {
    server.log.Record({absl::StrCat("a long name of a place ", i),
                       ToMicros(server.now()), 5, ""});
  }
  // Of about 50 KB each: many times what socket and window take.
  constexpr int kTicks = 300;
  SummaryStream fast(server.stub.get(), request);
  for (int i = 0; i < kTicks; ++i) {
    server.TickOnce();
    EXPECT_EQ(fast.Read().places_size(), kPlaces);
  }
  int read = 1;
  while (ToMicros(slow.Read().end_time()) != ToMicros(server.now())) ++read;
  EXPECT_LT(read, kTicks / 2);
}

TEST(StreamSummariesTest, LeavesNothingBehindWhenItIsCancelled) {
  DrivenServer server;
  SummaryStream stream(server.stub.get());
  server.TickOnce();
  stream.Read();
  stream.Cancel();
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::CANCELLED);
  // The server hears of the end a little later than the client.
  while (server.streams.size() > 0) std::this_thread::yield();
  const int64_t encoded = server.summarizers.work().encoded;
  server.TickOnce();
  EXPECT_EQ(server.summarizers.work().encoded, encoded);
}

TEST(StreamSummariesTest, EndsWithTheErrorOfItsSummaries) {
  DrivenServer server;
  server.log.Execute("DROP TABLE readings");
  SummaryStream stream(server.stub.get());
  for (;;) {
    server.summarizers.Tick(server.now());
    if (server.summarizers.size() == 0) break;
    server.summarizers.WaitUntil(absl::Now() + kTestDeadline);
  }
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(StreamSummariesTest, SurvivesStormsOfCancels) {
  TestServer test;
  absl::Notification stop;
  std::thread writer([&test, &stop] {
    while (!stop.HasBeenNotified()) AppendReadings(&test.log, "Oslo", 1);
  });
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&test, c] {
      for (int i = 0; i < 50; ++i) {
        v1::StreamSummariesRequest request = Every(kFast);
        request.set_limit(i % 3);
        SummaryStream stream(test.stub.get(), request);
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
  SummaryStream(test.stub.get(), Every(kFast)).Read();
}

TEST(StreamSummariesTest, ShutsDownInTheMidstOfAStorm) {
  for (int round = 0; round < 10; ++round) {
    TestServer test;
    std::vector<std::unique_ptr<SummaryStream>> streams;
    for (int i = 0; i < 8; ++i) {
      streams.push_back(
          std::make_unique<SummaryStream>(test.stub.get(), Every(kFast)));
    }
    std::thread drain([&test] { test.server->Drain(); });
    for (const auto& stream : streams) {
      EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    }
    drain.join();
  }
}

}  // namespace
}  // namespace happiness
