#include "service/rpc/list_readings.h"

#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/service/raw_call.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

grpc::Status List(TestServer* test, const v1::ListReadingsRequest& request,
                  v1::ListReadingsResponse* page) {
  return test->stub->ListReadings(MakeContext().get(), request, page);
}

TEST(ListReadingsTest, AnswersPagesUntilTheLast) {
  TestServer test;
  for (const char* place : {"Oslo", "Lima", "Oslo", "Oslo"}) {
    AppendAt(&test.log, place, -1);
  }
  v1::ListReadingsRequest request;
  request.add_places("Oslo");
  request.set_page_size(2);
  v1::ListReadingsResponse page;
  ASSERT_TRUE(List(&test, request, &page).ok());
  ASSERT_EQ(page.readings_size(), 2);
  EXPECT_EQ(page.readings(0).sequence(), 4);
  EXPECT_EQ(page.readings(1).sequence(), 3);
  request.set_page_token(page.next_page_token());
  ASSERT_TRUE(List(&test, request, &page).ok());
  ASSERT_EQ(page.readings_size(), 1);
  EXPECT_EQ(page.readings(0).sequence(), 1);
  EXPECT_EQ(page.next_page_token(), "");
}

TEST(ListReadingsTest, NamesTheFieldsAtFault) {
  TestServer test;
  v1::ListReadingsRequest request;
  request.set_page_size(-1);
  request.set_page_token("no token");
  request.set_order_by("happiness");
  v1::ListReadingsResponse page;
  const grpc::Status status = List(&test, request, &page);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const google::rpc::BadRequest details = DetailsOf(status);
  ASSERT_EQ(details.field_violations_size(), 3);
  EXPECT_EQ(details.field_violations(0).field(), "page_size");
  EXPECT_EQ(details.field_violations(1).field(), "order_by");
  EXPECT_EQ(details.field_violations(2).field(), "page_token");
}

TEST(ListReadingsTest, NamesAPlaceThatIsNotUtf8) {
  TestServer test;
  google::protobuf::UnknownFieldSet request;
  request.AddLengthDelimited(3, "Oslo");
  request.AddLengthDelimited(3, "M\xFCnchen");
  std::string bytes;
  ASSERT_TRUE(request.SerializeToString(&bytes));
  EXPECT_EQ(CallRaw(test.channel, "ListReadings", {bytes}).error_message(),
            "places[2] must be valid UTF-8");
}

}  // namespace
}  // namespace happiness
