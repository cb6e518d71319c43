#include "service/rpc/record_reading.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/time/clock.h"
#include "tests/service/raw_call.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

grpc::Status Record(TestServer* test, const v1::Reading& reading,
                    v1::Reading* recorded, const std::string& token = "") {
  v1::RecordReadingRequest request;
  *request.mutable_reading() = reading;
  return test->stub->RecordReading(MakeContext(token).get(), request, recorded);
}

TEST(RecordReadingTest, ReturnsTheReadingAsItWasRecorded) {
  TestServer test;
  v1::Reading recorded;
  const int64_t before = absl::ToUnixSeconds(absl::Now());
  ASSERT_TRUE(Record(&test, MakeReading("Oslo", 0), &recorded).ok());
  EXPECT_EQ(recorded.sequence(), 1);
  EXPECT_EQ(recorded.place(), "Oslo");
  EXPECT_TRUE(recorded.has_happiness());
  EXPECT_EQ(recorded.happiness(), 0);
  EXPECT_EQ(recorded.reading_id().size(), 36u);
  EXPECT_GE(recorded.observe_time().seconds(), before);
  EXPECT_EQ(test.log.Extent().last, 1);
}

TEST(RecordReadingTest, ReachesAStream) {
  TestServer test;
  TestStream stream(test.stub.get(), {});
  v1::Reading recorded;
  ASSERT_TRUE(Record(&test, MakeReading("Oslo", 7.1), &recorded).ok());
  EXPECT_EQ(stream.Read().SerializeAsString(), recorded.SerializeAsString());
}

TEST(RecordReadingTest, AnswersTheFirstReadingForAnIdSeenBefore) {
  TestServer test;
  v1::Reading first;
  v1::Reading second;
  ASSERT_TRUE(Record(&test, MakeReading("Oslo", 7, "a"), &first).ok());
  ASSERT_TRUE(Record(&test, MakeReading("Lima", 1, "a"), &second).ok());
  EXPECT_EQ(second.SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(test.log.Extent().last, 1);
}

TEST(RecordReadingTest, AnIdFromAnotherSourceIsRefusedAndTellsNothing) {
  const Access access = NamesForTokens();
  TestServer test({}, 1, {}, &access);
  AppendAt(&test.log, "Secret", 0, 1, "door");
  const std::string known =
      Decode((*test.log.ReadAfter(0, 1))[0]->encoded).reading_id();
  v1::Reading answer;
  const grpc::Status refused =
      Record(&test, MakeReading("Oslo", 7, known), &answer, "window");
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(refused.error_message(),
            "reading.reading_id must not be that of a reading from another "
            "source");
  EXPECT_EQ(DetailsOf(refused).field_violations(0).field(),
            "reading.reading_id");
  EXPECT_EQ(answer.ByteSizeLong(), 0u);
  EXPECT_EQ(test.log.Extent().last, 1);
  // To its own source it is the reading's.
  ASSERT_TRUE(
      Record(&test, MakeReading("Oslo", 7, known), &answer, "door").ok());
  EXPECT_EQ(answer.place(), "Secret");
}

TEST(RecordReadingTest, RefusesABadReadingAndRecordsNothing) {
  TestServer test;
  v1::Reading recorded;
  const grpc::Status status = Record(&test, MakeReading("", 10.1), &recorded);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(),
            "reading.place must not be empty; "
            "reading.happiness must be from 0 to 10");
  const google::rpc::BadRequest details = DetailsOf(status);
  ASSERT_EQ(details.field_violations_size(), 2);
  EXPECT_EQ(details.field_violations(0).field(), "reading.place");
  EXPECT_EQ(details.field_violations(1).field(), "reading.happiness");
  EXPECT_EQ(test.log.Extent().last, 0);
}

TEST(RecordReadingTest, NamesAFieldThatIsNotUtf8) {
  TestServer test;
  const grpc::Status status =
      CallRaw(test.channel, "RecordReading", {RequestWithPlace("M\xFCnchen")});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "reading.place must be valid UTF-8");
  EXPECT_EQ(DetailsOf(status).field_violations(0).field(), "reading.place");
  EXPECT_EQ(test.log.Extent().last, 0);
  EXPECT_TRUE(
      CallRaw(test.channel, "RecordReading", {RequestWithPlace("München")})
          .ok());
}

TEST(RecordReadingTest, RefusesBytesThatAreNoMessage) {
  TestServer test;
  const grpc::Status status =
      CallRaw(test.channel, "RecordReading", {"\xFF\xFF"});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(),
            "not a valid happiness.v1.RecordReadingRequest message");
}

TEST(RecordReadingTest, RefusesARequestOverTheLimit) {
  TestServer test;
  auto stub = v1::HappinessService::NewStub(test.Connect());
  v1::RecordReadingRequest request;
  *request.mutable_reading() =
      MakeReading(std::string(Server::kMaxRequestBytes, 'x'), 5);
  v1::Reading recorded;
  EXPECT_EQ(
      stub->RecordReading(MakeContext().get(), request, &recorded).error_code(),
      grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(RecordReadingTest, KeepsNothingOfFieldsThatTheContractDoesNotKnow) {
  TestServer test;
  v1::RecordReadingRequest request;
  *request.mutable_reading() = MakeReading("Oslo", 5, "a");
  request.mutable_reading()
      ->GetReflection()
      ->MutableUnknownFields(request.mutable_reading())
      ->AddLengthDelimited(99, std::string(100'000, 'x'));
  v1::Reading recorded;
  ASSERT_TRUE(
      test.stub->RecordReading(MakeContext().get(), request, &recorded).ok());
  EXPECT_LT((*test.log.ReadAfter(0, 1))[0]->encoded.Length(), 100u);
}

}  // namespace
}  // namespace happiness
