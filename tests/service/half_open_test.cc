// Clients that vanish without a word, and those that are only quiet. Real ones:
// gRPC's own client, in another network.

#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "tests/network/cable.h"
#include "tests/service/support.h"
#include "tests/service/testing/program.h"

namespace happiness {
namespace {

bool in_own_network = false;

// At which a client that says nothing is asked.
constexpr absl::Duration kKeepalive = absl::Seconds(1);
// Many of those: gRPC's clients by themselves ask twice, and then no more. The
// server has to go on.
constexpr absl::Duration kQuiet = absl::Seconds(5);

class HalfOpenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!in_own_network) GTEST_SKIP() << "no network namespaces here";
    far_ = std::make_unique<Program>(
        std::vector<std::string>{"--net", "sh", "-c",
                                 "echo ready; exec sleep 600"},
        "/usr/bin/unshare");
    ASSERT_EQ(far_->ReadLine(), "ready");
    cable_ = std::make_unique<network::Cable>(far_->pid());
    ServerOptions options;
    options.address = "0.0.0.0";
    options.port = 0;
    options.keepalive = kKeepalive;
    auto server = Server::Start(options, log_.storage->backend());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // A client there.
  std::unique_ptr<v1::HappinessService::Stub> Connect() {
    const int fd = cable_->ConnectFromThere(server_->port());
    EXPECT_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return v1::HappinessService::NewStub(
        grpc::CreateInsecureChannelFromFd("service", fd));
  }

  bool AwaitStreams(size_t count) {
    const absl::Time limit = absl::Now() + absl::Seconds(10);
    while (server_->open_streams() != count && absl::Now() < limit) {
      absl::SleepFor(absl::Milliseconds(20));
    }
    return server_->open_streams() == count;
  }

  std::unique_ptr<Program> far_;
  std::unique_ptr<network::Cable> cable_;
  TestLog log_;
  std::unique_ptr<Server> server_;
};

TEST_F(HalfOpenTest, StreamsOfAClientThatVanishedAreFreed) {
  const auto vanishing = Connect();
  TestStream first(vanishing.get(), {});
  TestStream second(vanishing.get(), {});
  const auto staying = v1::HappinessService::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()),
                          grpc::InsecureChannelCredentials()));
  TestStream stays(staying.get(), {});
  ASSERT_TRUE(AwaitStreams(3));
  cable_->Cut();
  EXPECT_TRUE(AwaitStreams(1));
  AppendReadings(&log_.log, "Oslo", 1);
  EXPECT_EQ(stays.Read().place(), "Oslo");
}

TEST_F(HalfOpenTest, AQuietClientStaysAndIsMissedWhenItVanishesLater) {
  const auto client = Connect();
  TestStream stream(client.get(), {});
  absl::SleepFor(kQuiet);
  EXPECT_EQ(server_->open_streams(), 1);
  AppendReadings(&log_.log, "Oslo", 1);
  EXPECT_EQ(stream.Read().place(), "Oslo");
  absl::SleepFor(kQuiet);
  EXPECT_EQ(server_->open_streams(), 1);
  cable_->Cut();
  EXPECT_TRUE(AwaitStreams(0));
}

// With bytes on their way it is TCP that misses the client, or a ping.
TEST_F(HalfOpenTest, OneThatVanishesInTheMidstOfReadingsIsMissed) {
  const auto client = Connect();
  TestStream stream(client.get(), {});
  AppendReadings(&log_.log, "Oslo", 1);
  EXPECT_EQ(stream.Read().place(), "Oslo");
  cable_->Cut();
  AppendReadings(&log_.log, "Oslo", 1'000);
  EXPECT_TRUE(AwaitStreams(0));
}

}  // namespace
}  // namespace happiness

int main(int argc, char** argv) {
  happiness::in_own_network = network::EnterOwnNetwork();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
