// The clock is set forward by an hour and back again, under a service that
// records, simulates, streams and serves HTTP: all of it goes on.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "tests/service/testing/program.h"

namespace happiness {
namespace {

using ::testing::HasSubstr;

// What a step of the clock makes wait for it comes after an hour.
void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(2)));
}

class ClockStepTest : public ::testing::Test {
 protected:
  ClockStepTest()
      : clock_(std::filesystem::path(std::getenv("TEST_TMPDIR")) / "clock") {
    SetClock(0);
    program_ = std::make_unique<Program>(
        std::vector<std::string>{
            "LD_PRELOAD=tests/service/testing/stepped_clock.so",
            "STEPPED_CLOCK=" + clock_, "service/service", "--grpc_port=0",
            "--http_port=0", "--simulated_places=2",
            "--simulation_interval=200ms", "--drain=1s"},
        "/usr/bin/env");
    stub_ = v1::HappinessService::NewStub(program_->Connect());
  }

  // For the program, by so much ahead of the machine's.
  void SetClock(int64_t seconds) {
    // In place: the program has the file in its memory.
    std::fstream file(clock_, std::ios::in | std::ios::out | std::ios::binary);
    if (!file.is_open()) file.open(clock_, std::ios::out | std::ios::binary);
    file.write(reinterpret_cast<const char*>(&seconds), sizeof(seconds));
  }

  static bool IsNow(const google::protobuf::Timestamp& time, int64_t shift) {
    const int64_t now = absl::ToUnixSeconds(absl::Now()) + shift;
    return std::abs(time.seconds() - now) <= 60;
  }

  v1::Reading Record() {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::RecordReadingRequest request;
    request.mutable_reading()->set_place("Oslo");
    request.mutable_reading()->set_happiness(5);
    v1::Reading recorded;
    const grpc::Status status =
        stub_->RecordReading(&context, request, &recorded);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return recorded;
  }

  const std::string clock_;
  std::unique_ptr<Program> program_;
  std::unique_ptr<v1::HappinessService::Stub> stub_;
};

TEST_F(ClockStepTest, EverythingGoesOn) {
  grpc::ClientContext reading_context;
  SetDeadline(&reading_context);
  const auto readings = stub_->StreamReadings(&reading_context, {});
  grpc::ClientContext summary_context;
  SetDeadline(&summary_context);
  const auto summaries = stub_->StreamSummaries(&summary_context, {});
  v1::Reading reading;
  v1::Summary summary;
  for (const int64_t shift : {0, 3'600, 0}) {
    SetClock(shift);
    // Abseil looks at the clock every two seconds, and counts on from there.
    while (!IsNow(Record().observe_time(), shift)) {
    }
    for (int more = 10; more > 0; --more) {
      ASSERT_TRUE(readings->Read(&reading)) << "ahead by " << shift << " s";
    }
    do {
      ASSERT_TRUE(summaries->Read(&summary)) << "ahead by " << shift << " s";
    } while (!IsNow(summary.end_time(), shift));
  }
  // With its streams still there: a drain takes gRPC's timers.
  program_->Signal(SIGTERM);
  EXPECT_EQ(program_->ExitCode(), 0);
  const std::string log = program_->ReadErrors();
  EXPECT_THAT(log, HasSubstr("the clock was set forward by 1h"));
  EXPECT_THAT(log, HasSubstr("the clock was set back by 1h"));
}

}  // namespace
}  // namespace happiness
