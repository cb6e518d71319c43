#include "service/request/message_parsing.h"

#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "happiness/v1/happiness.pb.h"

namespace happiness {
namespace {

using google::protobuf::UnknownFieldSet;

grpc::ByteBuffer Bytes(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string Serialize(const UnknownFieldSet& fields) {
  std::string bytes;
  EXPECT_TRUE(fields.SerializeToString(&bytes));
  return bytes;
}

// A RecordReadingRequest with one text field of its reading, as it may come
// from a client whose library doesn't check UTF-8.
std::string RequestWith(int field, const std::string& text) {
  UnknownFieldSet reading;
  reading.AddLengthDelimited(field, text);
  UnknownFieldSet request;
  request.AddLengthDelimited(1, Serialize(reading));
  return Serialize(request);
}

std::string ErrorOf(const std::string& bytes,
                    google::protobuf::Message* message) {
  const absl::Status status = ParseMessage(Bytes(bytes), message);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(MessageParsingTest, ParsesAnEmptyMessage) {
  v1::StreamReadingsRequest request;
  EXPECT_TRUE(ParseMessage(Bytes(""), &request).ok());
  EXPECT_FALSE(request.has_backlog());
}

TEST(MessageParsingTest, ParsesWhatComesInManySlices) {
  v1::RecordReadingRequest sent;
  sent.mutable_reading()->set_place("Reykjavík");
  sent.mutable_reading()->set_happiness(7.5);
  std::vector<grpc::Slice> slices;
  for (const char c : sent.SerializeAsString()) slices.emplace_back(&c, 1);
  v1::RecordReadingRequest request;
  EXPECT_TRUE(
      ParseMessage(grpc::ByteBuffer(slices.data(), slices.size()), &request)
          .ok());
  EXPECT_EQ(request.reading().place(), "Reykjavík");
}

TEST(MessageParsingTest, NamesTheFieldThatIsNotUtf8) {
  v1::RecordReadingRequest request;
  EXPECT_EQ(ErrorOf(RequestWith(4, "\xC3("), &request),
            "reading.place must be valid UTF-8");
  EXPECT_EQ(ErrorOf(RequestWith(2, "\xFF"), &request),
            "reading.reading_id must be valid UTF-8");
  EXPECT_EQ(ErrorOf(RequestWith(6, "\xED\xA0\x80"), &request),
            "reading.source must be valid UTF-8");
}

TEST(MessageParsingTest, CountsElementsOfARepeatedFieldFromOne) {
  UnknownFieldSet fields;
  fields.AddLengthDelimited(1, "Oslo");
  fields.AddLengthDelimited(1, "\xFF");
  v1::StreamReadingsRequest request;
  EXPECT_EQ(ErrorOf(Serialize(fields), &request),
            "places[2] must be valid UTF-8");
}

TEST(MessageParsingTest, RefusesWhatIsNotAMessage) {
  v1::RecordReadingRequest request;
  EXPECT_EQ(ErrorOf("\xFF\xFF\xFF", &request),
            "not a valid happiness.v1.RecordReadingRequest message");
  // A nested message that ends before it should.
  EXPECT_EQ(ErrorOf(std::string("\x0A\x05\x22", 3), &request),
            "not a valid happiness.v1.RecordReadingRequest message");
  UnknownFieldSet fields;
  fields.AddLengthDelimited(1, "\x22\x7F");
  EXPECT_EQ(ErrorOf(Serialize(fields), &request),
            "not a valid happiness.v1.RecordReadingRequest message");
}

TEST(MessageParsingTest, DropsFieldsThatTheContractDoesNotKnow) {
  UnknownFieldSet reading;
  reading.AddLengthDelimited(4, "Oslo");
  reading.AddLengthDelimited(99, std::string(10'000, 'x'));
  UnknownFieldSet fields;
  fields.AddLengthDelimited(1, Serialize(reading));
  fields.AddVarint(99, 1);
  v1::RecordReadingRequest request;
  EXPECT_TRUE(ParseMessage(Bytes(Serialize(fields)), &request).ok());
  v1::RecordReadingRequest expected;
  expected.mutable_reading()->set_place("Oslo");
  EXPECT_EQ(request.SerializeAsString(), expected.SerializeAsString());
}

}  // namespace
}  // namespace happiness
