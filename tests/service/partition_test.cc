// A replica that is cut off from most of the log's servers, together with one
// of them: it records nothing, goes on serving what it has, and catches up. The
// servers, the replicas and the network are real.
//
// The server is not the one that leads the stream: NATS 2.9.10 keeps for good
// what a leader that is cut off has written and nobody else has, and then its
// copy differs from the others' (nats-server's pull request 5957).

#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <nats/nats.h>

#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "tests/network/cable.h"
#include "tests/service/testing/program.h"

namespace happiness {
namespace {

using Stub = v1::HappinessService::Stub;

bool in_own_network = false;

// In networks of our own every port is free.
constexpr int kNatsPort = 4222;
constexpr int kRoutePort = 6222;
constexpr int kGrpcPort = 50051;
constexpr std::string_view kNatsThere = "nats-2";
// For an election, and for who comes back to be heard.
constexpr absl::Duration kPatience = absl::Seconds(60);

class PartitionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!in_own_network) GTEST_SKIP() << "no network namespaces here";
    far_ = std::make_unique<Program>(
        std::vector<std::string>{
            "--net", "sh", "-c",
            "ip link set lo up && echo ready && exec sleep 600"},
        "/usr/bin/unshare");
    ASSERT_EQ(far_->ReadLine(), "ready");
    cable_ = std::make_unique<network::Cable>(far_->pid());
    for (int i = 0; i < 3; ++i) StartNats(i);
    here_ = StartService(0);
    there_ = StartService(1);
    ASSERT_NE(here_->ReadLine(), "");
    ASSERT_NE(there_->ReadLine(), "");
  }

  // The last of the servers is there.
  static const char* HostOf(int nats) {
    return nats < 2 ? network::kHere : network::kThere;
  }
  static std::string Url(int nats, int port) {
    return absl::StrCat(HostOf(nats), ":", port + nats);
  }

  std::unique_ptr<Program> Start(bool there, std::vector<std::string> command) {
    if (!there) {
      const std::string program = command.front();
      command.erase(command.begin());
      return std::make_unique<Program>(std::move(command), program);
    }
    command.insert(command.begin(),
                   absl::StrCat("--net=/proc/", far_->pid(), "/ns/net"));
    return std::make_unique<Program>(std::move(command), "/usr/bin/nsenter");
  }

  void StartNats(int i) {
    const std::string path =
        absl::StrCat(testing::TempDir(), "/partition-nats-", i);
    std::vector<std::string> routes;
    for (int j = 0; j < 3; ++j) {
      routes.push_back(absl::StrCat("nats://", Url(j, kRoutePort)));
    }
    std::ofstream(path + ".conf")
        << "server_name: nats-" << i << "\nlisten: " << Url(i, kNatsPort)
        << "\njetstream { store_dir: \"" << path << "\" }\n"
        << "cluster { name: partition, listen: " << Url(i, kRoutePort)
        << ", routes: [" << absl::StrJoin(routes, ", ") << "] }\n";
    nats_.push_back(
        Start(i == 2, {"/usr/sbin/nats-server", "-c", path + ".conf"}));
  }

  std::unique_ptr<Program> StartService(int i) {
    std::vector<std::string> servers;
    for (int j = 0; j < 3; ++j) servers.push_back(Url(j, kNatsPort));
    return Start(i == 1,
                 {"service/service", "--nobridge", "--address=0.0.0.0",
                  absl::StrCat("--grpc_port=", kGrpcPort),
                  absl::StrCat("--data_dir=", testing::TempDir(),
                               "/partition-service-", i),
                  absl::StrCat("--log=nats://", absl::StrJoin(servers, ","))});
  }

  // A client beside that replica.
  std::unique_ptr<Stub> ClientHere() {
    return v1::HappinessService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", kGrpcPort),
                            grpc::InsecureChannelCredentials()));
  }
  std::unique_ptr<Stub> ClientThere() {
    const int fd = cable_->ConnectWithinThere(kGrpcPort);
    EXPECT_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return v1::HappinessService::NewStub(
        grpc::CreateInsecureChannelFromFd("service", fd));
  }

  // Has the stream led by a server here.
  static void LeadFromHere() {
    natsConnection* nats = nullptr;
    jsCtx* js = nullptr;
    ASSERT_EQ(natsConnection_ConnectTo(&nats, Url(0, kNatsPort).c_str()),
              NATS_OK);
    ASSERT_EQ(natsConnection_JetStream(&js, nats, nullptr), NATS_OK);
    const absl::Time limit = absl::Now() + kPatience;
    while (!IsLedFromHere(js) && absl::Now() < limit) {
      natsMsg* answer = nullptr;
      natsConnection_RequestString(
          &answer, nats, "$JS.API.STREAM.LEADER.STEPDOWN.HAPPINESS", "", 1000);
      natsMsg_Destroy(answer);
      absl::SleepFor(absl::Milliseconds(100));
    }
    EXPECT_TRUE(IsLedFromHere(js));
    jsCtx_Destroy(js);
    natsConnection_Destroy(nats);
  }
  static bool IsLedFromHere(jsCtx* js) {
    jsStreamInfo* info = nullptr;
    if (js_GetStreamInfo(&info, js, "HAPPINESS", nullptr, nullptr) != NATS_OK) {
      return false;
    }
    const char* leader =
        info->Cluster != nullptr ? info->Cluster->Leader : nullptr;
    const bool here =
        leader != nullptr && std::string_view(leader) != kNatsThere;
    jsStreamInfo_Destroy(info);
    return here;
  }

  static void SetDeadline(grpc::ClientContext* context) {
    context->set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  }

  static grpc::Status Record(Stub* stub, const std::string& id) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::RecordReadingRequest request;
    request.mutable_reading()->set_reading_id(id);
    request.mutable_reading()->set_place("Oslo");
    request.mutable_reading()->set_happiness(5);
    v1::Reading recorded;
    return stub->RecordReading(&context, request, &recorded);
  }

  // Until it works.
  static void RecordSurely(Stub* stub, const std::string& id) {
    const absl::Time limit = absl::Now() + kPatience;
    grpc::Status status = Record(stub, id);
    while (!status.ok() && absl::Now() < limit) {
      ASSERT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
          << status.error_message();
      absl::SleepFor(absl::Milliseconds(100));
      status = Record(stub, id);
    }
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  // The ids of the log's first `count` readings, waiting for them.
  static std::vector<std::string> ReadFirst(Stub* stub, size_t count) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::StreamReadingsRequest request;
    request.set_after_sequence(0);
    auto stream = stub->StreamReadings(&context, request);
    std::vector<std::string> ids;
    v1::Reading reading;
    while (ids.size() < count && stream->Read(&reading)) {
      ids.push_back(reading.reading_id());
    }
    context.TryCancel();
    stream->Finish();
    return ids;
  }

  std::unique_ptr<Program> far_;
  std::unique_ptr<network::Cable> cable_;
  std::vector<std::unique_ptr<Program>> nats_;
  std::unique_ptr<Program> here_;
  std::unique_ptr<Program> there_;
};

TEST_F(PartitionTest, TheMinorityServesWhatItHasAndCatchesUp) {
  const auto here = ClientHere();
  const auto there = ClientThere();
  std::vector<std::string> all = {"before"};
  RecordSurely(there.get(), "before");
  RecordSurely(here.get(), "before");

  LeadFromHere();
  cable_->Cut();
  const grpc::Status refused = Record(there.get(), "meanwhile there");
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE)
      << refused.error_message();
  for (int i = 0; i < 50; ++i) {
    all.push_back(absl::StrCat("meanwhile ", i));
    RecordSurely(here.get(), all.back());
  }
  EXPECT_EQ(ReadFirst(there.get(), 1), std::vector<std::string>{"before"});
  EXPECT_EQ(Record(there.get(), "meanwhile there").error_code(),
            grpc::StatusCode::UNAVAILABLE);

  cable_->Mend();
  EXPECT_EQ(ReadFirst(there.get(), all.size()), all);
  // It may be that the stream has got it by now: it has it once.
  RecordSurely(there.get(), "meanwhile there");
  RecordSurely(there.get(), "after");
  all.insert(all.end(), {"meanwhile there", "after"});
  EXPECT_EQ(ReadFirst(there.get(), all.size()), all);
  EXPECT_EQ(ReadFirst(here.get(), all.size()), all);
}

}  // namespace
}  // namespace happiness

int main(int argc, char** argv) {
  happiness::in_own_network = network::EnterOwnNetwork();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
