// A thousand streams, one of which does not read while a million readings pass:
// it gets them all later, and until then it costs the service nothing.

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "tests/service/testing/program.h"

namespace happiness {
namespace {

constexpr int64_t kReadings = 1'000'000;
constexpr int64_t kQuietEvery = 20'000;
constexpr int kStreams = 1'000;
constexpr int kQuietStreams = kStreams - 2;
constexpr int kStreamsOfAConnection = 20;

// By then the ring and SQLite's caches are full.
constexpr int64_t kWarm = 300'000;
// For a quarter of the readings that pass from then on, if they were kept.
constexpr int64_t kFlatKiB = 24'576;

void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(12)));
}

v1::StreamReadingsRequest FromTheFirst(const std::string& place = "") {
  v1::StreamReadingsRequest request;
  request.set_after_sequence(0);
  if (!place.empty()) request.add_places(place);
  return request;
}

// A stream of the quiet place, to its last reading.
class QuietStream : public grpc::ClientReadReactor<v1::Reading> {
 public:
  QuietStream(v1::HappinessService::Stub* stub, absl::BlockingCounter* opened,
              absl::BlockingCounter* done)
      : opened_(opened), done_(done), request_(FromTheFirst("quiet")) {
    SetDeadline(&context_);
    stub->async()->StreamReadings(&context_, &request_, this);
    StartRead(&reading_);
    StartCall();
  }

  void OnReadInitialMetadataDone(bool ok) override {
    EXPECT_TRUE(ok);
    opened_->DecrementCount();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    sequence_ += kQuietEvery;
    EXPECT_EQ(reading_.sequence(), sequence_);
    if (sequence_ == kReadings) return context_.TryCancel();
    StartRead(&reading_);
  }

  void OnDone(const grpc::Status& status) override {
    EXPECT_EQ(sequence_, kReadings) << status.error_message();
    done_->DecrementCount();
  }

 private:
  absl::BlockingCounter* const opened_;
  absl::BlockingCounter* const done_;
  const v1::StreamReadingsRequest request_;
  grpc::ClientContext context_;
  v1::Reading reading_;
  int64_t sequence_ = 0;
};

// A stream of everything, read when and as far as somebody wants.
class FullStream {
 public:
  explicit FullStream(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::HappinessService::NewStub(channel)) {
    SetDeadline(&context_);
    reader_ = stub_->StreamReadings(&context_, FromTheFirst());
    reader_->WaitForInitialMetadata();
  }

  ~FullStream() {
    context_.TryCancel();
    reader_->Finish();
  }

  void ReadUpTo(int64_t sequence) {
    v1::Reading reading;
    while (position_ < sequence) {
      ASSERT_TRUE(reader_->Read(&reading)) << "after " << position_;
      ASSERT_EQ(reading.sequence(), ++position_);
    }
  }

 private:
  const std::unique_ptr<v1::HappinessService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::Reading>> reader_;
  int64_t position_ = 0;
};

void RecordAll(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = v1::HappinessService::NewStub(channel);
  grpc::ClientContext context;
  SetDeadline(&context);
  v1::RecordReadingsResponse response;
  const auto stream = stub->RecordReadings(&context, &response);
  v1::RecordReadingsRequest request;
  request.mutable_reading()->set_happiness(5);
  for (int64_t i = 1; i <= kReadings; ++i) {
    request.mutable_reading()->set_place(i % kQuietEvery == 0 ? "quiet"
                                                              : "busy");
    if (!stream->Write(request)) break;
  }
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.recorded(), kReadings);
}

TEST(StalledStreamTest, GetsEverythingLaterAndCostsNothingUntilThen) {
  Program program({"--nobridge", "--grpc_port=0",
                   "--data_dir=" + testing::TempDir() + "/stalled"});
  absl::BlockingCounter opened(kQuietStreams);
  absl::BlockingCounter done(kQuietStreams);
  std::vector<std::unique_ptr<v1::HappinessService::Stub>> stubs;
  std::vector<std::unique_ptr<QuietStream>> quiet;
  for (int i = 0; i < kQuietStreams; ++i) {
    if (i % kStreamsOfAConnection == 0) {
      stubs.push_back(v1::HappinessService::NewStub(program.Connect()));
    }
    quiet.push_back(
        std::make_unique<QuietStream>(stubs.back().get(), &opened, &done));
  }
  FullStream stalled(program.Connect());
  FullStream busy(program.Connect());
  opened.Wait();

  std::thread recorder([&] { RecordAll(program.Connect()); });
  busy.ReadUpTo(kWarm);
  const int64_t warm = program.ResidentKiB();
  int64_t most = warm;
  for (int64_t sequence = kWarm; sequence <= kReadings; sequence += 10'000) {
    busy.ReadUpTo(sequence);
    most = std::max(most, program.ResidentKiB());
  }
  recorder.join();
  done.Wait();
  stalled.ReadUpTo(kReadings);
  most = std::max(most, program.ResidentKiB());
  std::cout << "RSS " << warm << " KiB after " << kWarm << " readings, " << most
            << " KiB at most\n";
  EXPECT_LT(most - warm, kFlatKiB);
}

}  // namespace
}  // namespace happiness
