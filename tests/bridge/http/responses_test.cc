#include "bridge/http/responses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <string>

namespace bridge {
namespace {

namespace http = boost::beast::http;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A field as it is sent; empty if it is not.
template <typename Fields>
std::string Field(const Fields& fields, const std::string& name) {
  auto value = fields[name];
  return std::string(value.data(), value.size());
}

// Reads bytes as a client would; fails the test if they are no whole response.
http::response<http::string_body> Parse(const std::string& text) {
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  boost::system::error_code error;
  size_t used = parser.put(boost::asio::buffer(text), error);
  EXPECT_FALSE(error) << error.message() << " in " << text;
  EXPECT_TRUE(parser.is_done()) << text;
  EXPECT_EQ(used, text.size());
  return parser.release();
}

TEST(MakeResponseTest, HasWhatEveryResponseHas) {
  Response response = MakeResponse({}, 200, "text/plain", "hello");
  EXPECT_EQ(response.result_int(), 200u);
  EXPECT_EQ(response.version(), 11u);
  EXPECT_EQ(response.body(), "hello");
  EXPECT_EQ(Field(response, "Content-Type"), "text/plain");
  EXPECT_EQ(Field(response, "Cache-Control"), "no-store");
  EXPECT_EQ(Field(response, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(Field(response, "Content-Security-Policy"),
            "default-src 'none'; frame-ancestors 'none'");
}

TEST(MakeResponseTest, ABodyWithoutATypeHasNone) {
  EXPECT_EQ(MakeResponse({}, 204, "", "").count("Content-Type"), 0u);
}

TEST(MakeResponseTest, TellsThePageThatItMayReadIt) {
  EXPECT_EQ(MakeResponse({}, 200, "", "").count("Access-Control-Allow-Origin"),
            0u);
  Response any = MakeResponse({11, "*"}, 200, "", "");
  EXPECT_EQ(Field(any, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(any.count("Vary"), 0u);
  Response one = MakeResponse({11, "https://example.org"}, 200, "", "");
  EXPECT_EQ(Field(one, "Access-Control-Allow-Origin"), "https://example.org");
  EXPECT_EQ(Field(one, "Vary"), "Origin") << "a cache must not mix them up";
}

TEST(MakeErrorResponseTest, IsTheEndingAsJson) {
  Ending ending = Ending::Of(Reason::kForbidden);
  Response response = MakeErrorResponse({10, "*"}, ending);
  EXPECT_EQ(response.result_int(), 403u);
  EXPECT_EQ(response.version(), 10u);
  EXPECT_EQ(Field(response, "Content-Type"), "application/json");
  EXPECT_EQ(Field(response, "Access-Control-Allow-Origin"), "*")
      << "else a page could not read why";
  EXPECT_EQ(response.body(), ending.Json() + "\n");
}

TEST(MakeErrorResponseTest, EveryStatusOfOursCanBeSent) {
  for (int code = 1; code <= 16; ++code) {
    Ending ending =
        Ending::From(grpc::Status(static_cast<grpc::StatusCode>(code), "x"));
    std::string text = ToText(MakeErrorResponse({}, ending));
    EXPECT_EQ(Parse(text).result_int(),
              static_cast<unsigned>(ending.http_status));
  }
}

// ---- Assets.

const Asset kScript = {"let a;", "text/javascript; charset=utf-8",
                       "\"0123456789abcdef\""};

TEST(MakeAssetResponseTest, IsTheFileWithItsTypeAndTag) {
  Response response = MakeAssetResponse({}, kScript, "");
  EXPECT_EQ(response.result_int(), 200u);
  EXPECT_EQ(response.body(), kScript.body);
  EXPECT_EQ(Field(response, "Content-Type"), kScript.content_type);
  EXPECT_EQ(Field(response, "ETag"), kScript.etag);
  EXPECT_EQ(Field(response, "Cache-Control"), "no-cache");
}

TEST(MakeAssetResponseTest, SaysThatAFileIsUnchangedToOneWhoHasIt) {
  for (const char* has :
       {"\"0123456789abcdef\"", "W/\"0123456789abcdef\"",
        "\"other\", \"0123456789abcdef\"", "\"0123456789abcdef\",\"other\""}) {
    Response response = MakeAssetResponse({}, kScript, has);
    EXPECT_EQ(response.result_int(), 304u) << has;
    EXPECT_EQ(response.body(), "");
    EXPECT_EQ(Field(response, "ETag"), kScript.etag);
    EXPECT_EQ(Field(response, "Cache-Control"), "no-cache");
  }
}

TEST(MakeAssetResponseTest, SendsTheFileToOneWhoHasAnother) {
  for (const char* has : {"", "\"\"", "0123456789abcdef", "\"0123456789abcde\"",
                          "\"fedcba9876543210\""}) {
    EXPECT_EQ(MakeAssetResponse({}, kScript, has).result_int(), 200u) << has;
  }
}

TEST(MakeAssetResponseTest, ForbidsScriptsThatAreNotItsOwn) {
  std::string policy =
      Field(MakeAssetResponse({}, kScript, ""), "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("script-src 'self';"));
  EXPECT_THAT(policy, HasSubstr("style-src 'self';"));
  EXPECT_THAT(policy, HasSubstr("base-uri 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(policy, Not(HasSubstr("*")));
}

// ---- As text.

TEST(ToTextTest, IsAWholeResponseAndTheLastOfItsConnection) {
  auto response = Parse(ToText(MakeResponse({}, 400, "text/plain", "hello")));
  EXPECT_EQ(response.result_int(), 400u);
  EXPECT_EQ(response.body(), "hello");
  EXPECT_EQ(Field(response, "Content-Length"), "5");
  EXPECT_FALSE(response.keep_alive());
}

TEST(ToTextTest, SpeaksTheVersionThatWasAsked) {
  EXPECT_THAT(ToText(MakeResponse({10, ""}, 200, "", "")),
              StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(ToText(MakeResponse({11, ""}, 200, "", "")),
              StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(StreamHeaderTest, SaysWhatFollowsInChunks) {
  std::string header =
      StreamHeader({11, "*"}, {Framing::kEventStream, /*chunked=*/true});
  EXPECT_THAT(header, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(header, EndsWith("\r\n\r\n"));
  EXPECT_EQ(header.find("\r\n\r\n"), header.size() - 4);
  auto response =
      Parse(header + HttpChunk("data: {}\n\n") + std::string(kLastHttpChunk));
  EXPECT_EQ(response.body(), "data: {}\n\n");
  EXPECT_EQ(Field(response, "Content-Type"), "text/event-stream");
  EXPECT_EQ(Field(response, "Cache-Control"), "no-store");
  EXPECT_EQ(Field(response, "X-Accel-Buffering"), "no");
  EXPECT_EQ(Field(response, "Access-Control-Allow-Origin"), "*");
  EXPECT_FALSE(response.keep_alive());
}

TEST(StreamHeaderTest, HasAnotherTypeForLines) {
  EXPECT_THAT(StreamHeader({}, {Framing::kNdjson, true}),
              HasSubstr("Content-Type: application/x-ndjson\r\n"));
}

TEST(StreamHeaderTest, PromisesNoChunksToAnOldClient) {
  std::string header =
      StreamHeader({10, ""}, {Framing::kNdjson, /*chunked=*/false});
  EXPECT_THAT(header, StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(header, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(header, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(header, Not(HasSubstr("keep-alive")));
}

}  // namespace
}  // namespace bridge
