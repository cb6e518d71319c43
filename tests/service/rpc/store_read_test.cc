#include "service/rpc/store_read.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "service/store/store.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

// One method whose read does what the test says.
class TestService final
    : public v1::HappinessService::WithRawCallbackMethod_QueryHistory<
          v1::HappinessService::Service> {
 public:
  TestService(ReadPool* pool, OpenStreams* streams)
      : pool_(pool), streams_(streams) {}

  grpc::ServerUnaryReactor* QueryHistory(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer*,
                                         grpc::ByteBuffer* response) override {
    grpc::ServerUnaryReactor* reactor = StartStoreRead(
        context,
        StoreRead([this](Database&, GoOn) -> absl::StatusOr<grpc::ByteBuffer> {
          ++reads;
          if (!result.ok()) return result;
          return Encode(v1::QueryHistoryResponse());
        }),
        response, pool_, streams_);
    context_ = context;
    return reactor;
  }

  // The call that was started last must still wait.
  void WaitUntilCancelled() const {
    while (context_ == nullptr || !context_.load()->IsCancelled()) {
      std::this_thread::yield();
    }
  }

  void WaitUntilCalled() const {
    while (context_ == nullptr) std::this_thread::yield();
  }

  absl::Status result;
  std::atomic<int> reads = 0;

 private:
  ReadPool* const pool_;
  OpenStreams* const streams_;
  std::atomic<grpc::CallbackServerContext*> context_ = nullptr;
};

class StoreReadTest : public ::testing::Test {
 protected:
  StoreReadTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::HappinessService::NewStub(server_->InProcessChannel({}));
  }

  ~StoreReadTest() override { server_->Shutdown(); }

  grpc::Status Call(grpc::ClientContext* context) {
    v1::QueryHistoryResponse response;
    return stub_->QueryHistory(context, {}, &response);
  }

  grpc::Status Call() { return Call(MakeContext().get()); }

  // Keeps the pool's only thread until free_ is notified.
  void OccupyThePool() {
    absl::Notification occupied;
    ASSERT_TRUE(pool_
                    ->Run([&occupied, this](Database&) {
                      occupied.Notify();
                      free_.WaitForNotification();
                    })
                    .ok());
    occupied.WaitForNotification();
  }

  // When all that waits in the pool has run.
  void DrainThePool() {
    absl::Notification drained;
    ASSERT_TRUE(pool_->Run([&drained](Database&) { drained.Notify(); }).ok());
    drained.WaitForNotification();
  }

  absl::Notification free_;
  const std::unique_ptr<Store> store_ = Store::InMemory();
  const std::unique_ptr<ReadPool> pool_ = *ReadPool::Start(*store_, 1, 2);
  OpenStreams streams_{10};
  TestService service_{pool_.get(), &streams_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::HappinessService::Stub> stub_;
};

TEST_F(StoreReadTest, AnswersWhatItReads) {
  EXPECT_TRUE(Call().ok());
  EXPECT_EQ(service_.reads, 1);
}

TEST_F(StoreReadTest, EndsWithTheErrorOfTheRead) {
  service_.result = absl::ResourceExhaustedError("too much");
  const grpc::Status status = Call();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "too much");
}

TEST_F(StoreReadTest, SaysThatTheStoreIsDamaged) {
  service_.result = absl::DataLossError("page 7 is wrong");
  const grpc::Status status = Call();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(status.error_message(), "the readings that are kept are damaged");
}

TEST_F(StoreReadTest, KeepsWhatIsWrongWithTheStoreToItself) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kInternal, absl::StatusCode::kUnavailable}) {
    service_.result = absl::Status(code, "the file is damaged");
    const grpc::Status status = Call();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(status.error_message(), "the readings can't be read just now");
  }
}

TEST_F(StoreReadTest, RefusesWhenTooManyWait) {
  OccupyThePool();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(pool_->Run([](Database&) {}).ok());
  }
  EXPECT_EQ(Call().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  free_.Notify();
  EXPECT_EQ(service_.reads, 0);
}

TEST_F(StoreReadTest, DoesNotReadForAClientThatIsGone) {
  OccupyThePool();
  const auto context = MakeContext();
  std::thread client([&] {
    EXPECT_EQ(Call(context.get()).error_code(), grpc::StatusCode::CANCELLED);
  });
  service_.WaitUntilCalled();
  context->TryCancel();
  service_.WaitUntilCancelled();
  client.join();
  free_.Notify();
  DrainThePool();
  EXPECT_EQ(service_.reads, 0);
}

TEST_F(StoreReadTest, IsUnavailableWhenTheServiceShutsDown) {
  streams_.ShutDown();
  const grpc::Status status = Call();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), ShuttingDown().message());
  EXPECT_EQ(service_.reads, 0);
}

TEST_F(StoreReadTest, IsUnavailableIfItStillWaitsWhenTheServiceShutsDown) {
  OccupyThePool();
  std::thread client(
      [&] { EXPECT_EQ(Call().error_code(), grpc::StatusCode::UNAVAILABLE); });
  service_.WaitUntilCalled();
  streams_.ShutDown();
  free_.Notify();
  client.join();
  EXPECT_EQ(service_.reads, 0);
}

}  // namespace
}  // namespace happiness
