#include "service/rpc/record_readings.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "tests/service/forwarding_log.h"
#include "tests/service/raw_call.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

// A RecordReadings call, written one reading at a time.
class Recording {
 public:
  explicit Recording(v1::HappinessService::Stub* stub,
                     const std::string& token = "")
      : context_(MakeContext(token)),
        writer_(stub->RecordReadings(context_.get(), &response_)) {}

  bool Write(const v1::Reading& reading) {
    v1::RecordReadingsRequest request;
    *request.mutable_reading() = reading;
    return writer_->Write(request);
  }

  grpc::Status Finish() {
    writer_->WritesDone();
    return writer_->Finish();
  }

  // The end that comes without our asking for it.
  grpc::Status WaitForEnd() { return writer_->Finish(); }

  void Cancel() { context_->TryCancel(); }

  const v1::RecordReadingsResponse& response() const { return response_; }

 private:
  const std::unique_ptr<grpc::ClientContext> context_;
  v1::RecordReadingsResponse response_;
  std::unique_ptr<grpc::ClientWriter<v1::RecordReadingsRequest>> writer_;
};

TEST(RecordReadingsTest, CountsNothingInAnEmptyStream) {
  TestServer test;
  Recording recording(test.stub.get());
  ASSERT_TRUE(recording.Finish().ok());
  EXPECT_TRUE(recording.response().has_recorded());
  EXPECT_EQ(recording.response().recorded(), 0);
  EXPECT_TRUE(recording.response().has_duplicates());
  EXPECT_EQ(recording.response().duplicates(), 0);
  EXPECT_FALSE(recording.response().has_last_sequence());
}

TEST(RecordReadingsTest, CountsRecordedOnesAndDuplicates) {
  TestServer test;
  AppendReadings(&test.log, "Rome", 5);
  Recording recording(test.stub.get());
  for (const char* id : {"a", "b", "a", "Rome3", "c", "b"}) {
    EXPECT_TRUE(recording.Write(MakeReading("Oslo", 5, id)));
  }
  ASSERT_TRUE(recording.Finish().ok());
  EXPECT_EQ(recording.response().recorded(), 3);
  EXPECT_EQ(recording.response().duplicates(), 3);
  EXPECT_EQ(recording.response().last_sequence(), 8);
}

TEST(RecordReadingsTest, EndsAtAnIdFromAnotherSource) {
  const Access access = NamesForTokens();
  TestServer test({}, 1'000, {}, &access);
  Recording door(test.stub.get(), "door");
  door.Write(MakeReading("Oslo", 5, "a"));
  ASSERT_TRUE(door.Finish().ok());
  Recording window(test.stub.get(), "window");
  for (const char* id : {"b", "b", "a"}) {
    window.Write(MakeReading("Oslo", 5, id));
  }
  const grpc::Status refused = window.Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(refused.error_message(),
            "reading 3: reading.reading_id must not be that of a reading from "
            "another source (1 recorded, 1 duplicates)");
  EXPECT_EQ(test.log.Extent().last, 2);
  // All of one source can be sent again.
  Recording again(test.stub.get(), "window");
  again.Write(MakeReading("Oslo", 5, "b"));
  ASSERT_TRUE(again.Finish().ok());
  EXPECT_EQ(again.response().duplicates(), 1);
}

TEST(RecordReadingsTest, LastSequenceIsTheHighestAlsoAmongDuplicatesOnly) {
  TestServer test;
  AppendReadings(&test.log, "Rome", 5);
  Recording recording(test.stub.get());
  for (const char* id : {"Rome2", "Rome4", "Rome1"}) {
    recording.Write(MakeReading("Oslo", 5, id));
  }
  ASSERT_TRUE(recording.Finish().ok());
  EXPECT_EQ(recording.response().recorded(), 0);
  EXPECT_EQ(recording.response().last_sequence(), 4);
}

TEST(RecordReadingsTest, KeepsTheOrderOfALongStream) {
  constexpr int kCount = 16'000;
  TestServer test;
  auto stub = v1::HappinessService::NewStub(test.Connect());
  Recording recording(stub.get());
  for (int i = 1; i <= kCount; ++i) {
    ASSERT_TRUE(recording.Write(MakeReading("Oslo", 5, absl::StrCat(i))));
  }
  ASSERT_TRUE(recording.Finish().ok());
  EXPECT_EQ(recording.response().recorded(), kCount);
  EXPECT_EQ(recording.response().last_sequence(), kCount);
  const auto entries = test.log.ReadAfter(0, kCount);
  ASSERT_EQ(entries->size(), size_t{kCount});
  for (const EntryPtr& entry : *entries) {
    ASSERT_EQ(Decode(entry->encoded).reading_id(),
              absl::StrCat(entry->sequence));
  }
}

TEST(RecordReadingsTest, SaysWhichReadingIsBadAndKeepsThoseBeforeIt) {
  TestServer test;
  Recording recording(test.stub.get());
  for (int i = 1; i <= 16; ++i) recording.Write(MakeReading("Oslo", 5));
  recording.Write(MakeReading("Oslo", -0.1));
  recording.Write(MakeReading("Oslo", 5));
  const grpc::Status status = recording.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(),
            "reading 17: reading.happiness must be from 0 to 10 (16 recorded, "
            "0 duplicates)");
  const google::rpc::BadRequest details = DetailsOf(status);
  EXPECT_EQ(details.field_violations(0).field(), "reading.happiness");
  EXPECT_EQ(test.log.Extent().last, 16);
}

TEST(RecordReadingsTest, NamesAFieldThatIsNotUtf8) {
  TestServer test;
  const grpc::Status status =
      CallRaw(test.channel, "RecordReadings",
              {RequestWithPlace("Oslo"), RequestWithPlace("M\xFCnchen")});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(),
            "reading 2: reading.place must be valid UTF-8 (1 recorded, 0 "
            "duplicates)");
  EXPECT_EQ(test.log.Extent().last, 1);
}

TEST(RecordReadingsTest, EndsABadStreamThatTheClientKeepsOpen) {
  TestServer test;
  auto stub = v1::HappinessService::NewStub(test.Connect());
  Recording recording(stub.get());
  recording.Write(MakeReading("", 5));
  EXPECT_EQ(recording.WaitForEnd().error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST(RecordReadingsTest, EndsAnOpenStreamWhenItShutsDown) {
  TestServer test;
  auto stub = v1::HappinessService::NewStub(test.Connect());
  Recording remote(stub.get());
  Recording in_process(test.stub.get());
  TestStream stream(test.stub.get(), {});
  remote.Write(MakeReading("Oslo", 5));
  stream.Read();  // so the call has begun
  in_process.Write(MakeReading("Oslo", 5));
  stream.Read();
  test.server->Drain();
  EXPECT_EQ(remote.WaitForEnd().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(in_process.WaitForEnd().error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(test.log.Extent().last, 2);
}

TEST(RecordReadingsTest, SurvivesClientsThatGoAway) {
  TestServer test;
  for (int i = 0; i < 100; ++i) {
    Recording recording(test.stub.get());
    for (int j = 0; j < i % 5; ++j) recording.Write(MakeReading("Oslo", 5));
    recording.Cancel();
    EXPECT_EQ(recording.WaitForEnd().error_code(), grpc::StatusCode::CANCELLED);
  }
  Recording recording(test.stub.get());
  recording.Write(MakeReading("Oslo", 5));
  EXPECT_TRUE(recording.Finish().ok());
}

TEST(RecordReadingsTest, CountsAsAnOpenStream) {
  TestServer test({}, /*max_streams=*/1);
  Recording first(test.stub.get());
  first.Write(MakeReading("Oslo", 5));
  while (test.log.Extent().last == 0) std::this_thread::yield();
  EXPECT_EQ(TestStream(test.stub.get(), {}).Finish().error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  ASSERT_TRUE(first.Finish().ok());
}

// A log that appends when it is told to, as one on a disk may be slow.
class SlowLog : public ForwardingLog {
 public:
  using ForwardingLog::ForwardingLog;

  void Append(std::vector<v1::Reading> readings, AppendCallback done) override {
    absl::MutexLock lock(&mutex_);
    EXPECT_FALSE(done_) << "two appends of one stream at a time";
    readings_ = std::move(readings);
    done_ = std::move(done);
  }

  // The size of the append that is held back, once there is one.
  size_t WaitForAppend() {
    absl::MutexLock lock(&mutex_, absl::Condition(this, &SlowLog::Holds));
    return readings_.size();
  }

  void LetGo() {
    AppendCallback done;
    std::vector<v1::Reading> readings;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(this, &SlowLog::Holds));
      done = std::move(done_);
      done_ = nullptr;
      readings = std::move(readings_);
    }
    ForwardingLog::Append(std::move(readings), std::move(done));
  }

  void Fail() {
    AppendCallback done;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(this, &SlowLog::Holds));
      done = std::move(done_);
      done_ = nullptr;
    }
    std::move(done)(absl::UnavailableError("the disk is gone"));
  }

 private:
  bool Holds() const { return static_cast<bool>(done_); }

  absl::Mutex mutex_;
  std::vector<v1::Reading> readings_;
  AppendCallback done_;
};

struct SlowServer {
  SlowServer() {
    server = *Server::Start(
        {.port = 0}, {.log = &log, .queries = nullptr, .fills = nullptr});
    stub = v1::HappinessService::NewStub(server->InProcessChannel());
  }
  TestLog test;
  SlowLog log{&test.log};
  std::unique_ptr<Server> server;
  std::unique_ptr<v1::HappinessService::Stub> stub;
};

TEST(RecordReadingsTest, AppendsInBatchesAndReadsNoFurtherThanOneAhead) {
  constexpr int kBatch = RecordReadings::kMaxBatch;
  SlowServer test;
  Recording recording(test.stub.get());
  std::atomic<int> written = 0;
  std::thread writer([&recording, &written] {
    for (int i = 1; i <= 4 * kBatch; ++i) {
      recording.Write(MakeReading("Oslo", 5, absl::StrCat(i)));
      written = i;
    }
  });
  EXPECT_EQ(test.log.WaitForAppend(), 1u);  // there was nothing to wait for
  // In process a write is done when it is read, but for one that is under way.
  while (written < kBatch) std::this_thread::yield();
  test.log.LetGo();
  EXPECT_EQ(test.log.WaitForAppend(), size_t{kBatch});
  EXPECT_LE(written, 2 * kBatch + 3);
  for (int appended = 1; appended < 4 * kBatch;) {
    appended += static_cast<int>(test.log.WaitForAppend());
    test.log.LetGo();
  }
  writer.join();
  ASSERT_TRUE(recording.Finish().ok());
  EXPECT_EQ(recording.response().recorded(), 4 * kBatch);
}

TEST(RecordReadingsTest, EndsWithTheErrorOfTheLog) {
  SlowServer test;
  Recording recording(test.stub.get());
  recording.Write(MakeReading("Oslo", 5));
  test.log.Fail();
  const grpc::Status status = recording.WaitForEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(),
            "the disk is gone (0 recorded, 0 duplicates)");
}

TEST(RecordReadingsTest, WaitsForAnAppendUnderWayBeforeItEnds) {
  SlowServer test;
  Recording recording(test.stub.get());
  recording.Write(MakeReading("Oslo", 5));
  test.log.WaitForAppend();
  recording.Cancel();
  EXPECT_EQ(recording.WaitForEnd().error_code(), grpc::StatusCode::CANCELLED);
  std::thread drain([&test] { test.server->Drain(); });
  test.log.LetGo();
  drain.join();
  Settle(&test.test.log);
  EXPECT_EQ(test.log.Extent().last, 1);
}

}  // namespace
}  // namespace happiness
