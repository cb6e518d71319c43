#include "bridge/upstream/call.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/bridge/testing/ticker_server.h"

namespace bridge {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TickerServer;

grpc::ByteBuffer EmptyMessage() {
  const grpc::Slice nothing("");
  return grpc::ByteBuffer(&nothing, 1);
}

class End {
 public:
  void Set(const grpc::Status& status) { status_.set_value(status); }

  // CANCELLED if it does not come.
  grpc::Status Await() {
    std::future<grpc::Status> status = status_.get_future();
    if (status.wait_for(std::chrono::seconds(10)) !=
        std::future_status::ready) {
      ADD_FAILURE() << "the call does not end";
      return grpc::Status::CANCELLED;
    }
    return status.get();
  }

 private:
  std::promise<grpc::Status> status_;
};

class Answered final : public AnswerCall::Handler, public End {
  void OnWritten(bool) override {}
  void OnDone(const grpc::Status& status, grpc::ByteBuffer) override {
    Set(status);
  }
};

class Streamed final : public Call::Handler, public End {
  bool OnMessage(grpc::ByteBuffer) override { return true; }
  void OnMessagesEnd() override {}
  void OnDone(const grpc::Status& status) override { Set(status); }
};

// By the two ways that a bridge has to its upstream.
class CallTest : public ::testing::TestWithParam<bool> {
 protected:
  grpc::Status Get(Metadata metadata) {
    auto handler = std::make_shared<Answered>();
    AnswerCall* call = caller_.Start(
        {"/bridge.testing.Ticker/Get", std::move(metadata), {}}, handler);
    call->WriteLast(EmptyMessage());
    call->Release();
    return handler->Await();
  }

  grpc::Status Count(Metadata metadata) {
    auto handler = std::make_shared<Streamed>();
    Call* call = caller_.Start(
        {"/bridge.testing.Ticker/Count", std::move(metadata), {}}, handler);
    call->Read();
    call->WriteLast(EmptyMessage());
    call->Release();
    return handler->Await();
  }

  TickerServer server_;
  Caller caller_ = Caller(
      GetParam() ? server_.InProcess()
                 : grpc::CreateChannel(server_.target(),
                                       grpc::InsecureChannelCredentials()));
};

INSTANTIATE_TEST_SUITE_P(, CallTest, ::testing::Bool(), [](const auto& info) {
  return info.param ? "InProcess" : "Remote";
});

TEST_P(CallTest, CarriesWhatIsPrintable) {
  const std::string all_printable = " !09AZ[]az{}~";
  EXPECT_TRUE(Get({{"x-1_b.c", all_printable}, {"x-empty", ""}}).ok());
  EXPECT_TRUE(Count({{"x-1_b.c", all_printable}}).ok());
  EXPECT_THAT(server_.received("x-1_b.c"),
              ::testing::ElementsAre(all_printable));
}

TEST_P(CallTest, DoesNotBeginWithMetadataThatGrpcWouldAbortFor) {
  for (const auto& [name, value] : Metadata{{"traceparent", "a\x80"},
                                            {"x-tab", "a\tb"},
                                            {"x-line", "a\nb"},
                                            {"x-nul", std::string(1, '\0')},
                                            {"", "a"},
                                            {"X-Upper", "a"},
                                            {"x space", "a"},
                                            {":path", "/"}}) {
    for (const grpc::Status& status :
         {Get({{"x-good", "a"}, {name, value}}), Count({{name, value}})}) {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
      EXPECT_THAT(status.error_message(), HasSubstr(name));
    }
  }
  EXPECT_THAT(server_.received("x-good"), IsEmpty());
}

}  // namespace
}  // namespace bridge
