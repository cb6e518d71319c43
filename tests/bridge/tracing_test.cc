// What ties a request here to its call at the upstream.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr char kParent[] =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class TracingTest : public BridgeTest {
 protected:
  void SetUp() override { Start(); }
};

TEST_F(TracingTest, ACallCarriesItsRequestsIdAndTrace) {
  const HttpAnswer answer =
      Get(port(), "/ticks/1",
          {"X-Request-Id: abc", std::string("traceparent: ") + kParent,
           "tracestate: v=1"});
  EXPECT_EQ(answer.Field("X-Request-Id"), "abc");
  EXPECT_THAT(server_->received("x-request-id"), ElementsAre("abc"));
  EXPECT_THAT(server_->received("traceparent"), ElementsAre(kParent));
  EXPECT_THAT(server_->received("tracestate"), ElementsAre("v=1"));
}

// HTTP lets it through; gRPC would abort.
TEST_F(TracingTest, ATraceThatGrpcDoesNotCarryIsLeftOut) {
  const std::string later = std::string("cc") + (kParent + 2) + "-";
  for (const std::string& parent : {later + "\x80", later + "a\tb"}) {
    const std::string line = "traceparent: " + parent;
    EXPECT_EQ(Get(port(), "/ticks/1", {line}).status, 200);
    EXPECT_EQ(Fetch(port(), "POST", "/ticks:sum", {line}, "{}\n").status, 200);
    EXPECT_EQ(Get(port(), "/count/1", {line}).status, 200);
  }
  EXPECT_THAT(server_->received("traceparent"), Each(""));
}

TEST_F(TracingTest, ARequestWithoutAnIdGetsOne) {
  const std::string first = Get(port(), "/ticks/1").Field("X-Request-Id");
  const std::string second = Get(port(), "/ticks/1").Field("X-Request-Id");
  EXPECT_THAT(first, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(first, second);
  EXPECT_THAT(server_->received("x-request-id"), ElementsAre(first, second));
  EXPECT_NE(Get(port(), "/nothing").Field("X-Request-Id"), "");
  EXPECT_NE(Get(port(), "/healthz").Field("X-Request-Id"), "");
}

TEST_F(TracingTest, APageOfAnotherOriginMayReadTheId) {
  const HttpAnswer answer = Get(port(), "/ticks/1", {"Origin: http://a.b"});
  EXPECT_EQ(answer.Field("Access-Control-Expose-Headers"), "X-Request-Id");
}

TEST_F(TracingTest, AnUploadCarriesIts) {
  Fetch(port(), "POST", "/ticks:sum", {"X-Request-Id: up"}, "{}\n");
  EXPECT_THAT(server_->received("x-request-id"), ElementsAre("up"));
}

// They are the first one's; that they differ keeps nobody apart.
TEST_F(TracingTest, ViewersOfOneStreamShareItAndTheCall) {
  RawClient first(port());
  first.Send(
      "GET /ticks HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n"
      "X-Request-Id: first\r\n\r\n");
  EXPECT_THAT(first.ReadUntil("\r\n\r\n"), HasSubstr("X-Request-Id: first"));
  WebSocketClient second(port(), "/ticks", {{"X-Request-Id", "second"}});
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
  server_->Publish("hello");
  EXPECT_THAT(second.Read(), HasSubstr("hello"));
  EXPECT_EQ(server_->watches_started(), 1);
  EXPECT_THAT(server_->received("x-request-id"), ElementsAre("first"));
}

TEST_F(TracingTest, AWebSocketsHandshakeSaysTheId) {
  RawClient client(port());
  client.Send(
      "GET /ticks HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "X-Request-Id: socket\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), HasSubstr("X-Request-Id: socket"));
}

}  // namespace
}  // namespace bridge::testing
