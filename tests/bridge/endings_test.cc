#include "bridge/endings.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "bridge/feed/wire.h"
#include "bridge/transcode/utf8.h"
#include "google/rpc/status.pb.h"

namespace bridge {
namespace {

using google::protobuf::Struct;
using grpc::StatusCode;
using ::testing::HasSubstr;
using ::testing::Not;

struct CodeCase {
  StatusCode code;
  const char* name;
  int http_status;
  int close_code;
};

// DESIGN: the HTTP statuses are grpc-gateway's; the close codes are those that
// RFC 6455 and its registry have for it, or else 4000 + code.
const std::vector<CodeCase>& Codes() {
  static const auto* const kCodes = new std::vector<CodeCase>{
      {StatusCode::OK, "OK", 200, 1000},
      {StatusCode::CANCELLED, "CANCELLED", 499, 4001},
      {StatusCode::UNKNOWN, "UNKNOWN", 500, 4002},
      {StatusCode::INVALID_ARGUMENT, "INVALID_ARGUMENT", 400, 4003},
      {StatusCode::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", 504, 4004},
      {StatusCode::NOT_FOUND, "NOT_FOUND", 404, 4005},
      {StatusCode::ALREADY_EXISTS, "ALREADY_EXISTS", 409, 4006},
      {StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED", 403, 1008},
      {StatusCode::RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED", 429, 1013},
      {StatusCode::FAILED_PRECONDITION, "FAILED_PRECONDITION", 400, 4009},
      {StatusCode::ABORTED, "ABORTED", 409, 4010},
      {StatusCode::OUT_OF_RANGE, "OUT_OF_RANGE", 400, 4011},
      {StatusCode::UNIMPLEMENTED, "UNIMPLEMENTED", 501, 4012},
      {StatusCode::INTERNAL, "INTERNAL", 500, 1011},
      {StatusCode::UNAVAILABLE, "UNAVAILABLE", 503, 1014},
      {StatusCode::DATA_LOSS, "DATA_LOSS", 500, 4015},
      {StatusCode::UNAUTHENTICATED, "UNAUTHENTICATED", 401, 1008},
  };
  return *kCodes;
}

struct ReasonCase {
  Reason reason;
  StatusCode code;
  int http_status;
  int close_code;
};

const ReasonCase kReasons[] = {
    {Reason::kFinished, StatusCode::OK, 200, 1000},
    {Reason::kShuttingDown, StatusCode::UNAVAILABLE, 503, 1012},
    {Reason::kTooSlow, StatusCode::RESOURCE_EXHAUSTED, 429, 1013},
    {Reason::kStalled, StatusCode::RESOURCE_EXHAUSTED, 429, 1013},
    {Reason::kNoPong, StatusCode::DEADLINE_EXCEEDED, 504, 1011},
    {Reason::kUpstreamGone, StatusCode::UNAVAILABLE, 503, 1014},
    {Reason::kForbidden, StatusCode::PERMISSION_DENIED, 403, 1008},
    {Reason::kProtocolError, StatusCode::INVALID_ARGUMENT, 400, 1002},
    {Reason::kNotText, StatusCode::INVALID_ARGUMENT, 400, 1003},
    {Reason::kBadUtf8, StatusCode::INVALID_ARGUMENT, 400, 1007},
    {Reason::kTooBig, StatusCode::INVALID_ARGUMENT, 413, 1009},
    {Reason::kTooManyFrames, StatusCode::RESOURCE_EXHAUSTED, 429, 1008},
    {Reason::kBadRequest, StatusCode::INVALID_ARGUMENT, 400, 1002},
    {Reason::kHeaderTooBig, StatusCode::INVALID_ARGUMENT, 431, 1009},
    {Reason::kBodyTooBig, StatusCode::INVALID_ARGUMENT, 413, 1009},
    {Reason::kEncodedBody, StatusCode::INVALID_ARGUMENT, 415, 1003},
    {Reason::kRequestTimeout, StatusCode::DEADLINE_EXCEEDED, 408, 4004},
    {Reason::kWrongMethod, StatusCode::UNIMPLEMENTED, 405, 4012},
    {Reason::kNoWebSocket, StatusCode::FAILED_PRECONDITION, 426, 4009},
    {Reason::kNoSuchMethod, StatusCode::UNIMPLEMENTED, 404, 4012},
    {Reason::kWrongType, StatusCode::INVALID_ARGUMENT, 415, 1003},
    {Reason::kMessageTooBig, StatusCode::RESOURCE_EXHAUSTED, 413, 1009},
    {Reason::kDeadline, StatusCode::DEADLINE_EXCEEDED, 504, 4004},
};

// The "error" of an ending's JSON, read by a parser that we did not write.
Struct ErrorOf(const Ending& ending) {
  Struct whole;
  std::string json = ending.Json();
  auto status = google::protobuf::util::JsonStringToMessage(json, &whole);
  EXPECT_TRUE(status.ok()) << json << ": " << status.ToString();
  EXPECT_TRUE(IsValidUtf8(json));
  EXPECT_EQ(json.find_first_of("\r\n"), json.npos) << json;
  return whole.fields().at("error").struct_value();
}

std::string Text(const Struct& error, const std::string& name) {
  return error.fields().at(name).string_value();
}

TEST(EndingsTest, EveryCodeHasItsNameHttpStatusAndCloseCode) {
  for (const CodeCase& test : Codes()) {
    EXPECT_EQ(CodeName(test.code), test.name);
    Ending ending = Ending::From(grpc::Status(test.code, "why"));
    EXPECT_EQ(ending.code, test.code) << test.name;
    EXPECT_EQ(ending.http_status, test.http_status) << test.name;
    EXPECT_EQ(ending.close_code, test.close_code) << test.name;
    EXPECT_EQ(ending.ok(), test.code == StatusCode::OK);
  }
  EXPECT_EQ(Codes().size(), 17u);
}

TEST(EndingsTest, AStatusOfAbseilEndsAsTheOneOfGrpc) {
  for (const CodeCase& test : Codes()) {
    Ending ending = Ending::From(
        absl::Status(static_cast<absl::StatusCode>(test.code), "why"));
    EXPECT_EQ(ending.code, test.code);
    EXPECT_EQ(ending.http_status, test.http_status) << test.name;
    EXPECT_EQ(ending.close_code, test.close_code) << test.name;
    EXPECT_EQ(ending.message, ending.ok() ? "" : "why");
  }
}

TEST(EndingsTest, ACodeThatDoesNotExistIsUnknown) {
  for (int code : {-1, 17, 18, 31}) {  // what fits in the enum's bits
    Ending ending =
        Ending::From(grpc::Status(static_cast<StatusCode>(code), "why"));
    EXPECT_EQ(ending.code, StatusCode::UNKNOWN) << code;
    EXPECT_EQ(ending.close_code, 4002) << code;
  }
}

TEST(EndingsTest, EveryReasonHasItsCodeHttpStatusAndCloseCode) {
  int number = 0;
  for (const ReasonCase& test : kReasons) {
    EXPECT_EQ(static_cast<int>(test.reason), number++) << "none is left out";
    for (const Ending& ending :
         {Ending::Of(test.reason), Ending::Of(test.reason, "why")}) {
      EXPECT_EQ(ending.code, test.code) << ending.message;
      EXPECT_EQ(ending.http_status, test.http_status) << ending.message;
      EXPECT_EQ(ending.close_code, test.close_code) << ending.message;
    }
    EXPECT_EQ(Ending::Of(test.reason, "why").message, "why");
  }
  EXPECT_EQ(number, static_cast<int>(Reason::kDeadline) + 1);
}

TEST(EndingsTest, EveryReasonSaysWhyInWhatACloseFrameHolds) {
  for (const ReasonCase& test : kReasons) {
    Ending ending = Ending::Of(test.reason);
    EXPECT_EQ(ending.message.empty(), test.reason == Reason::kFinished);
    std::string frame = WebSocketClose(ending.close_code, ending.message);
    EXPECT_EQ(frame.substr(4), ending.message) << "cut short";
  }
}

TEST(EndingsTest, EveryCloseCodeMayBeSent) {
  auto may_be_sent = [](int code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 4000 && code <= 4999);
  };
  for (const CodeCase& test : Codes()) {
    EXPECT_TRUE(
        may_be_sent(Ending::From(grpc::Status(test.code, "")).close_code));
  }
  for (const ReasonCase& test : kReasons) {
    EXPECT_TRUE(may_be_sent(Ending::Of(test.reason).close_code));
  }
}

// ---- JSON.

TEST(EndingsJsonTest, HasTheFormOfAip193) {
  EXPECT_EQ(
      Ending::From(grpc::Status(StatusCode::NOT_FOUND, "no room 7")).Json(),
      R"({"error":{"code":404,"status":"NOT_FOUND","message":"no room 7"}})");
}

TEST(EndingsJsonTest, IsValidForEveryCodeAndReason) {
  for (const CodeCase& test : Codes()) {
    Struct error = ErrorOf(Ending::From(grpc::Status(test.code, "x")));
    EXPECT_EQ(error.fields().at("code").number_value(), test.http_status);
    EXPECT_EQ(Text(error, "status"), test.name);
  }
  for (const ReasonCase& test : kReasons) ErrorOf(Ending::Of(test.reason));
}

TEST(EndingsJsonTest, AnyMessageIsCarriedThrough) {
  std::string all;
  for (int byte = 0; byte < 128; ++byte) all.push_back(static_cast<char>(byte));
  for (const std::string& message :
       {std::string(), std::string("say \"no\"\\"), std::string("a\r\nb\t\x01"),
        std::string("Süd 😀 \u2028"), std::string("a\0b", 3), all,
        std::string("</script>"), std::string(100'000, '"')}) {
    Ending ending = Ending::From(grpc::Status(StatusCode::ABORTED, message));
    EXPECT_EQ(Text(ErrorOf(ending), "message"), message);
  }
}

TEST(EndingsJsonTest, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  Ending ending = Ending::From(grpc::Status(StatusCode::ABORTED, "a\xFF\xC3"));
  EXPECT_EQ(Text(ErrorOf(ending), "message"), "a\uFFFD\uFFFD");
}

// ---- Details.

// A text or message field as it is serialised. The details are made by hand so
// that nothing here but the code under test links their types, which live only
// where something does.
std::string Field(int number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2),
                     static_cast<char>(bytes.size())} +
         bytes;
}

// The ending of a call with these details: names in google.rpc, and bytes.
Ending EndingWith(
    const std::vector<std::pair<std::string, std::string>>& details) {
  google::rpc::Status status;
  for (const auto& [name, bytes] : details) {
    auto* detail = status.add_details();
    detail->set_type_url("type.googleapis.com/" + name);
    detail->set_value(bytes);
  }
  return Ending::From(grpc::Status(StatusCode::INVALID_ARGUMENT, "bad",
                                   status.SerializeAsString()));
}

TEST(EndingsDetailsTest, TellWhichFieldsAreAtFault) {
  Ending ending = EndingWith(
      {{"google.rpc.BadRequest",
        Field(1, Field(1, "reading.happiness") + Field(2, "0 to \"10\""))}});
  EXPECT_EQ(ending.details_json,
            "[{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\","
            "\"fieldViolations\":[{\"field\":\"reading.happiness\","
            "\"description\":\"0 to \\\"10\\\"\"}]}]");
  Struct error = ErrorOf(ending);
  EXPECT_EQ(error.fields().at("details").list_value().values_size(), 1);
}

TEST(EndingsDetailsTest, SeveralKeepTheirOrder) {
  Struct error = ErrorOf(
      EndingWith({{"google.rpc.ErrorInfo", Field(1, "FULL")},
                  {"google.rpc.RetryInfo", Field(1, {"\x08\x05", 2})}}));
  const auto& details = error.fields().at("details").list_value();
  ASSERT_EQ(details.values_size(), 2);
  EXPECT_EQ(Text(details.values(0).struct_value(), "reason"), "FULL");
  EXPECT_EQ(Text(details.values(1).struct_value(), "retryDelay"), "5s");
}

TEST(EndingsDetailsTest, TypesThatNobodyKnowsAreLeftOut) {
  Struct error = ErrorOf(EndingWith(
      {{"no.such.Type", "x"}, {"google.rpc.ErrorInfo", Field(1, "FULL")}}));
  EXPECT_EQ(error.fields().at("details").list_value().values_size(), 1);
}

TEST(EndingsDetailsTest, NoneThatCanBeToldAreNone) {
  for (const std::string& bytes :
       {std::string(), std::string("\xFFnonsense"), std::string("\x0A"),
        google::rpc::Status().SerializeAsString()}) {
    Ending ending =
        Ending::From(grpc::Status(StatusCode::INTERNAL, "why", bytes));
    EXPECT_EQ(ending.details_json, "");
    EXPECT_THAT(ending.Json(), Not(HasSubstr("details")));
  }
  EXPECT_EQ(EndingWith({{"no.such.Type", "x"}}).details_json, "");
}

TEST(EndingsDetailsTest, TextThatIsNotUtf8LeavesTheJsonValid) {
  ErrorOf(EndingWith({{"google.rpc.ErrorInfo", Field(1, "a\xFF\"b\n")}}));
}

}  // namespace
}  // namespace bridge
