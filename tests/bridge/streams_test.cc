// Many streams on one WebSocket, before a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/bridge/testing/streams_socket.h"

namespace bridge::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using StreamsTest = SocketOfStreamsTest;

TEST_F(StreamsTest, CarriesStreamsThatOpenAndCloseAndOpenAgain) {
  auto client = Connect();
  Watch(*client, 1);
  Watch(*client, 7, R"(,"request":{"topics":["other"]})");
  EXPECT_EQ(bridge_->stats().streams, 2);
  EXPECT_EQ(bridge_->stats().viewers, 1);
  server_->Publish("x");
  std::vector<std::string> both = {client->Read(), client->Read()};
  EXPECT_THAT(both,
              ::testing::UnorderedElementsAre(Message(1, 1), Message(7, 1)));
  client->Write(Close(1));
  EXPECT_EQ(client->Read(), Closed(1));
  server_->Publish("x");
  EXPECT_EQ(client->Read(), Message(7, 2));
  Watch(*client, 1, R"(,"after":"1")");
  EXPECT_EQ(client->Read(), Message(1, 2));
  client->Write(Open(4294967295u, "Count", R"(,"request":{"to":2})"));
  EXPECT_THAT(client->Read(), HasSubstr("4294967295"));
}

TEST_F(StreamsTest, AStreamEndsByItselfAndItsIdIsFree) {
  auto client = Connect();
  for (int i = 0; i < 2; ++i) {
    client->Write(Open(0, "/Count", R"(,"request":{"to":2})"));
    EXPECT_THAT(client->Read(), HasSubstr("no method is called")) << "a //";
    client->Write(
        R"({"open":{"method":"/bridge.testing.Ticker/Count","request":{"to":2}}})");
    EXPECT_EQ(client->Read(), Opened(0));
    EXPECT_EQ(client->Read(), R"({"id":0,"message":{"number":"1"}})");
    EXPECT_EQ(client->Read(), R"({"id":0,"message":{"number":"2"}})");
    EXPECT_EQ(client->Read(), Ended(0));
  }
  client->Write(Open(3, "Count", R"(,"request":{"to":1,"endWith":9})"));
  EXPECT_EQ(client->Read(), Opened(3));
  EXPECT_THAT(client->Read(), HasSubstr("message"));
  EXPECT_THAT(client->Read(), StartsWith(ErrorOf(3)));
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().streams == 0; }));
  EXPECT_EQ(Closes("4009"), 1);
}

TEST_F(StreamsTest, AnErrorOfOneStreamLeavesTheOthers) {
  auto client = Connect();
  Watch(*client, 1);
  struct Case {
    std::string frame;
    const char* status;
    const char* says;
  };
  for (const Case& c : {
           Case{Open(9, "Nothing"), "NOT_FOUND", "open.method: no method"},
           Case{R"({"open":{"id":9}})", "NOT_FOUND", "open.method"},
           Case{Open(9, "Chat"), "UNIMPLEMENTED", "open.method: to /bridge"},
           Case{Open(9, "Sum"), "UNIMPLEMENTED", "open.method: to /bridge"},
           Case{Open(9, "Watch", R"(,"request":{"afterr":1})"),
                "INVALID_ARGUMENT", "open.request: afterr"},
           Case{Open(9, "Watch", R"(,"request":{"after":"x"})"),
                "INVALID_ARGUMENT", "open.request: after"},
           Case{Open(9, "Watch", R"(,"request":{"refuse":7})"),
                "PERMISSION_DENIED", "refused as asked"},
           Case{Open(9, "Watch", R"(,"after":"99")"), "OUT_OF_RANGE",
                "there are 0 ticks"},
           Case{Open(9, "Count", R"(,"after":"1")"), "INVALID_ARGUMENT",
                "open.after: the messages of this method have no cursor"},
           Case{Open(9, "Get", R"(,"after":"1")"), "INVALID_ARGUMENT",
                "open.after: is for streams"},
           Case{Open(9, "Get", R"(,"latest":true)"), "INVALID_ARGUMENT",
                "open.latest: is for streams"},
           Case{Open(9, "Get", R"(,"maxRate":1)"), "INVALID_ARGUMENT",
                "open.maxRate: is for streams"},
           Case{Open(9, "Get", R"(,"request":{"fail":5})"), "NOT_FOUND",
                R"(failed as \"asked\")"},
           Case{Open(9, "Watch", R"(,"maxRate":0)"), "INVALID_ARGUMENT",
                "open.maxRate: must be a number"},
           Case{Open(9, "Watch", R"(,"window":1000000001)"), "INVALID_ARGUMENT",
                "open.window: must be at most"},
       }) {
    client->Write(c.frame);
    const std::string answer = client->Read();
    EXPECT_THAT(
        answer,
        AllOf(StartsWith(absl::StrCat(
                  R"({"id":)", absl::StrContains(c.frame, "\"id\":9") ? 9 : 0)),
              HasSubstr(c.status), HasSubstr(c.says)))
        << c.frame;
  }
  server_->Publish("x");
  EXPECT_EQ(client->Read(), Message(1, 1));
}

TEST_F(StreamsTest, AnOpenThatIsWrongEndsItsOwnStreamAlone) {
  auto client = Connect();
  Watch(*client, 1);
  for (const auto& [fields, says] :
       {std::pair(R"("window":2.5)", "open.window"),
        std::pair(R"("window":-1)", "open.window"),
        std::pair(R"("request":5)", "open.request"),
        std::pair(R"("after":"abc")", "open.after"),
        std::pair(R"("methud":"x")", "methud")}) {
    client->Write(
        absl::StrCat(R"({"open":{"id":2,)", std::string(fields), "}}"));
    EXPECT_THAT(client->Read(), AllOf(StartsWith(ErrorOf(2)), HasSubstr(says)));
  }
  client->Write(R"({"open":{"id":1,"window":2.5}})");
  EXPECT_THAT(client->Read(), StartsWith(ErrorOf(1))) << "nobody knows which";
  Watch(*client, 1);
}

TEST_F(StreamsTest, WhatIsNoSuchMessageEndsTheSocket) {
  const std::string deep(40, '[');
  for (const auto& [frame, says] :
       std::vector<std::pair<std::string, std::string>>{
           {"", "not valid JSON"},
           {"hello", "not valid JSON"},
           {"[]", "must be a JSON object"},
           {"{}", "must have open, grant or close"},
           {R"({"opne":{}})", "opne"},
           {R"({"open":{"id":-1}})", "open.id"},
           {R"({"open":{"id":1.5}})", "open.id"},
           {R"({"open":{"request":5}})", "open.request"},
           {R"({"open":{},"close":{}})", "close"},
           {absl::StrCat(R"({"open":{"request":{"a":)", deep), "deep"},
       }) {
    auto client = Connect();
    Watch(*client, 1);
    client->Write(frame);
    const std::string last = client->Read();
    EXPECT_THAT(last,
                AllOf(StartsWith(R"({"error":{"code":400,)"), HasSubstr(says)))
        << frame;
    EXPECT_EQ(client->AwaitClose(), 4003) << frame;
  }
  auto client = Connect();
  std::string open = R"({"open":{"id":1,"method":"nobody/Knows"}})";
  open.resize(16 << 10, ' ');
  client->Write(open);
  EXPECT_THAT(client->Read(), StartsWith(R"({"id":1,"error":{"code":404,)"));
  client->Write(open + " ");
  EXPECT_EQ(client->AwaitClose(), 1009);
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
  EXPECT_EQ(bridge_->stats().streams, 0);
}

TEST_F(StreamsTest, OneThatIsOpenedTwiceEnds) {
  auto client = Connect();
  Watch(*client, 1);
  client->Write(Open(1, "Count", R"(,"request":{"to":1})"));
  EXPECT_THAT(client->Read(),
              AllOf(StartsWith(ErrorOf(1)), HasSubstr("ALREADY_EXISTS")));
  EXPECT_EQ(bridge_->stats().streams, 0);
  Watch(*client, 1);
}

TEST_F(StreamsTest, EachCloseIsAnsweredAndAGrantToNobodyIsNot) {
  auto client = Connect();
  client->Write(Grant(5, 1));
  client->Write(Close(5));
  client->Write(Open(5, "Count", R"(,"request":{"to":0})"));
  client->Write(Close(5));
  EXPECT_EQ(client->Read(), Closed(5));
  std::string frame = client->Read();
  while (frame != Closed(5)) frame = client->Read();  // opened, ended: maybe
  Watch(*client, 5);
}

TEST_F(StreamsTest, ResumesWithoutHoleOrDouble) {
  Options options = TestOptions();
  options.feed.ring.frames = 16;  // so that some is behind it
  Start(options);
  auto client = Connect();
  Watch(*client, 2);
  int64_t seen = 0;
  for (int round = 1; round <= 25; ++round) {
    server_->PublishMany(round + 7, "x");
    client->Write(Open(1, "Watch", absl::StrCat(R"(,"after":")", seen, "\"")));
    while (client->Read() != Opened(1)) {
    }
    for (int reads = round % 7 + 1; reads > 0;) {
      const std::string frame = client->Read();
      if (frame.starts_with(R"({"id":2,)")) continue;
      ASSERT_EQ(frame, Message(1, ++seen));
      --reads;
    }
    client->Write(Close(1));
    while (client->Read() != Closed(1)) {
    }
  }
}

TEST_F(StreamsTest, StartsWhereTheRequestSaysAndAfterWins) {
  server_->PublishMany(10, "x");
  auto client = Connect();
  Watch(*client, 1, R"(,"request":{"backlog":2})");
  EXPECT_EQ(client->Read(), Message(1, 9));
  EXPECT_EQ(client->Read(), Message(1, 10));
  Watch(*client, 2, R"(,"request":{"backlog":5},"after":9)");
  EXPECT_EQ(client->Read(), Message(2, 10));
}

TEST_F(StreamsTest, LatestSkipsAndAMaxRateHoldsBack) {
  auto client = Connect();
  Watch(*client, 1, R"(,"latest":true,"window":1)");
  Watch(*client, 2, R"(,"maxRate":0.001)");
  Watch(*client, 3);
  const auto until = [&](const std::string& last) {
    std::vector<std::string> others;
    for (std::string frame; (frame = client->Read()) != last;) {
      if (!frame.starts_with(R"({"id":3,)")) others.push_back(frame);
    }
    return others;
  };
  server_->Publish("x");
  std::vector<std::string> first = {client->Read(), client->Read(),
                                    client->Read()};
  EXPECT_THAT(first, ::testing::UnorderedElementsAre(
                         Message(1, 1), Message(2, 1), Message(3, 1)));
  server_->PublishMany(5, "x");
  EXPECT_THAT(until(Message(3, 6)), ::testing::IsEmpty());
  client->Write(Grant(1, 1));
  EXPECT_EQ(client->Read(), Message(1, 6));
  // The last message of all waits for nothing.
  server_->EndWatches(grpc::Status::OK);
  std::vector<std::string> last = {client->Read(), client->Read(),
                                   client->Read(), client->Read()};
  EXPECT_THAT(last, ::testing::UnorderedElementsAre(Message(2, 6), Ended(1),
                                                    Ended(2), Ended(3)));
}

TEST_F(StreamsTest, AUnaryMethodIsAStreamOfOne) {
  auto client = Connect();
  for (int i = 1; i <= 300; ++i) {
    client->Write(Open(i, "Get", R"(,"request":{"number":"42"},"window":1)"));
    ASSERT_EQ(client->Read(), Opened(i));
    ASSERT_EQ(client->Read(),
              absl::StrCat(R"({"id":)", i, R"(,"message":{"number":"42"}})"));
    ASSERT_EQ(client->Read(), Ended(i));
  }
  client->Write(Open(1, "Put", R"(,"request":{"tick":{"level":0}})"));
  EXPECT_THAT(client->Read(),
              AllOf(StartsWith(ErrorOf(1)), HasSubstr("UNIMPLEMENTED"),
                    HasSubstr("POST it")));
}

TEST_F(StreamsTest, UnaryCallsEndWithTheirStreamOrTheirSocket) {
  server_->HoldGets(true);
  auto stays = Connect();
  Watch(*stays, 1);
  stays->Write(Open(2, "Get"));
  auto leaves = Connect();
  for (int i = 0; i < 20; ++i) leaves->Write(Open(i, "Get"));
  ASSERT_TRUE(Eventually([&] { return server_->gets_running() == 21; }));
  stays->Write(Close(2));
  EXPECT_EQ(stays->Read(), Closed(2));
  leaves->Close(1000);
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().streams == 1; }));
  EXPECT_EQ(Closes("left"), 1 + 1 + 20) << "a stream, a socket, its streams";
  EXPECT_TRUE(Eventually([&] { return server_->gets_running() == 0; }));
  server_->HoldGets(false);
  server_->Publish("x");
  EXPECT_EQ(stays->Read(), Message(1, 1));
}

TEST_F(StreamsTest, TwoSocketsAndAPlainViewerShareOneCall) {
  auto one = Connect();
  auto two = Connect();
  WebSocketClient plain(port(), "/ticks");
  Watch(*one, 1);
  Watch(*one, 2);
  Watch(*two, 3);
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 3; }));
  server_->Publish("x");
  EXPECT_THAT((std::vector<std::string>{one->Read(), one->Read()}),
              ::testing::UnorderedElementsAre(Message(1, 1), Message(2, 1)));
  EXPECT_EQ(two->Read(), Message(3, 1));
  EXPECT_EQ(plain.Read(), R"({"number":"1","text":"x"})");
  EXPECT_EQ(server_->watches_started(), 1);
  EXPECT_EQ(bridge_->stats().messages_encoded, 1);
  // All leave at once.
  server_->EndWatches(grpc::Status(grpc::StatusCode::ABORTED, "done"));
  EXPECT_THAT(one->Read(), HasSubstr("ABORTED"));
  EXPECT_THAT(one->Read(), HasSubstr("ABORTED"));
  EXPECT_THAT(two->Read(), HasSubstr("ABORTED"));
}

TEST_F(StreamsTest, ADrainEndsTheSocketWith1012) {
  auto client = Connect();
  Watch(*client, 1);
  server_->HoldGets(true);
  client->Write(Open(2, "Get"));
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().streams == 2; }));
  auto end = std::async(std::launch::async, [&] {
    const std::string last = client->Read();
    client->AwaitClose();
    return last;
  });
  bridge_->Drain();
  EXPECT_THAT(end.get(), HasSubstr("shutting down"));
  EXPECT_EQ(client->AwaitClose(), 1012);
  EXPECT_EQ(Closes("1012"), 3) << "the socket, its streams";
  server_->HoldGets(false);
}

TEST_F(StreamsTest, TheHandshakeSaysWhoAsks) {
  auto client =
      Connect({{"Authorization", "Bearer me"}, {"X-Request-Id", "this-one"}});
  Watch(*client, 1);
  auto page = Connect({{"Sec-WebSocket-Protocol", "bearer, you"}});
  Watch(*page, 1);
  EXPECT_THAT(server_->authorizations(),
              ::testing::ElementsAre("Bearer me", "Bearer you"));
  client->Write(Open(2, "Get"));
  EXPECT_EQ(client->Read(), Opened(2));
  EXPECT_EQ(server_->received("authorization").back(), "Bearer me");
  EXPECT_EQ(server_->received("x-request-id").back(), "this-one");
}

TEST_F(StreamsTest, APageOfAnotherOriginMayReadAlone) {
  auto page = Connect({{"Origin", "https://any.example"}});
  Watch(*page, 1);
  page->Write(Open(2, "Get"));
  EXPECT_EQ(page->Read(), Opened(2));
  page->Read();
  EXPECT_EQ(page->Read(), Ended(2));
  page->Write(Open(3, "Put"));
  EXPECT_THAT(page->Read(), HasSubstr("POST it")) << "where origins are asked";
  auto foe = Connect(
      {{"Origin", "https://any.example"}, {"Authorization", "Bearer stolen"}});
  EXPECT_EQ(foe->AwaitClose(), 1008);
}

TEST_F(StreamsTest, TellsHowToOneThatOpensNoWebSocket) {
  for (const HttpAnswer& answer :
       {Get(port(), "/streams"), Post(port(), "/streams", "{}")}) {
    EXPECT_EQ(answer.status, 426);
    EXPECT_EQ(answer.Field("Upgrade"), "websocket");
    EXPECT_THAT(answer.body, HasSubstr("open one here, and send"));
  }
  WebSocketClient asks(port(), "/streams?window=1");
  EXPECT_THAT(asks.Read(), HasSubstr("/streams takes no parameters"));
  EXPECT_EQ(asks.AwaitClose(), 4003);
}

TEST_F(StreamsTest, PingsAndClosesOneThatDoesNotAnswer) {
  Options options = TestOptions();
  options.viewer.ping_interval = absl::Milliseconds(300);
  options.viewer.pong_wait = absl::Milliseconds(1000);
  Start(options);
  RawClient silent(port());
  silent.Upgrade("/streams");
  silent.ReadUntil(std::string("\x89\x00", 2));
  EXPECT_THAT(silent.ReadUntil(CloseBytes(1011)),
              HasSubstr("no answer to a ping"));
}

}  // namespace
}  // namespace bridge::testing
