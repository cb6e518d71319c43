// What streams on one WebSocket may take, and that none of them holds up
// another.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <future>
#include <string>
#include <vector>

#include "tests/bridge/testing/streams_socket.h"

namespace bridge::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using StreamsBoundsTest = SocketOfStreamsTest;

constexpr int kSmallBuffer = 4096;

TEST_F(StreamsBoundsTest, AWindowHoldsUpItsStreamAlone) {
  auto client = Connect();
  Watch(*client, 1, R"(,"window":2)");
  Watch(*client, 2);
  // Reads five of the second's, and gives what came of the first.
  int64_t second = 0;
  const auto read_five = [&] {
    std::vector<std::string> first;
    for (const int64_t until = second + 5; second < until;) {
      std::string frame = client->Read();
      if (frame.starts_with(R"({"id":1,)")) {
        first.push_back(std::move(frame));
      } else {
        EXPECT_EQ(frame, Message(2, ++second));
      }
    }
    return first;
  };
  server_->PublishMany(5, "x");
  std::vector<std::string> first = read_five();
  server_->PublishMany(5, "x");
  for (std::string& frame : read_five()) first.push_back(std::move(frame));
  EXPECT_THAT(first, ::testing::ElementsAre(Message(1, 1), Message(1, 2)));
  client->Write(Grant(1, 1));
  EXPECT_EQ(client->Read(), Message(1, 3));
  client->Write(Grant(1, 3));
  for (int i = 4; i <= 6; ++i) EXPECT_EQ(client->Read(), Message(1, i));
  client->Write(Close(1));
  EXPECT_EQ(client->Read(), Closed(1)) << "not a seventh";
}

TEST_F(StreamsBoundsTest, RefusesGrantsThatBreakTheRules) {
  auto client = Connect();
  for (const auto& [open, grant, says] :
       {std::tuple("", Grant(1, 1), "grant.id: this stream was opened without"),
        std::tuple(R"(,"window":1)", Grant(1, 0), "grant.messages: must be 1"),
        std::tuple(R"(,"window":1)", Grant(1, 1'000'000'000),
                   "grant.messages: more than 1000000000")}) {
    Watch(*client, 1, open);
    client->Write(grant);
    EXPECT_THAT(client->Read(), AllOf(StartsWith(ErrorOf(1)), HasSubstr(says)));
  }
}

TEST_F(StreamsBoundsTest, OneThatIsGrantedTooLittleFallsOffAndResumes) {
  Options options = TestOptions();
  options.feed.ring.frames = 8;
  Start(options);
  auto client = Connect();
  Watch(*client, 1, R"(,"window":1)");
  Watch(*client, 2);
  bool fell_off = false;
  for (int64_t i = 1; i <= 40; ++i) {
    server_->Publish("x");
    for (std::string frame; frame != Message(2, i);) {
      frame = client->Read();
      if (!frame.starts_with(R"({"id":1,)")) continue;
      if (frame == Message(1, 1)) continue;
      EXPECT_THAT(frame,
                  AllOf(StartsWith(ErrorOf(1)), HasSubstr("RESOURCE_EXHAUSTED"),
                        HasSubstr("open it again and resume")));
      fell_off = true;
    }
  }
  EXPECT_TRUE(fell_off);
  client->Write(Open(1, "Watch", R"(,"after":"1")"));
  EXPECT_EQ(client->Read(), Opened(1));
  for (int64_t i = 2; i <= 40; ++i) EXPECT_EQ(client->Read(), Message(1, i));
}

TEST_F(StreamsBoundsTest, OneThatCatchesUpAndIsHeldUpLeavesTheOthersAlone) {
  server_->PublishMany(3000, "x");
  auto client = Connect();
  Watch(*client, 1, R"(,"after":"0","window":1)");
  EXPECT_EQ(client->Read(), Message(1, 1));
  Watch(*client, 2, R"(,"after":"0")");
  for (int64_t i = 1; i <= 3000; ++i) ASSERT_EQ(client->Read(), Message(2, i));
  for (int64_t i = 2; i <= 300; ++i) {
    client->Write(Grant(1, 1));
    ASSERT_EQ(client->Read(), Message(1, i));
  }
}

TEST_F(StreamsBoundsTest, OneThatCatchesUpAndIsGrantedNothingIsGivenUp) {
  Options options = TestOptions();
  options.viewer.stall_limit = absl::Seconds(1);
  Start(options);
  server_->PublishMany(3000, "x");
  auto client = Connect();
  // Where all are nothing is held for it alone.
  Watch(*client, 1, R"(,"window":1)");
  EXPECT_EQ(client->Read(), Message(1, 3000));
  Watch(*client, 2, R"(,"after":"0","window":1)");
  EXPECT_EQ(client->Read(), Message(2, 1));
  ASSERT_TRUE(server_->AwaitWatches(2));
  EXPECT_THAT(client->Read(),
              AllOf(StartsWith(ErrorOf(2)), HasSubstr("nothing was granted")));
  EXPECT_TRUE(server_->AwaitWatches(1));
  client->Write(Grant(1, 1));
  server_->Publish("x");
  EXPECT_EQ(client->Read(), Message(1, 3001));
}

TEST_F(StreamsBoundsTest, AnswersTogetherTakeNoMoreThanAllowed) {
  Options options = TestOptions();
  options.http.max_buffered_bytes = 20 << 20;
  Start(options);
  auto client = Connect({}, kSmallBuffer);
  constexpr int kCalls = 10;
  for (int i = 0; i < kCalls; ++i) {
    client->Write(Open(i, "Get", R"(,"request":{"size":3000000})"));
  }
  EXPECT_TRUE(Eventually([&] { return Refusals("buffered_bytes") > 0; }));
  int refused = 0;
  for (int over = 0; over < kCalls;) {
    const std::string frame = client->Read();
    ASSERT_FALSE(frame.empty());
    refused += frame.find("UNAVAILABLE") != frame.npos;
    over += frame.size() < 1000 && frame.find("opened") == frame.npos;
  }
  EXPECT_GE(refused, 1);
  EXPECT_LT(refused, kCalls);
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().buffered_bytes == 0; }));
}

TEST_F(StreamsBoundsTest, HasNoMoreStreamsThanAllowed) {
  Options options = TestOptions();
  options.http.max_streams_per_socket = 3;
  Start(options);
  auto client = Connect();
  for (int i = 1; i <= 3; ++i) Watch(*client, i);
  client->Write(Open(4, "Watch"));
  EXPECT_THAT(client->Read(),
              AllOf(StartsWith(ErrorOf(4)), HasSubstr("RESOURCE_EXHAUSTED"),
                    HasSubstr("this socket has 3 streams open")));
  EXPECT_EQ(Refusals("streams_of_a_socket"), 1);
  client->Write(Close(2));
  EXPECT_EQ(client->Read(), Closed(2));
  Watch(*client, 4);
}

TEST_F(StreamsBoundsTest, AHundredAtOnceAndAGrantAMessageAreNotTooMany) {
  Options options = TestOptions();
  options.viewer.inbound_rate = 1;
  Start(options);
  auto client = Connect();
  for (int i = 0; i < 100; ++i) {
    client->Write(Open(i, "Watch", R"(,"window":1)"));
  }
  for (int i = 0; i < 100; ++i)
    EXPECT_THAT(client->Read(), HasSubstr("opened"));
  for (int i = 1; i < 100; ++i) client->Write(Close(i));
  for (int i = 1; i < 100; ++i) EXPECT_EQ(client->Read(), Closed(i));
  server_->PublishMany(1000, "x");
  for (int64_t i = 1; i <= 1000; ++i) {
    ASSERT_EQ(client->Read(), Message(0, i));
    client->Write(Grant(0, 1));
  }
  for (int i = 0; i < 300; ++i) client->Write(Close(i));
  EXPECT_EQ(client->AwaitClose(), 1008);
  EXPECT_EQ(Refusals("viewer_frames"), 1);
}

TEST_F(StreamsBoundsTest, WhatWasReceivedForAgesIsNotSavedUpWithoutEnd) {
  constexpr int kMessages = 12'000;
  Options options = TestOptions();
  options.viewer.inbound_rate = 1;
  Start(options);
  auto client = Connect();
  Watch(*client, 0);
  for (int i = 0; i < kMessages; i += 1000) {
    server_->PublishMany(1000, "x");
    for (int64_t n = i + 1; n <= i + 1000; ++n) {
      ASSERT_EQ(client->Read(), Message(0, n));
    }
  }
  // Nobody answers a grant to a stream that is not there.
  for (int i = 0; i < kMessages; ++i) client->Write(Grant(1, 1));
  EXPECT_EQ(client->AwaitClose(), 1008);
}

TEST_F(StreamsBoundsTest, AnAddressOpensNoMoreThanAllowed) {
  Options options = TestOptions();
  options.http.per_address.spare_loopback = false;
  options.http.per_address.opens = 2;
  options.http.per_address.feeds = 1;
  Start(options);
  auto client = Connect();
  Watch(*client, 1);
  client->Write(Open(2, "Watch", R"(,"request":{"topics":["other"]})"));
  EXPECT_THAT(client->Read(),
              HasSubstr("your address has 1 different streams"));
  client->Write(Open(3, "Watch"));
  EXPECT_THAT(client->Read(), HasSubstr("your address has opened 2 streams"));
  EXPECT_EQ(Refusals("opens_of_an_address"), 1);
}

TEST_F(StreamsBoundsTest, StreamsCountAsConnections) {
  Options options = TestOptions();
  options.http.per_address.spare_loopback = false;
  options.http.per_address.connections = 4;
  Start(options);
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().sessions == 0; }));
  auto client = Connect();
  for (int id = 1; id <= 3; ++id) Watch(*client, id);
  client->Write(Open(4, "Watch"));
  EXPECT_THAT(client->Read(), HasSubstr("4 connections and streams open"));
  EXPECT_EQ(Refusals("connections_of_an_address"), 1);
  client->Write(Close(1));
  EXPECT_EQ(client->Read(), Closed(1));
  Watch(*client, 4);

  options.http.per_address.connections = 0;
  options.http.max_connections = 3;
  Start(options);
  client = Connect();
  Watch(*client, 1);
  Watch(*client, 2);
  client->Write(Open(3, "Watch"));
  EXPECT_THAT(client->Read(), HasSubstr("too many streams"));
}

TEST_F(StreamsBoundsTest, OneThatTakesNothingIsNotReadOn) {
  Options options = TestOptions();
  options.viewer.inbound_rate = 0;
  Start(options);
  RawClient client(port());
  client.Upgrade("/streams");
  auto other = Connect();
  Watch(*other, 1);
  constexpr int kFrames = 30'000;
  const std::string frame = TextFrame(Open(1, "Nothing"));
  const size_t before = HeapInUse();
  auto sender = std::async(std::launch::async, [&] {
    for (int i = 0; i < kFrames; ++i) client.Send(frame);
  });
  EXPECT_LT(Plateau([&] { return Closes("4005"); }), kFrames);
  EXPECT_LT(HeapInUse(), before + (2 << 20));
  server_->Publish("x");
  EXPECT_EQ(other->Read(), Message(1, 1));
  for (int i = 0; i < kFrames; ++i) client.ReadUntil("no method is called");
  sender.get();
}

TEST_F(StreamsBoundsTest, ASlowReaderCostsNoMemoryAndFallsOffStreamByStream) {
  Options options = TestOptions();
  options.feed.ring.frames = 64;
  Start(options);
  auto stuck = Connect({}, kSmallBuffer);
  Watch(*stuck, 1);
  auto quick = Connect();
  Watch(*quick, 1);
  const std::string text(10'000, 'x');
  const size_t before = HeapInUse();
  size_t most = 0;
  for (int64_t i = 0; i < 3000;) {
    server_->PublishMany(20, text);
    for (int j = 0; j < 20; ++j)
      ASSERT_EQ(quick->Read(), Message(1, ++i, text));
    server_->Forget();
    most = std::max(most, HeapInUse());
  }
  EXPECT_LT(most, before + (8 << 20));
  int64_t seen = 0;
  std::string frame;
  while ((frame = stuck->Read()).find("message\":{\"number") != frame.npos) {
    ASSERT_EQ(frame, Message(1, ++seen, text));
  }
  EXPECT_LT(seen, 3000);
  EXPECT_THAT(frame, AllOf(StartsWith(ErrorOf(1)), HasSubstr("too slow")));
  Watch(*stuck, 1);
}

TEST_F(StreamsBoundsTest, ManyLargeMessagesOfManyStreamsArriveWhole) {
  auto client = Connect({}, kSmallBuffer);
  const std::string text(50'000, 'y');
  server_->PublishMany(30, text);
  constexpr int kStreams = 5;
  for (int i = 0; i < kStreams; ++i) {
    client->Write(Open(i, "Watch", R"(,"after":"0")"));
  }
  std::vector<int64_t> seen(kStreams);
  client->Ping("are you there?");
  for (int frames = 0; frames < kStreams * 31; ++frames) {
    const std::string frame = client->Read();
    const size_t id = static_cast<size_t>(frame[6] - '0');
    ASSERT_LT(id, seen.size());
    if (frame == Opened(static_cast<int>(id))) continue;
    ASSERT_EQ(frame, Message(static_cast<int>(id), ++seen[id], text));
  }
  EXPECT_EQ(client->pongs(), 1);
}

}  // namespace
}  // namespace bridge::testing
