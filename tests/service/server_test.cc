#include "service/server.h"

#include <gmock/gmock.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "service/listening.h"
#include "tests/service/raw_call.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ServerTest, ServesOverASocketAndInProcess) {
  TestServer test;
  v1::RecordReadingRequest request;
  *request.mutable_reading() = MakeReading("Oslo", 5);
  v1::Reading recorded;
  auto remote = v1::HappinessService::NewStub(test.Connect());
  EXPECT_TRUE(
      remote->RecordReading(MakeContext().get(), request, &recorded).ok());
  EXPECT_TRUE(
      test.stub->RecordReading(MakeContext().get(), request, &recorded).ok());
  EXPECT_EQ(recorded.sequence(), 2);
}

TEST(ServerTest, ServesEveryAddressOfLocalhostThatThisMachineHas) {
  TestServer test;
  int served = 0;
  for (const std::string host : {"127.0.0.1", "::1"}) {
    if (!Listen(host, 0).ok()) continue;
    auto stub = v1::HappinessService::NewStub(
        grpc::CreateChannel(HostPort(host, test.server->port()),
                            grpc::InsecureChannelCredentials()));
    TestStream stream(stub.get(), {});
    AppendReadings(&test.log, "Oslo", 1);
    EXPECT_EQ(stream.Read().place(), "Oslo") << host;
    ++served;
  }
  EXPECT_GE(served, 1);
}

// grpc.health.v1.HealthCheckRequest for `service`.
std::string HealthRequest(const std::string& service) {
  google::protobuf::UnknownFieldSet fields;
  fields.AddLengthDelimited(1, service);
  std::string bytes;
  EXPECT_TRUE(fields.SerializeToString(&bytes));
  return bytes;
}

// grpc.health.v1.HealthCheckResponse.
constexpr char kServing[] = "\x08\x01";
constexpr char kNotServing[] = "\x08\x02";

TEST(ServerTest, AnswersHealthChecks) {
  TestServer test;
  for (const char* service : {"", "happiness.v1.HappinessService"}) {
    RawCall check(test.Connect(), "/grpc.health.v1.Health/Check",
                  {HealthRequest(service)});
    EXPECT_TRUE(check.Finish().ok());
    EXPECT_THAT(check.WaitForAnswers(1), ElementsAre(kServing));
  }
  RawCall unknown(test.Connect(), "/grpc.health.v1.Health/Check",
                  {HealthRequest("some.Other")});
  EXPECT_EQ(unknown.Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST(ServerTest, SaysThatItIsNotServingWhileItDrains) {
  TestServer test;
  RawCall watch(test.Connect(), "/grpc.health.v1.Health/Watch",
                {HealthRequest("happiness.v1.HappinessService")});
  EXPECT_THAT(watch.WaitForAnswers(1), ElementsAre(kServing));
  test.server->Drain(absl::Milliseconds(500));
  EXPECT_THAT(watch.WaitForAnswers(2), ElementsAre(kServing, kNotServing));
}

TEST(ServerTest, ListsItsServicesByReflection) {
  TestServer test;
  google::protobuf::UnknownFieldSet list_services;
  list_services.AddLengthDelimited(7, "");
  std::string request;
  EXPECT_TRUE(list_services.SerializeToString(&request));
  RawCall call(test.channel,
               "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
               {request});
  EXPECT_TRUE(call.Finish().ok());
  EXPECT_THAT(call.WaitForAnswers(1),
              ElementsAre(HasSubstr("happiness.v1.HappinessService")));
}

TEST(ServerTest, DoesNotShareAPort) {
  TestServer test;
  TestLog test_log;
  const auto second =
      Server::Start({.port = test.server->port()}, test_log.storage->backend());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().message(),
            absl::StrCat("can't listen at localhost:", test.server->port(),
                         ": Address already in use"));
}

TEST(ServerTest, ListensAgainAtAPortThatIsFreeAgain) {
  TestServer test;
  const int port = test.server->port();
  {
    auto stub = v1::HappinessService::NewStub(test.Connect());
    TestStream stream(stub.get(), {});
    test.server->Drain();
    stream.Finish();
  }
  TestLog test_log;
  EXPECT_TRUE(Server::Start({.port = port}, test_log.storage->backend()).ok());
}

TEST(ServerTest, TakesNoCallsAfterItIsDrained) {
  TestServer test;
  auto stub = v1::HappinessService::NewStub(test.Connect());
  test.server->Drain();
  v1::RecordReadingRequest request;
  *request.mutable_reading() = MakeReading("Oslo", 5);
  v1::Reading recorded;
  EXPECT_EQ(
      stub->RecordReading(MakeContext().get(), request, &recorded).error_code(),
      grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(test.log.Extent().last, 0);
}

TEST(ServerTest, DrainGivesUpOnAClientThatDoesNotRead) {
  TestServer test;
  auto stub = v1::HappinessService::NewStub(test.Connect());
  TestStream stalled(stub.get(), {});
  // Much more than window and socket take: a write stays under way.
  const std::string place(100, 'x');
  for (int i = 0; i < 60; ++i) AppendReadings(&test.log, place, 1'000);
  test.server->Drain(absl::Milliseconds(100));
  EXPECT_FALSE(stalled.Finish().ok());
}

}  // namespace
}  // namespace happiness
