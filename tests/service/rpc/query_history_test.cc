#include "service/rpc/query_history.h"

#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "service/request/timestamps.h"
#include "service/store/rollups.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

grpc::Status Query(v1::HappinessService::Stub* stub,
                   const v1::QueryHistoryRequest& request,
                   v1::QueryHistoryResponse* history) {
  return stub->QueryHistory(MakeContext().get(), request, history);
}

TEST(QueryHistoryTest, AnswersTheLastDayByDefault) {
  TestServer test;
  const int64_t now = ToMicros(absl::Now());
  AppendAt(&test.log, "Oslo", now - 3 * kMinuteMicros, 7);
  AppendAt(&test.log, "Oslo", now - 48 * kHourMicros, 1);
  v1::QueryHistoryResponse history;
  ASSERT_TRUE(Query(test.stub.get(), {}, &history).ok());
  ASSERT_EQ(history.steps_size(), 1);
  EXPECT_EQ(history.steps(0).level().count(), 1);
  EXPECT_EQ(history.steps(0).level().mean(), 7);
  EXPECT_FALSE(history.steps(0).level().has_trend());
  EXPECT_EQ(history.step().seconds(), 300);
  EXPECT_TRUE(history.has_withheld_steps());
}

TEST(QueryHistoryTest, WithholdsWhatComesFromTooFewSources) {
  TestServer test;
  for (const char* source : {"a", "b"})
    AppendAt(&test.log, "Oslo", 0, 5, source);
  v1::QueryHistoryRequest request;
  request.set_place("Oslo");
  request.mutable_start_time()->set_seconds(0);
  request.mutable_end_time()->set_seconds(60);
  for (const size_t min_group : {2, 3}) {
    auto server = Server::Start({.port = 0}, test.storage->backend(min_group));
    ASSERT_TRUE(server.ok());
    auto stub = v1::HappinessService::NewStub((*server)->InProcessChannel());
    v1::QueryHistoryResponse history;
    ASSERT_TRUE(Query(stub.get(), request, &history).ok());
    EXPECT_EQ(history.withheld_steps(), min_group == 3 ? 1 : 0);
    EXPECT_EQ(history.steps_size(), min_group == 3 ? 0 : 1);
  }
}

TEST(QueryHistoryTest, NamesTheFieldsAtFault) {
  TestServer test;
  v1::QueryHistoryRequest request;
  request.set_place("\n");
  request.mutable_step()->set_nanos(1);
  v1::QueryHistoryResponse history;
  const grpc::Status status = Query(test.stub.get(), request, &history);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const google::rpc::BadRequest details = DetailsOf(status);
  ASSERT_EQ(details.field_violations_size(), 2);
  EXPECT_EQ(details.field_violations(0).field(), "place");
  EXPECT_EQ(details.field_violations(1).field(), "step");
}

}  // namespace
}  // namespace happiness
