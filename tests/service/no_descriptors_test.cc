// A program that has no descriptor left serves whom it has, lets others wait,
// and takes them in once some are free again.

#include <arpa/inet.h>
#include <dirent.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <list>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "service/listening.h"
#include "tests/service/testing/program.h"

namespace happiness {
namespace {

constexpr rlim_t kSpare = 20;
constexpr int kMoreThanThat = 60;

// How many descriptors a process has open.
rlim_t Descriptors(pid_t pid) {
  DIR* const folder = opendir(absl::StrCat("/proc/", pid, "/fd").c_str());
  rlim_t count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count - 2;  // "." and ".."
}

// The handshake is the kernel's: it needs nobody who accepts.
Socket ConnectTo(int port) {
  Socket client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  EXPECT_EQ(connect(client.fd(), reinterpret_cast<sockaddr*>(&address),
                    sizeof(address)),
            0);
  return client;
}

// "200" of an answer to a GET of /healthz.
std::string StatusOfHealth(int port) {
  const Socket client = ConnectTo(port);
  const std::string request =
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(send(client.fd(), request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  std::string answer(1'000, '\0');
  const ssize_t size = recv(client.fd(), answer.data(), answer.size(), 0);
  return size < 12 ? "" : answer.substr(9, 3);
}

grpc::Status Record(v1::HappinessService::Stub* stub, absl::Duration patience) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(absl::ToChronoTime(absl::Now() + patience));
  v1::RecordReadingRequest request;
  request.mutable_reading()->set_place("Oslo");
  request.mutable_reading()->set_happiness(5);
  v1::Reading recorded;
  return stub->RecordReading(&context, request, &recorded);
}

class NoDescriptorsTest : public ::testing::Test {
 protected:
  NoDescriptorsTest()
      : program_({"--grpc_port=0", "--http_port=0", "--simulated_places=0",
                  "--drain=0"}),
        grpc_port_(program_.port()) {
    const std::string dashboard = program_.ReadLine();
    EXPECT_TRUE(absl::SimpleAtoi(dashboard.substr(dashboard.rfind(':') + 1),
                                 &http_port_));
    before_ = v1::HappinessService::NewStub(program_.Connect());
    EXPECT_TRUE(Record(before_.get(), absl::Seconds(30)).ok());
  }

  // Takes all descriptors, by connections to `port`.
  void Exhaust(int port) {
    const rlim_t limit = Descriptors(program_.pid()) + kSpare;
    const rlimit few = {limit, limit};
    ASSERT_EQ(prlimit(program_.pid(), RLIMIT_NOFILE, &few, nullptr), 0);
    for (int i = 0; i < kMoreThanThat; ++i) {
      clients_.push_back(ConnectTo(port));
    }
    // All there are: a few may be kept back, or be free for a moment.
    const absl::Time end = absl::Now() + absl::Seconds(30);
    while (Descriptors(program_.pid()) < limit && absl::Now() < end) {
      absl::SleepFor(absl::Milliseconds(10));
    }
    ASSERT_EQ(Descriptors(program_.pid()), limit);
  }

  Program program_;
  const int grpc_port_;
  int http_port_ = 0;
  std::unique_ptr<v1::HappinessService::Stub> before_;
  std::list<Socket> clients_;
};

TEST_F(NoDescriptorsTest, GrpcGoesOnAndHearsAgain) {
  Exhaust(grpc_port_);
  EXPECT_TRUE(Record(before_.get(), absl::Seconds(30)).ok());
  const auto later = v1::HappinessService::NewStub(program_.Connect());
  EXPECT_EQ(Record(later.get(), absl::Milliseconds(300)).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  clients_.clear();
  EXPECT_TRUE(Record(later.get(), absl::Seconds(30)).ok());
  EXPECT_EQ(StatusOfHealth(http_port_), "200");
}

TEST_F(NoDescriptorsTest, HttpGoesOnAndHearsAgain) {
  Exhaust(http_port_);
  EXPECT_TRUE(Record(before_.get(), absl::Seconds(30)).ok());
  clients_.clear();
  EXPECT_EQ(StatusOfHealth(http_port_), "200");
  const auto later = v1::HappinessService::NewStub(program_.Connect());
  EXPECT_TRUE(Record(later.get(), absl::Seconds(30)).ok());
}

// Whatever it is that can't be accepted: it says so, not ten times a second.
void ExpectSaidSeldom(Program* program, const std::string& text) {
  absl::SleepFor(absl::Seconds(1));
  program->Signal(SIGTERM);
  EXPECT_EQ(program->ExitCode(), 0);
  const std::string log = program->ReadErrors();
  int lines = 0;
  for (size_t at = log.find(text); at != log.npos;
       at = log.find(text, at + 1)) {
    ++lines;
  }
  EXPECT_GE(lines, 1);
  EXPECT_LE(lines, 4);  // a shard may have two sockets
}

TEST_F(NoDescriptorsTest, GrpcSaysSoAndCanBeStopped) {
  Exhaust(grpc_port_);
  ExpectSaidSeldom(&program_,
                   "can't accept gRPC connections: Too many open files");
}

TEST_F(NoDescriptorsTest, HttpSaysSoAndCanBeStopped) {
  Exhaust(http_port_);
  ExpectSaidSeldom(&program_, "can't accept connections: Too many open files");
}

}  // namespace
}  // namespace happiness
