#include "bridge/feed/wire.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bridge/transcode/utf8.h"

namespace bridge {
namespace {

constexpr Wire kWebSocket = {Framing::kWebSocket, false};
constexpr Wire kEvents = {Framing::kEventStream, true};
constexpr Wire kBareEvents = {Framing::kEventStream, false};
constexpr Wire kLines = {Framing::kNdjson, true};
constexpr Wire kBareLines = {Framing::kNdjson, false};

std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (int byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

TEST(WebSocketFrameTest, IsFinalAndUnmaskedAndHasItsOpcode) {
  EXPECT_EQ(WebSocketFrame(Opcode::kText, "hi"), Bytes({0x81, 2, 'h', 'i'}));
  EXPECT_EQ(WebSocketFrame(Opcode::kClose, ""), Bytes({0x88, 0}));
  EXPECT_EQ(WebSocketFrame(Opcode::kPing, ""), Bytes({0x89, 0}));
  EXPECT_EQ(WebSocketFrame(Opcode::kPong, "x"), Bytes({0x8A, 1, 'x'}));
}

TEST(WebSocketFrameTest, TheLengthTakesTheShortestFormThatHoldsIt) {
  struct Case {
    size_t size;
    std::string header;
  };
  const std::vector<Case> cases = {
      {0, Bytes({0x81, 0})},
      {125, Bytes({0x81, 125})},
      {126, Bytes({0x81, 126, 0, 126})},
      {127, Bytes({0x81, 126, 0, 127})},
      {256, Bytes({0x81, 126, 1, 0})},
      {65535, Bytes({0x81, 126, 0xFF, 0xFF})},
      {65536, Bytes({0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0})},
      {0x012345, Bytes({0x81, 127, 0, 0, 0, 0, 0, 1, 0x23, 0x45})},
  };
  for (const Case& test : cases) {
    std::string payload(test.size, 'x');
    EXPECT_EQ(WebSocketFrame(Opcode::kText, payload), test.header + payload)
        << test.size;
  }
}

TEST(WebSocketCloseTest, HoldsTheCodeAndTheReason) {
  EXPECT_EQ(WebSocketClose(1000, ""), Bytes({0x88, 2, 0x03, 0xE8}));
  EXPECT_EQ(WebSocketClose(4011, "gone"),
            Bytes({0x88, 6, 0x0F, 0xAB, 'g', 'o', 'n', 'e'}));
}

TEST(WebSocketCloseTest, AReasonIsCutToWhatAControlFrameHolds) {
  EXPECT_EQ(WebSocketClose(1000, std::string(123, 'x')).size(), 2 + 125u);
  EXPECT_EQ(WebSocketClose(1000, std::string(124, 'x')).size(), 2 + 125u);
  EXPECT_EQ(WebSocketClose(1000, std::string(5000, 'x')).size(), 2 + 125u);
}

TEST(WebSocketCloseTest, AReasonIsCutBetweenCharacters) {
  for (const std::string& character :
       {std::string("é"), std::string("€"), std::string("😀")}) {
    for (size_t before = 118; before <= 124; ++before) {
      std::string reason = std::string(before, 'x') + character;
      std::string frame = WebSocketClose(1000, reason);
      std::string sent = frame.substr(4);
      EXPECT_TRUE(IsValidUtf8(sent)) << before;
      EXPECT_EQ(sent, reason.size() <= 123
                          ? reason
                          : std::string(std::min<size_t>(before, 123), 'x'));
      EXPECT_EQ(frame[1], static_cast<char>(2 + sent.size()));
    }
  }
}

TEST(WebSocketCloseTest, AReasonThatIsNotUtf8IsCutBeforeIt) {
  EXPECT_EQ(WebSocketClose(1000,
                           "ab\xFF"
                           "cd"),
            Bytes({0x88, 4, 0x03, 0xE8, 'a', 'b'}));
  EXPECT_EQ(WebSocketClose(1000, "\xFF"), Bytes({0x88, 2, 0x03, 0xE8}));
}

TEST(HttpChunkTest, SaysItsLengthInHex) {
  EXPECT_EQ(HttpChunk("hello"), "5\r\nhello\r\n");
  EXPECT_EQ(HttpChunk(std::string(26, 'x')),
            "1a\r\n" + std::string(26, 'x') + "\r\n");
}

TEST(FramedMessageTest, WrapsAMessageForEachKindOfViewer) {
  EXPECT_EQ(FramedMessage(Framing::kWebSocket, "{}"),
            Bytes({0x81, 2, '{', '}'}));
  EXPECT_EQ(FramedMessage(Framing::kEventStream, "{}"),
            "a\r\ndata: {}\n\n\r\n");
  EXPECT_EQ(FramedMessage(Framing::kNdjson, "{}"), "3\r\n{}\n\r\n");
}

TEST(FramedMessageTest, AnEventHasTheCursorAsItsId) {
  const std::string event = FramedMessage(Framing::kEventStream, "{}", 42);
  EXPECT_EQ(event, "11\r\nid: 42\ndata: {}\n\n\r\n");
  EXPECT_EQ(OnWire({Framing::kEventStream, false}, event),
            "id: 42\ndata: {}\n\n");
  EXPECT_EQ(FramedMessage(Framing::kWebSocket, "{}", 42),
            FramedMessage(Framing::kWebSocket, "{}"));
  EXPECT_EQ(FramedMessage(Framing::kNdjson, "{}", 42),
            FramedMessage(Framing::kNdjson, "{}"));
}

TEST(OnWireTest, TakesTheChunkOffWhereTheClientKnowsNone) {
  for (size_t size : {0, 1, 15, 16, 300, 70'000}) {
    std::string json(size, 'x');
    std::string events = FramedMessage(Framing::kEventStream, json);
    std::string lines = FramedMessage(Framing::kNdjson, json);
    EXPECT_EQ(OnWire(kEvents, events), events);
    EXPECT_EQ(OnWire(kBareEvents, events), "data: " + json + "\n\n");
    EXPECT_EQ(OnWire(kLines, lines), lines);
    EXPECT_EQ(OnWire(kBareLines, lines), json + "\n");
  }
}

TEST(OnWireTest, PointsIntoWhatItIsGiven) {
  std::string lines = FramedMessage(Framing::kNdjson, "{}");
  std::string_view bare = OnWire(kBareLines, lines);
  EXPECT_GE(bare.data(), lines.data());
  EXPECT_LE(bare.data() + bare.size(), lines.data() + lines.size());
}

TEST(OnWireTest, LeavesWebSocketFramesAlone) {
  // This frame's length is the byte of a line feed.
  std::string frame = FramedMessage(Framing::kWebSocket, "0123456789");
  EXPECT_EQ(OnWire(kWebSocket, frame), frame);
}

}  // namespace
}  // namespace bridge
