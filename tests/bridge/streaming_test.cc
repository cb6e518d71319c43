// Server-streaming methods, as each kind of viewer sees them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class StreamingTest : public BridgeTest {
 protected:
  void SetUp() override { Start(); }
};

std::string Request(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + more + "\r\n";
}

TEST_F(StreamingTest, SendsJsonTextFramesOverWebSocket) {
  WebSocketClient viewer(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->Publish("one");
  server_->Publish("two");
  EXPECT_EQ(viewer.Read(), R"({"number":"1","text":"one"})");
  EXPECT_EQ(viewer.Read(), R"({"number":"2","text":"two"})");
}

TEST_F(StreamingTest, SendsServerSentEvents) {
  RawClient viewer(port());
  viewer.Send(Request("/ticks", "Accept: text/event-stream\r\n"));
  std::string header = viewer.ReadUntil("\r\n\r\n");
  EXPECT_THAT(header, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(header, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(header, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
  server_->Publish("one");
  EXPECT_THAT(
      viewer.ReadUntil("\n\n"),
      HasSubstr("id: 1\ndata: {\"number\":\"1\",\"text\":\"one\"}\n\n"));
}

TEST_F(StreamingTest, SendsNdjsonToThoseWhoAskForNothingElse) {
  RawClient viewer(port());
  viewer.Send(Request("/ticks"));
  EXPECT_THAT(viewer.ReadUntil("\r\n\r\n"),
              HasSubstr("Content-Type: application/x-ndjson\r\n"));
  server_->Publish("one");
  EXPECT_EQ(viewer.ReadUntil("}\n\r\n"),
            "1c\r\n{\"number\":\"1\",\"text\":\"one\"}\n\r\n");
}

TEST_F(StreamingTest, SendsNoChunksToHttp10) {
  RawClient viewer(port());
  viewer.Send("GET /count/2 HTTP/1.0\r\n\r\n");
  std::string all = viewer.ReadToEnd();
  EXPECT_THAT(all, Not(HasSubstr("chunked")));
  EXPECT_TRUE(all.ends_with("\r\n\r\n{\"number\":\"1\"}\n{\"number\":\"2\"}\n"))
      << all;
}

TEST_F(StreamingTest, ServesEveryMethodAtItsOwnName) {
  HttpAnswer by_get = Get(port(), "/bridge.testing.Ticker/Count?to=1");
  EXPECT_EQ(by_get.body, "{\"number\":\"1\"}\n");
  HttpAnswer by_post =
      Post(port(), "/bridge.testing.Ticker/Count", R"({"to":1})");
  EXPECT_EQ(by_post.body, "{\"number\":\"1\"}\n");
  WebSocketClient viewer(port(), "/bridge.testing.Ticker/Count?to=1");
  EXPECT_EQ(viewer.Read(), "{\"number\":\"1\"}");
  EXPECT_EQ(viewer.AwaitClose(), 1000);
}

TEST_F(StreamingTest, GivesOneWhoJoinsTheNewestMessageAtOnce) {
  WebSocketClient first(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->PublishMany(3, "x");
  for (int i = 0; i < 3; ++i) first.Read();
  WebSocketClient second(port(), "/ticks");
  EXPECT_EQ(second.Read(), R"({"number":"3","text":"x"})");
  server_->Publish("y");
  EXPECT_EQ(second.Read(), R"({"number":"4","text":"y"})");
  EXPECT_EQ(server_->watches_started(), 1);
}

TEST_F(StreamingTest, OpensAQuietStreamWithoutWaitingForAMessage) {
  RawClient viewer(port());
  viewer.Send(Request("/ticks", "Accept: text/event-stream\r\n"));
  viewer.ReadUntil("\r\n\r\n");  // nothing was ever published
}

TEST_F(StreamingTest, EndsAFiniteStreamCleanly) {
  HttpAnswer ndjson = Get(port(), "/count/2");
  EXPECT_EQ(ndjson.status, 200);
  EXPECT_EQ(ndjson.body, "{\"number\":\"1\"}\n{\"number\":\"2\"}\n");
  WebSocketClient viewer(port(), "/count/2");
  EXPECT_EQ(viewer.Read(), R"({"number":"1"})");
  EXPECT_EQ(viewer.Read(), R"({"number":"2"})");
  EXPECT_EQ(viewer.AwaitClose(), 1000);
}

TEST_F(StreamingTest, TellsAnErrorInTheLastFrame) {
  // 11 is OUT_OF_RANGE.
  const std::string error =
      R"({"error":{"code":400,"status":"OUT_OF_RANGE","message":"ended as asked"}})";
  WebSocketClient viewer(port(), "/count/1?end_with=11");
  EXPECT_EQ(viewer.Read(), R"({"number":"1"})");
  EXPECT_EQ(viewer.Read(), error);
  EXPECT_EQ(viewer.AwaitClose(), 4011);
  EXPECT_EQ(viewer.close_reason(), "ended as asked");
  HttpAnswer ndjson = Get(port(), "/count/1?end_with=11");
  EXPECT_EQ(ndjson.body, "{\"number\":\"1\"}\n" + error + "\n");
  HttpAnswer events =
      Get(port(), "/count/1?end_with=11", {"Accept: text/event-stream"});
  EXPECT_EQ(events.body, "data: {\"number\":\"1\"}\n\ndata: " + error + "\n\n");
}

TEST_F(StreamingTest, AnswersARefusedStreamWithItsHttpStatus) {
  HttpAnswer refused = Get(port(), "/ticks?refuse=7");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("PERMISSION_DENIED"));
  EXPECT_EQ(refused.Field("Content-Type"), "application/json");
  HttpAnswer events =
      Get(port(), "/ticks?refuse=3", {"Accept: text/event-stream"});
  EXPECT_EQ(events.status, 400);
  WebSocketClient viewer(port(), "/ticks?refuse=16");
  EXPECT_THAT(viewer.Read(), HasSubstr("UNAUTHENTICATED"));
  EXPECT_EQ(viewer.AwaitClose(), 1008);
}

TEST_F(StreamingTest, TellsAPageWhatIsWrongWithItsRequest) {
  struct Case {
    const char* target;
    const char* says;
    int close_code;
  };
  for (const Case& c : {
           Case{"/ticks?backlog=many", R"(parameter \"backlog\")", 4003},
           Case{"/ticks?toppics=x", R"(parameter \"toppics\")", 4003},
           Case{"/ticks?topics=%FF", R"(\"topics\": must be valid UTF-8)",
                4003},
           Case{"/nowhere", "nothing is at path /nowhere", 4005},
           Case{"/bridge.testing.Ticker/Put", "takes POST, not GET", 4012},
       }) {
    WebSocketClient viewer(port(), c.target);
    EXPECT_THAT(viewer.Read(), HasSubstr(c.says)) << c.target;
    EXPECT_EQ(viewer.AwaitClose(), c.close_code) << c.target;
  }
}

TEST_F(StreamingTest, LetsPagesOfAnyOriginRead) {
  for (const char* origin : {"https://example.org", "null"}) {
    WebSocketClient viewer(port(), "/count/1", {{"Origin", origin}});
    EXPECT_EQ(viewer.Read(), R"({"number":"1"})") << origin;
    HttpAnswer answer =
        Get(port(), "/count/1", {std::string("Origin: ") + origin});
    EXPECT_EQ(answer.Field("Access-Control-Allow-Origin"), "*");
  }
}

TEST_F(StreamingTest, RefusesPagesOfOriginsThatAreNotAllowed) {
  Options options = TestOptions();
  options.allowed_origins = {"https://friend.example"};
  Start(options);
  WebSocketClient friendly(port(), "/count/1",
                           {{"Origin", "https://friend.example"}});
  EXPECT_EQ(friendly.Read(), R"({"number":"1"})");
  WebSocketClient foe(port(), "/count/1", {{"Origin", "https://foe.example"}});
  EXPECT_THAT(foe.Read(), HasSubstr("origin"));
  EXPECT_EQ(foe.AwaitClose(), 1008);
  EXPECT_EQ(Get(port(), "/count/1", {"Origin: https://foe.example"}).status,
            403);
}

TEST_F(StreamingTest, CarriesAMessageOfTheLargestSize) {
  std::string large(3 << 20, 'x');
  WebSocketClient viewer(port(), "/ticks");
  RawClient events(port());
  events.Send(Request("/ticks", "Accept: text/event-stream\r\n"));
  events.ReadUntil("\r\n\r\n");
  server_->Publish(large);
  EXPECT_EQ(viewer.Read(), R"({"number":"1","text":")" + large + "\"}");
  EXPECT_THAT(events.ReadUntil("\n\n"), HasSubstr(large));
}

TEST_F(StreamingTest, ServesAUnaryMethodOverWebSocketAsAStreamOfOne) {
  WebSocketClient viewer(port(), "/ticks/5");
  EXPECT_EQ(viewer.Read(), R"({"number":"5"})");
  EXPECT_EQ(viewer.AwaitClose(), 1000);
}

}  // namespace
}  // namespace bridge::testing
