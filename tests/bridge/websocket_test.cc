// The WebSocket protocol on the real port: what a client may send, and pings.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "absl/time/clock.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class WebSocketTest : public BridgeTest {
 protected:
  void SetUp() override { Start(); }

  // A connection whose handshake is done.
  std::unique_ptr<RawClient> Connect() {
    auto client = std::make_unique<RawClient>(port());
    client->Upgrade("/ticks");
    return client;
  }

  // A frame as a client sends it, with a mask of zeros.
  static std::string Frame(uint8_t first, std::string_view payload) {
    std::string frame = {static_cast<char>(first)};
    if (payload.size() < 126) {
      frame.push_back(static_cast<char>(0x80 | payload.size()));
    } else {
      frame += {static_cast<char>(0xFE), static_cast<char>(payload.size() >> 8),
                static_cast<char>(payload.size())};
    }
    return frame.append(4, '\0').append(payload);
  }
};

TEST_F(WebSocketTest, ClosesForWhatBreaksTheRulesWithTheRfcsCode) {
  struct Case {
    const char* what;
    std::string bytes;
    uint16_t code;
  };
  for (const Case& c : {
           Case{"binary", Frame(0x82, "x"), 1003},
           Case{"unmasked", std::string("\x81\x01x", 3), 1002},
           Case{"bad UTF-8", Frame(0x81, "\xC0\xAF"), 1007},
           Case{"too big", Frame(0x81, std::string(4097, 'x')), 1009},
           Case{"reserved bit", Frame(0xC1, "x"), 1002},
           Case{"reserved opcode", Frame(0x83, ""), 1002},
           Case{"bad close code", Frame(0x88, CloseBytes(1005)), 1002},
       }) {
    auto client = Connect();
    client->Send(c.bytes);
    std::string end = client->ReadToEnd();
    EXPECT_THAT(end, HasSubstr("\"error\"")) << c.what;
    EXPECT_THAT(end, HasSubstr(CloseBytes(c.code))) << c.what;
  }
  EXPECT_EQ(bridge_->stats().refusals.Counts().at("message_bytes"), 1);
}

TEST_F(WebSocketTest, TakesMessagesUpToTheLimitAndGoesOn) {
  auto client = Connect();
  ASSERT_TRUE(server_->AwaitWatches(1));
  client->Send(Frame(0x81, std::string(4096, 'x')));
  client->Send(Frame(0x81, "h\xC3\xA4ppy"));
  server_->Publish("still here");
  client->ReadUntil("still here");
}

TEST_F(WebSocketTest, ClosesOneThatPoursFramesAndTellsWhy) {
  const std::string ping = Frame(0x89, std::string(125, 'x'));
  const std::string fragment = Frame(0x00, "");
  auto good = Connect();
  int closed = 0;
  for (const auto& [first, next] :
       {std::pair(ping, ping), std::pair(Frame(0x81, "x"), Frame(0x81, "x")),
        std::pair(Frame(0x01, ""), fragment)}) {
    auto client = Connect();
    client->Send(first);
    for (int i = 0; i < 200; ++i) client->SendAll(next);
    const std::string end = client->ReadToEnd();
    EXPECT_THAT(end, HasSubstr("a viewer may send 20 frames a second"));
    EXPECT_THAT(end, HasSubstr(CloseBytes(1008)));
    EXPECT_EQ(bridge_->stats().refusals.Counts().at("viewer_frames"), ++closed);
  }
  // Bytes of one frame without end.
  auto client = Connect();
  client->Send(Frame(0x81, std::string(4000, 'x')).substr(0, 8));
  EXPECT_TRUE(Eventually([&] {
    client->SendAll("x");
    return bridge_->stats().refusals.Counts().at("viewer_frames") > closed;
  }));
  EXPECT_THAT(client->ReadToEnd(), HasSubstr(CloseBytes(1008)));
  server_->Publish("still here");
  good->ReadUntil("still here");
}

TEST_F(WebSocketTest, OneThatIsClosedAndGoesOnSendingIsCutOff) {
  auto client = Connect();
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  const std::string pings(1 << 20, '\0');  // of no frame's form
  EXPECT_TRUE(Eventually([&] {
    client->SendAll(pings);
    return bridge_->stats().viewers == 0;
  })) << "well before close_wait";
}

TEST_F(WebSocketTest, AnswersAPingWithItsPayload) {
  auto client = Connect();
  client->Send(Frame(0x89, "are you there?"));
  EXPECT_EQ(client->ReadUntil("there?"),
            std::string("\x8A\x0E", 2) + "are you there?");
}

TEST_F(WebSocketTest, ReadsFramesThatComeByteByByte) {
  auto client = Connect();
  std::string frames = Frame(0x81, "hello") + Frame(0x89, "ping");
  for (char byte : frames) client->Send({&byte, 1});
  client->ReadUntil("ping");
}

TEST_F(WebSocketTest, ReadsFramesThatComeWithTheHandshake) {
  RawClient client(port());
  client.Send(
      "GET /ticks HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
      Frame(0x89, "early"));
  client.ReadUntil("early");
}

TEST_F(WebSocketTest, AnswersACloseAndCloses) {
  auto client = Connect();
  client->Send(Frame(0x88, CloseBytes(1000)));
  EXPECT_EQ(client->ReadToEnd(), std::string("\x88\x02", 2) + CloseBytes(1000));
  auto silent = Connect();
  silent->Send(Frame(0x88, ""));
  EXPECT_EQ(silent->ReadToEnd(), std::string("\x88\x00", 2));
}

TEST_F(WebSocketTest, ClosesFirstAndWaitsForTheAnswer) {
  RawClient client(port());
  client.Upgrade("/count/1");
  client.ReadUntil(CloseBytes(1000));
  EXPECT_EQ(bridge_->stats().viewers, 1);
  client.Send(Frame(0x88, CloseBytes(1000)));
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
}

TEST_F(WebSocketTest, WaitsForTheAnswerToACloseNoLongerThanAllowed) {
  Options options = TestOptions();
  options.viewer.close_wait = absl::Milliseconds(300);
  Start(options);
  RawClient client(port());
  client.Upgrade("/count/1");
  client.ReadUntil(CloseBytes(1000));
  EXPECT_TRUE(client.AwaitEnd());
}

TEST_F(WebSocketTest, ClosesThatCrossEndIt) {
  Options options = TestOptions();
  options.feed.linger = absl::Milliseconds(10);
  Start(options);
  for (int i = 0; i < 50; ++i) {
    auto client = Connect();
    ASSERT_TRUE(server_->AwaitWatches(1));
    server_->EndWatches(grpc::Status::OK);
    client->Send(Frame(0x88, CloseBytes(1001)));
    EXPECT_TRUE(client->AwaitEnd());
    ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
    ASSERT_TRUE(Eventually([&] { return bridge_->stats().feeds == 0; }));
  }
}

TEST_F(WebSocketTest, WhatComesBehindACloseIsIgnored) {
  auto client = Connect();
  client->Send(Frame(0x88, CloseBytes(1000)) + Frame(0x89, "ping") +
               Frame(0x82, "binary"));
  EXPECT_EQ(client->ReadToEnd(), std::string("\x88\x02", 2) + CloseBytes(1000));
}

TEST_F(WebSocketTest, AClientThatOnlyStopsSendingHasLeft) {
  auto client = Connect();
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  client->ShutdownSend();
  EXPECT_TRUE(client->AwaitEnd());
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
}

TEST_F(WebSocketTest, AnswersAPingAmongTheFragmentsOfAMessage) {
  auto client = Connect();
  ASSERT_TRUE(server_->AwaitWatches(1));
  client->Send(Frame(0x01, "one ") + Frame(0x89, "here?") + Frame(0x00, "two"));
  client->ReadUntil("here?");
  client->Send(Frame(0x89, "still?") + Frame(0x80, "three"));
  client->ReadUntil("still?");
  server_->Publish("on");
  client->ReadUntil("\"on\"");
}

TEST_F(WebSocketTest, SlipsAPongBetweenFramesThatAreReadByteByByte) {
  WebSocketClient slow(port(), "/ticks", {}, 2048);
  ASSERT_TRUE(server_->AwaitWatches(1));
  const std::string text(300'000, 'x');
  for (int i = 0; i < 5; ++i) server_->Publish(text);
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().messages_taken == 5; }));
  slow.Ping("are you there?");  // while a frame is on its way
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(slow.Read(), "{\"number\":\"" + std::to_string(i) +
                               "\",\"text\":\"" + text + "\"}");
  }
  server_->Publish("end");
  slow.Read();
  EXPECT_EQ(slow.pongs(), 1);
}

TEST_F(WebSocketTest, OutlivesClientsThatCloseWithTheHandshakeAndVanish) {
  auto keeps = Connect();
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->Publish(std::string(100'000, 'x'));  // something to send at once
  for (int i = 0; i < 500; ++i) {
    RawClient client(port());
    client.Send(
        "GET /ticks HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
        Frame(0x88, CloseBytes(1000)));
    client.Abort();
  }
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().sessions == 0; }));
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  server_->Publish("still here");
  keeps->ReadUntil("still here");
}

TEST_F(WebSocketTest, NoticesAClientThatVanishes) {
  auto client = Connect();
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  client->Abort();
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
}

TEST_F(WebSocketTest, NeverAcceptsToDecompress) {
  RawClient client(port());
  client.Send(
      "GET /ticks HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"),
              AllOf(HasSubstr("HTTP/1.1 101"),
                    Not(HasSubstr("Sec-WebSocket-Extensions"))));
  client.Send(Frame(0xC1, "\xAA\x02"));  // compressed all the same
  EXPECT_THAT(client.ReadToEnd(), HasSubstr(CloseBytes(1002)));
}

TEST_F(WebSocketTest, RefusesABadHandshake) {
  RawClient no_key(port());
  no_key.Send(
      "GET /ticks HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n");
  EXPECT_THAT(no_key.ReadToEnd(), HasSubstr("HTTP/1.1 400"));
}

TEST_F(WebSocketTest, PingsAndClosesOneThatDoesNotAnswer) {
  Options options = TestOptions();
  options.viewer.ping_interval = absl::Milliseconds(300);
  options.viewer.pong_wait = absl::Milliseconds(1000);
  options.viewer.close_wait = absl::Milliseconds(300);
  Start(options);
  auto silent = Connect();
  EXPECT_THAT(silent->ReadUntil(std::string("\x89\x00", 2)),
              testing::HasSubstr(std::string("\x89\x00", 2)));
  EXPECT_THAT(silent->ReadToEnd(), HasSubstr(CloseBytes(1011)));
}

TEST_F(WebSocketTest, KeepsOneThatAnswersPings) {
  Options options = TestOptions();
  options.viewer.ping_interval = absl::Milliseconds(250);
  options.viewer.pong_wait = absl::Milliseconds(500);
  Start(options);
  WebSocketClient viewer(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  // Reading is what makes the client answer.
  auto message = std::async(std::launch::async, [&] { return viewer.Read(); });
  EXPECT_TRUE(Eventually([&] { return viewer.pings() >= 4; }));
  server_->Publish("x");
  EXPECT_THAT(message.get(), HasSubstr("\"x\""));
}

TEST_F(WebSocketTest, DoesNotPingOneThatHearsSomethingAnyway) {
  Options options = TestOptions();
  options.viewer.ping_interval = absl::Milliseconds(600);
  Start(options);
  WebSocketClient viewer(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  for (int i = 0; i < 200; ++i) {
    server_->Publish("x");
    ASSERT_THAT(viewer.Read(), HasSubstr("\"x\""));
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_EQ(viewer.pings(), 0);
}

TEST_F(WebSocketTest, CommentsKeepAQuietEventStreamAlive) {
  Options options = TestOptions();
  options.viewer.comment_interval = absl::Milliseconds(300);
  Start(options);
  RawClient viewer(port());
  viewer.Send(
      "GET /ticks HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n");
  viewer.ReadUntil("\r\n\r\n");
  EXPECT_EQ(viewer.ReadUntil("\n\n\r\n"), "3\r\n:\n\n\r\n");
  EXPECT_EQ(viewer.ReadUntil("\n\n\r\n"), "3\r\n:\n\n\r\n");
}

}  // namespace
}  // namespace bridge::testing
