// Methods to which clients stream, over a WebSocket.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kChat[] = "/bridge.testing.Ticker/Chat";
constexpr char kSum[] = "/bridge.testing.Ticker/Sum";

std::string Tick(int64_t number, std::string_view text) {
  return absl::StrCat(R"({"number":")", number, R"(","text":")",
                      std::string(text), "\"}");
}

class BidiTest : public BridgeTest {
 protected:
  void SetUp() override { Start(); }
};

TEST_F(BidiTest, AFrameIsAMessageEitherWayAndAnEmptyOneTheLast) {
  for (int round = 0; round < 50; ++round) {
    WebSocketClient client(port(), kChat);
    client.Write(Tick(1, "one"));
    EXPECT_EQ(client.Read(), Tick(1, "one"));
    client.Write(Tick(2, "two"));
    EXPECT_EQ(client.Read(), Tick(2, "two"));
    EXPECT_EQ(client.Read(), Tick(2, "two"));
    client.Write("");
    EXPECT_EQ(client.Read(), Tick(2, "bye"));
    EXPECT_EQ(client.AwaitClose(), 1000);
  }
  EXPECT_TRUE(Eventually([&] { return server_->chats() == 0; }));
}

TEST_F(BidiTest, MessagesThatComeTogetherKeepTheirOrder) {
  RawClient client(port());
  client.Upgrade(kChat);
  std::string frames;
  for (int i = 1; i <= 500; ++i) frames += TextFrame(Tick(0, absl::StrCat(i)));
  client.Send(frames + TextFrame(""));
  for (int i = 1; i <= 500; ++i) {
    client.ReadUntil(absl::StrCat("{\"text\":\"", i, "\"}"));
  }
  client.ReadUntil("bye");
  client.ReadUntil(CloseBytes(1000));
}

TEST_F(BidiTest, AStreamOfMessagesGetsItsOneAnswer) {
  for (int i = 0; i < 30; ++i) {
    WebSocketClient client(port(), kSum);
    for (int n = 1; n <= 3; ++n) {
      client.Write(absl::StrCat(R"({"tick":{"number":)", n, "}}"));
    }
    client.Write("");
    ASSERT_EQ(client.Read(), R"({"sum":"6","count":"3"})");
    ASSERT_EQ(client.AwaitClose(), 1000);
  }
  WebSocketClient by_rule(port(), "/ticks:sum?author=me");
  by_rule.Write(R"({"number":5})");
  by_rule.Write("");
  EXPECT_EQ(by_rule.Read(), R"({"sum":"5","count":"1"})");
}

TEST_F(BidiTest, EndsAsTheUpstreamSays) {
  for (const char* method : {kChat, kSum}) {
    WebSocketClient client(port(), method);
    client.Write(method == kChat ? R"({"number":-1})"
                                 : R"({"tick":{"number":-1}})");
    if (method == kSum) client.Write("");
    EXPECT_THAT(client.Read(), HasSubstr("number: must not be negative"));
    EXPECT_EQ(client.AwaitClose(), 4003);
  }
  EXPECT_THAT(bridge_->stats().closes.Counts(),
              ::testing::Contains(::testing::Pair("4003", 2)));
}

TEST_F(BidiTest, TellsWhichMessageIsWrong) {
  for (const auto& [frame, says] :
       {std::pair(R"({"nummber":1})", "message 2: nummber"),
        std::pair("hello", "message 2: not valid JSON"),
        std::pair("[]", "message 2: must be a JSON object")}) {
    WebSocketClient client(port(), kChat);
    client.Write(Tick(1, "one"));
    EXPECT_EQ(client.Read(), Tick(1, "one"));
    client.Write(frame);
    EXPECT_THAT(client.Read(), HasSubstr(says));
    EXPECT_EQ(client.AwaitClose(), 4003);
  }
  WebSocketClient large(port(), kChat);
  const std::string fits(5000, 'x');
  large.Write(Tick(1, fits));
  EXPECT_EQ(large.Read(), Tick(1, fits));
  large.Write(Tick(1, std::string(1 << 20, 'x')));  // --max_body_bytes
  EXPECT_EQ(large.AwaitClose(), 1009);
  server_->HoldChats(true);  // so that it does not end before
  WebSocketClient client(port(), kChat);
  client.Write("");
  client.Write(Tick(1, "one"));
  EXPECT_THAT(client.Read(), HasSubstr("behind the empty one"));
  EXPECT_EQ(client.AwaitClose(), 4003);
  server_->HoldChats(false);
  EXPECT_TRUE(Eventually([&] { return server_->chats() == 0; }));
}

TEST_F(BidiTest, TheCallEndsWithItsClient) {
  WebSocketClient closes(port(), kChat);
  RawClient vanishes(port());
  vanishes.Upgrade(kChat);
  ASSERT_TRUE(Eventually([&] { return server_->chats() == 2; }));
  closes.Close(1000);
  vanishes.Abort();
  EXPECT_TRUE(Eventually([&] { return server_->chats() == 0; }));
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
}

TEST_F(BidiTest, IsNotReadFasterThanTheUpstreamTakesIt) {
  Options options = TestOptions();
  options.viewer.ping_interval = absl::Milliseconds(250);
  options.viewer.pong_wait = absl::Milliseconds(500);
  Start(options);
  server_->HoldChats(true);
  RawClient client(port());
  client.Upgrade(kChat);
  constexpr int kMessages = 6000;
  const std::string message = TextFrame(Tick(0, std::string(4000, 'x')));
  const size_t before = HeapInUse();
  std::atomic<int> sent = 0;
  auto sender = std::async(std::launch::async, [&] {
    for (int i = 0; i < kMessages; ++i, ++sent) client.Send(message);
    client.Send(TextFrame(""));
  });
  EXPECT_LT(Plateau([&] { return sent.load(); }), kMessages);
  EXPECT_LT(HeapInUse(), before + (2 << 20));
  // What it does not read it can't expect an answer in: it pings, and waits.
  for (int i = 0; i < 4; ++i) client.ReadUntil(std::string("\x89\x00", 2));
  server_->HoldChats(false);
  for (int i = 0; i < kMessages; ++i) client.ReadUntil("xx\"}");
  client.ReadUntil(Tick(kMessages, "bye"));
  sender.get();
  EXPECT_EQ(server_->chat_heard(), kMessages);
}

TEST_F(BidiTest, TheUpstreamIsNotReadFasterThanTheClientTakesIt) {
  WebSocketClient client(port(), kChat, {}, 4096);
  constexpr int kMessages = 20'000;
  const std::string text(3000, 'x');
  const size_t before = HeapInUse();
  client.Write(Tick(kMessages, text));
  EXPECT_LT(Plateau([&] { return server_->chat_said(); }), kMessages);
  EXPECT_LT(HeapInUse(), before + (2 << 20));
  client.Write("");
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_EQ(client.Read(), Tick(kMessages, text));
  }
  EXPECT_EQ(client.Read(), Tick(1, "bye"));
  EXPECT_EQ(client.AwaitClose(), 1000);
}

TEST_F(BidiTest, OneThatLeavesWhileItIsNotReadIsNoticed) {
  server_->HoldChats(true);
  auto client = std::make_unique<RawClient>(port());
  client->Upgrade(kChat);
  ASSERT_TRUE(Eventually([&] { return server_->chats() == 1; }));
  std::string frames;
  for (int i = 0; i < 100; ++i) frames += TextFrame(Tick(0, "x"));
  client->Send(frames);
  client.reset();
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
  server_->HoldChats(false);
}

TEST_F(BidiTest, MessagesDoNotCountAgainstTheRateAndPingsDo) {
  Options options = TestOptions();
  options.viewer.inbound_rate = 1;
  Start(options);
  WebSocketClient client(port(), kChat);
  for (int i = 0; i < 100; ++i) {
    client.Write(Tick(1, "x"));
    ASSERT_EQ(client.Read(), Tick(1, "x"));
  }
  for (int i = 0; i < 20; ++i) client.Ping("");
  EXPECT_EQ(client.AwaitClose(), 1008);
}

TEST_F(BidiTest, AMessageMayComeInPiecesThatAreNotTiny) {
  Options options = TestOptions();
  options.viewer.inbound_rate = 1;
  Start(options);
  // Beast sends it in pieces of 4 KiB.
  const std::string text(200'000, 'x');
  WebSocketClient client(port(), kChat);
  client.Write(Tick(1, text));
  EXPECT_EQ(client.Read(), Tick(1, text));

  RawClient tiny(port());
  tiny.Upgrade(kChat);
  const std::string masked_x("\x81\0\0\0\0x", 6);
  std::string pieces = "\x01" + masked_x;
  for (int i = 0; i < 20; ++i) pieces += std::string(1, '\0') + masked_x;
  tiny.Send(pieces);
  tiny.ReadUntil(CloseBytes(1008));
}

TEST_F(BidiTest, MessagesTogetherTakeNoMoreThanAllowed) {
  constexpr int64_t kMost = 3 << 20;
  Options options = TestOptions();
  options.http.max_buffered_bytes = kMost;
  Start(options);
  // None takes its answer, which is there as it came, and as JSON.
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  const auto refused = [&] {
    return bridge_->stats().refusals.Counts().contains("buffered_bytes");
  };
  for (int i = 0; i < 10 && !refused(); ++i) {
    clients.push_back(std::make_unique<WebSocketClient>(
        port(), kChat, std::vector<std::pair<std::string, std::string>>{},
        4096));
    clients.back()->Write(Tick(1, std::string(900'000, 'x')));
    EXPECT_TRUE(
        Eventually([&] { return server_->chat_said() == i + 1 || refused(); }));
    EXPECT_LE(bridge_->stats().buffered_bytes, kMost);
  }
  EXPECT_TRUE(refused());
  clients.clear();
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().buffered_bytes == 0; }));
}

TEST_F(BidiTest, AnAddressHasNoMoreThanAllowed) {
  Options options = TestOptions();
  options.http.per_address.spare_loopback = false;
  options.http.per_address.feeds = 1;
  Start(options);
  WebSocketClient one(port(), kChat);
  ASSERT_TRUE(Eventually([&] { return server_->chats() == 1; }));
  WebSocketClient two(port(), kChat);
  EXPECT_EQ(two.AwaitClose(), 1013);
  one.Close(1000);
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
  WebSocketClient three(port(), kChat);
  three.Write(Tick(1, "x"));
  EXPECT_EQ(three.Read(), Tick(1, "x"));
}

TEST_F(BidiTest, IsForPagesThatMayWriteAndForWebSocketsAlone) {
  WebSocketClient page(port(), kChat, {{"Origin", "https://any.example"}});
  EXPECT_THAT(page.Read(), HasSubstr("PERMISSION_DENIED"));
  EXPECT_EQ(page.AwaitClose(), 1008);
  EXPECT_EQ(Get(port(), kChat).status, 405);
  EXPECT_THAT(Post(port(), kChat, "{}").body,
              HasSubstr("streams both ways: open a WebSocket here"));
  WebSocketClient unary(port(), "/bridge.testing.Ticker/Put");
  EXPECT_EQ(unary.AwaitClose(), 4012) << "a POST, by which no stream comes";
}

TEST_F(BidiTest, ADrainEndsItWith1012) {
  WebSocketClient chat(port(), kChat);
  WebSocketClient sum(port(), kSum);
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
  std::vector<std::future<int>> ends;
  for (WebSocketClient* client : {&chat, &sum}) {
    ends.push_back(std::async(std::launch::async,
                              [client] { return client->AwaitClose(); }));
  }
  bridge_->Drain();
  for (std::future<int>& end : ends) EXPECT_EQ(end.get(), 1012);
}

}  // namespace
}  // namespace bridge::testing
