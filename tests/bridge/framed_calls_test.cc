// What calls in gRPC-Web and Connect have to keep to: bodies, time, origins.

#include "tests/bridge/testing/framed_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bridge/framing/gzip.h"

namespace bridge::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using FramedCallsTest = FramedTest;

// ---- What can be wrong with a body.

TEST_F(FramedCallsTest, ABadBodyIsRefusedByItsRule) {
  StartSmall();
  const std::string good = Prefixed(0, GetBytes(1));
  const std::string bomb = Gzip(std::string(100'000, '\0'));
  struct {
    std::string body;
    Lines header;
    const char* grpc;
    const char* connect;
    const char* why;
  } const kCases[] = {
      {"", {}, "3", "invalid_argument", "no message"},
      {good.substr(0, 3), {}, "3", "invalid_argument", "ends within a message"},
      {good.substr(0, 6), {}, "3", "invalid_argument", "ends within a message"},
      {good + good, {}, "3", "invalid_argument", "more than one message"},
      {Prefixed(4, "x"), {}, "3", "invalid_argument", "prefix begins with 4"},
      {Prefixed(1, "x"), {}, "13", "internal", "no header says how"},
      {std::string("\0\0\0\3\xE9", 5),
       {},
       "8",
       "resource_exhausted",
       "announces 1001 bytes: must be at most 1000"},
      {std::string("\0\xFF\xFF\xFF\xFF", 5),
       {},
       "8",
       "resource_exhausted",
       "announces 4294967295 bytes"},
      {Prefixed(0, std::string(5000, 'x')),
       {},
       "8",
       "resource_exhausted",
       "more than 1005 bytes"},
      {Prefixed(1, "x"), {"gzip"}, "3", "invalid_argument", "not valid gzip"},
      {Prefixed(1, bomb),
       {"gzip"},
       "8",
       "resource_exhausted",
       "more than 1000 bytes when inflated"},
      {good, {"snappy"}, "12", "unimplemented", "must be identity or gzip"},
  };
  for (const auto& one : kCases) {
    Lines grpc;
    Lines connect;
    for (const std::string& coding : one.header) {
      grpc.push_back("grpc-encoding: " + coding);
      connect.push_back("Connect-Content-Encoding: " + coding);
    }
    const HttpAnswer web = Call("Get", kGrpcWeb, one.body, grpc);
    EXPECT_EQ(web.Field("grpc-status"), one.grpc) << one.why;
    EXPECT_THAT(web.Field("grpc-message"), HasSubstr(one.why));
    const HttpAnswer stream = Call("Count", kConnectProto, one.body, connect);
    EXPECT_EQ(stream.status, 200);
    const Messages messages = Split(stream.body);
    ASSERT_EQ(messages.size(), 1u) << one.why;
    EXPECT_EQ(messages[0].first, 2);
    EXPECT_THAT(
        messages[0].second,
        StartsWith(absl::StrCat("{\"error\":{\"code\":\"", one.connect, "\"")));
    EXPECT_THAT(messages[0].second, HasSubstr(one.why));
  }
  EXPECT_THAT(Call("Get", kGrpcWebText, "????").Field("grpc-message"),
              HasSubstr("not valid base64"));
  EXPECT_THAT(
      Call("Count", kGrpcWeb, Prefixed(0, "\x08")).Field("grpc-message"),
      HasSubstr("not a valid bridge.testing.CountRequest"));
  EXPECT_EQ(bridge_->stats().refusals.Counts().at("body_bytes"), 8);
}

TEST_F(FramedCallsTest, AContentThatNobodyReadsIsRefusedWithWhatIsTaken) {
  Start();
  struct {
    const char* method;
    const char* type;
    Lines header;
  } const kCases[] = {
      {"Get", "application/grpc", {}},
      {"Get", "application/grpc+proto", {}},
      {"Get", "application/grpc-web+json", {}},
      {"Get", "application/connect+xml", {}},
      {"Get", "application/x-protobuf", {}},
      {"Get", kConnectJson, {}},
      {"Count", "application/proto", {}},
      {"Count", "application/json", {"Connect-Protocol-Version: 1"}},
      {"Count", kConnectProto, {"Content-Encoding: gzip"}},
  };
  for (const auto& one : kCases) {
    const HttpAnswer answer = Call(one.method, one.type, "", one.header);
    EXPECT_EQ(answer.status, 415) << one.type;
    EXPECT_THAT(answer.Field("Accept-Post"), HasSubstr(kGrpcWeb));
    EXPECT_THAT(answer.body, HasSubstr("header content-")) << one.type;
  }
}

// ---- Many messages to the upstream.

TEST_F(FramedCallsTest, UploadsMessagesAsTheyCome) {
  StartSmall();
  std::string proto;
  std::string json;
  for (int number : {1, 2, 3}) {
    proto += Prefixed(0, PutBytes(number));
    json += Prefixed(0, absl::StrCat("{\"tick\":{\"number\":", number, "}}"));
  }
  SumResponse sum;
  sum.set_sum(6);
  sum.set_count(3);
  EXPECT_THAT(
      Split(Call("Sum", kConnectProto, proto).body),
      ElementsAre(std::pair(0, sum.SerializeAsString()), std::pair(2, "{}")));
  EXPECT_THAT(Split(Call("Sum", kConnectJson, json).body),
              ElementsAre(std::pair(0, R"({"sum":"6","count":"3"})"),
                          std::pair(2, "{}")));
  EXPECT_THAT(Split(Call("Sum", kGrpcWeb, proto).body),
              ElementsAre(std::pair(0, sum.SerializeAsString()),
                          std::pair(0x80, "grpc-status: 0\r\n")));
  struct {
    std::string behind;
    const char* why;
  } const kCases[] = {
      {Prefixed(0, PutBytes(-1)), "tick.number: must not be negative"},
      {Prefixed(0, std::string(1001, 'x')),
       "message 4: a message's prefix "
       "announces 1001 bytes"},
      {Prefixed(8, ""), "message 4: a message's prefix begins with 8"},
      {"\x01", "message 4: the body ends within a message"},
  };
  for (const auto& one : kCases) {
    EXPECT_THAT(Call("Sum", kConnectProto, proto + one.behind).body,
                HasSubstr(one.why));
  }
  EXPECT_THAT(Call("Sum", kConnectJson, Prefixed(0, "{]")).body,
              HasSubstr("message 1: not valid JSON"));
}

// ---- Time.

TEST_F(FramedCallsTest, ACallHasTheTimeThatItsClientGives) {
  Start();
  server_->HoldGets(true);
  EXPECT_EQ(
      Call("Get", kGrpcWeb, Prefixed(0, GetBytes(1)), {"grpc-timeout: 100m"})
          .Field("grpc-status"),
      "4");
  const HttpAnswer connect = Call("Get", "application/proto", GetBytes(1),
                                  {"Connect-Timeout-Ms: 100"});
  EXPECT_EQ(connect.status, 504);
  EXPECT_THAT(connect.body, StartsWith(R"({"code":"deadline_exceeded")"));
  server_->HoldGets(false);
  const int gets = server_->gets_started();
  EXPECT_EQ(
      Call("Get", "application/proto", GetBytes(1), {"Connect-Timeout-Ms: 0"})
          .status,
      504);
  EXPECT_EQ(server_->gets_started(), gets);
  for (const char* bad : {"1", "m", "123456789m", "1x", "-1m", "1 m"}) {
    EXPECT_THAT(Call("Get", kGrpcWeb, Prefixed(0, ""),
                     {absl::StrCat("grpc-timeout: ", bad)})
                    .Field("grpc-message"),
                HasSubstr("header grpc-timeout: must be"))
        << bad;
  }
  EXPECT_THAT(
      Call("Get", "application/proto", "", {"Connect-Timeout-Ms: 12345678901"})
          .body,
      HasSubstr("header connect-timeout-ms: must be"));
}

TEST_F(FramedCallsTest, AStreamsTimeIsItsViewersOwn) {
  Start();
  WebSocketClient stays(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  const HttpAnswer late =
      Call("Watch", kGrpcWeb, Prefixed(0, ""), {"grpc-timeout: 50m"});
  const Messages messages = Split(late.body);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_THAT(messages[0].second, StartsWith("grpc-status: 4\r\n"));
  server_->Publish("still here");
  EXPECT_THAT(stays.Read(), HasSubstr("still here"));
  EXPECT_EQ(server_->watches_started(), 1);
}

TEST_F(FramedCallsTest, TheUpstreamsCallEndsWithItsLastClient) {
  Options options = TestOptions();
  options.feed.linger = absl::Hours(1);
  Start(std::move(options));
  server_->HoldGets(true);
  const auto start = [&](const std::string& method, const std::string& body) {
    auto client = std::make_unique<RawClient>(port());
    client->Send(absl::StrCat(
        "POST ", kService, method, " HTTP/1.1\r\nHost: h\r\nContent-Type: ",
        kGrpcWeb, "\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
    return client;
  };
  auto unary = start("Get", Prefixed(0, GetBytes(1)));
  ASSERT_TRUE(Eventually([&] { return server_->gets_started() == 1; }));
  auto stream = start("Watch", Prefixed(0, ""));
  ASSERT_TRUE(server_->AwaitWatches(1));
  const absl::Time left = absl::Now();
  unary = nullptr;
  stream = nullptr;
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().sessions == 0; }));
  EXPECT_TRUE(server_->AwaitWatches(0));
  // Nothing else would end them so soon.
  EXPECT_LT(absl::Now() - left, absl::Seconds(8));
  server_->HoldGets(false);
}

// ---- Pages.

TEST_F(FramedCallsTest, APageOfAnyOriginReadsAndOneOfItsOwnWrites) {
  Start();
  const std::string origin = "Origin: https://any.example";
  const auto preflight = [&](const char* method) {
    return Fetch(port(), "OPTIONS", absl::StrCat(kService, method),
                 {origin, "Access-Control-Request-Method: POST"});
  };
  const HttpAnswer allowed = preflight("Watch");
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.Field("Access-Control-Allow-Origin"), "*");
  for (const char* name :
       {"content-type", "x-grpc-web", "x-user-agent", "grpc-timeout",
        "connect-protocol-version", "connect-timeout-ms"}) {
    EXPECT_THAT(allowed.Field("Access-Control-Allow-Headers"), HasSubstr(name));
  }
  EXPECT_EQ(preflight("Get").status, 204);
  EXPECT_EQ(preflight("Put").status, 403);
  EXPECT_EQ(preflight("Sum").status, 403);
  const HttpAnswer read =
      Call("Get", kGrpcWeb, Prefixed(0, GetBytes(1)), {origin});
  EXPECT_EQ(Split(read.body).size(), 2u);
  EXPECT_EQ(read.Field("Access-Control-Allow-Origin"), "*");
  for (const char* name :
       {"Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin"}) {
    EXPECT_THAT(read.Field("Access-Control-Expose-Headers"), HasSubstr(name));
  }
  EXPECT_EQ(Call("Put", kGrpcWeb, Prefixed(0, PutBytes(1)), {origin})
                .Field("grpc-status"),
            "7");
  EXPECT_EQ(Call("Get", kGrpcWeb, Prefixed(0, GetBytes(1)),
                 {origin, "Authorization: Bearer alice"})
                .Field("grpc-status"),
            "7");
  EXPECT_EQ(Call("Get", "application/json", "{}", {origin}).status, 403)
      << "a form could send that";
}

}  // namespace
}  // namespace bridge::testing
