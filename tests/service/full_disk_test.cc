// A disk that is full for real: a small one of this test's own.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

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
using Stub = v1::HappinessService::Stub;

constexpr char kDiskSize[] = "size=4m";
constexpr size_t kBallast = 2 << 20;
constexpr int kMoreThanFits = 100'000;

std::string DiskFolder() {
  return std::filesystem::path(std::getenv("TEST_TMPDIR")) / "disk";
}

// Mounts a small disk that this process, which must have one thread yet, and
// its children alone see. False if the machine does not let it.
bool MountOwnDisk() {
  const std::string user = absl::StrCat("0 ", getuid(), " 1");
  const std::string group = absl::StrCat("0 ", getgid(), " 1");
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  std::ofstream("/proc/self/uid_map") << user;
  // Without a group nobody makes a file.
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/gid_map") << group;
  std::filesystem::create_directory(DiskFolder());
  return mount("none", DiskFolder().c_str(), "tmpfs", 0, kDiskSize) == 0;
}

bool has_own_disk = false;

class FullDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_own_disk) GTEST_SKIP() << "no mounts of one's own here";
    const int ballast = open(BallastFile().c_str(), O_CREAT | O_WRONLY, 0600);
    ASSERT_EQ(posix_fallocate(ballast, 0, kBallast), 0);
    close(ballast);
    Start();
  }

  static std::string BallastFile() { return DiskFolder() + "/ballast"; }

  void Start() {
    program_ = std::make_unique<Program>(std::vector<std::string>{
        "--grpc_port=0", "--nobridge", "--data_dir=" + DiskFolder() + "/data"});
    stub_ = v1::HappinessService::NewStub(program_->Connect());
  }

  static void SetDeadline(grpc::ClientContext* context) {
    context->set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(2)));
  }

  // The sequence, or the error.
  grpc::Status Record(int64_t* sequence) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::RecordReadingRequest request;
    request.mutable_reading()->set_place(std::string(100, 'x'));
    request.mutable_reading()->set_happiness(5);
    v1::Reading recorded;
    const grpc::Status status =
        stub_->RecordReading(&context, request, &recorded);
    if (status.ok()) *sequence = recorded.sequence();
    return status;
  }

  // Of the newest reading.
  int64_t LastSequence() {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::StreamReadingsRequest request;
    request.set_backlog(1);
    const auto stream = stub_->StreamReadings(&context, request);
    v1::Reading reading;
    EXPECT_TRUE(stream->Read(&reading));
    context.TryCancel();
    return reading.sequence();
  }

  std::unique_ptr<Program> program_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(FullDiskTest, RefusesWithoutLossAndGoesOnWithRoom) {
  int64_t last = 0;
  grpc::Status status;
  for (int i = 0; i < kMoreThanFits && status.ok(); ++i) status = Record(&last);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("the disk is full"));
  ASSERT_GT(last, 0);
  EXPECT_EQ(LastSequence(), last);
  EXPECT_FALSE(Record(&last).ok());

  ASSERT_TRUE(std::filesystem::remove(BallastFile()));
  const int64_t before = last;
  ASSERT_TRUE(Record(&last).ok());
  EXPECT_EQ(last, before + 1);

  program_->Signal(SIGKILL);
  program_->Wait();
  Start();
  EXPECT_EQ(LastSequence(), last);
}

}  // namespace
}  // namespace happiness

int main(int argc, char** argv) {
  happiness::has_own_disk = happiness::MountOwnDisk();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
