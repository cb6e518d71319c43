#include "service/rpc/happiness_service.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/service/support.h"

namespace happiness {
namespace {

// The service at a server that goes on, while the service shuts down.
TEST(HappinessServiceTest, RefusesEveryCallWithUnavailableWhenItShutsDown) {
  TestLog test_log;
  OpenStreams streams(10);
  HappinessService service(test_log.storage->backend(), &streams);
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  auto stub = v1::HappinessService::NewStub(
      server->InProcessChannel(grpc::ChannelArguments()));
  streams.ShutDown();

  v1::RecordReadingRequest request;
  *request.mutable_reading() = MakeReading("Oslo", 5);
  v1::Reading recorded;
  const grpc::Status one =
      stub->RecordReading(MakeContext().get(), request, &recorded);
  EXPECT_EQ(one.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(one.error_message(), "the service is shutting down");

  v1::RecordReadingsResponse response;
  const auto context = MakeContext();
  const grpc::Status many =
      stub->RecordReadings(context.get(), &response)->Finish();
  EXPECT_EQ(many.error_code(), grpc::StatusCode::UNAVAILABLE);

  const grpc::Status stream = TestStream(stub.get(), {}).Finish();
  EXPECT_EQ(stream.error_code(), grpc::StatusCode::UNAVAILABLE);

  const auto summaries_context = MakeContext();
  const grpc::Status summaries =
      stub->StreamSummaries(summaries_context.get(), {})->Finish();
  EXPECT_EQ(summaries.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(test_log.log.Extent().last, 0);
}

}  // namespace
}  // namespace happiness
