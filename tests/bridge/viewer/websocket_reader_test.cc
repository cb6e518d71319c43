#include "bridge/viewer/websocket_reader.h"

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace bridge {

// Named, so that a failure can be read.
void PrintTo(Reason reason, std::ostream* out) {
  *out << "Reason " << static_cast<int>(reason);
}

namespace {

constexpr Opcode kMore = Opcode::kContinuation;
constexpr Opcode kText = Opcode::kText;
constexpr Opcode kPing = Opcode::kPing;
constexpr Opcode kPong = Opcode::kPong;
constexpr Opcode kClose = Opcode::kClose;

// Writes down what the reader tells.
class Log : public WebSocketReader::Listener {
 public:
  void OnPing(std::string_view payload) override {
    said.push_back("ping " + std::string(payload));
  }
  void OnPong() override { said.push_back("pong"); }
  void OnClose(uint16_t code) override {
    said.push_back("close " + std::to_string(code));
  }

  std::vector<std::string> said;
};

// What bytes lead to.
struct Outcome {
  std::optional<Reason> reason;
  std::vector<std::string> said;
};

// The same must come of bytes in pieces of any size.
Outcome ReadInPieces(std::string_view bytes, size_t piece,
                     WebSocketReader::Limits limits) {
  Outcome outcome;
  Log log;
  WebSocketReader reader(limits);
  while (!bytes.empty() && !outcome.reason.has_value()) {
    outcome.reason = reader.Read(bytes.substr(0, piece), log);
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  outcome.said = log.said;
  return outcome;
}

Outcome ReadAll(std::string_view bytes, WebSocketReader::Limits limits = {}) {
  Outcome whole = ReadInPieces(bytes, bytes.size(), limits);
  for (size_t piece : {1, 2, 3, 7, 100}) {
    Outcome pieces = ReadInPieces(bytes, piece, limits);
    EXPECT_EQ(pieces.reason, whole.reason) << "in pieces of " << piece;
    EXPECT_EQ(pieces.said, whole.said) << "in pieces of " << piece;
  }
  return whole;
}

void ExpectFine(std::string_view bytes, std::vector<std::string> said = {}) {
  Outcome outcome = ReadAll(bytes);
  EXPECT_EQ(outcome.reason, std::nullopt);
  EXPECT_EQ(outcome.said, said);
}

void ExpectBroken(std::string_view bytes, Reason reason,
                  std::vector<std::string> said = {}) {
  Outcome outcome = ReadAll(bytes);
  EXPECT_EQ(outcome.reason, std::optional(reason));
  EXPECT_EQ(outcome.said, said);
}

constexpr uint8_t kFin = 0x80;
constexpr uint8_t kMasked = 0x80;

std::string BigEndian(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) {
    text.push_back(static_cast<char>(value >> (8 * i)));
  }
  return text;
}

// A header as it is told to be, right or wrong. `length` is the second byte's.
std::string Header(int first, int length, std::string_view extended = "") {
  std::string header = {static_cast<char>(first), static_cast<char>(length)};
  return header.append(extended).append("\x12\x34\x56\xF8");
}

std::string Masked(std::string_view payload) {
  constexpr char kMask[] = {'\x12', '\x34', '\x56', '\xF8'};
  std::string masked(payload);
  for (size_t i = 0; i < masked.size(); ++i) masked[i] ^= kMask[i % 4];
  return masked;
}

// A frame as it should be.
std::string Frame(Opcode opcode, std::string_view payload, bool fin = true) {
  int first = static_cast<int>(opcode) | (fin ? kFin : 0);
  std::string header;
  if (payload.size() < 126) {
    header = Header(first, kMasked | static_cast<int>(payload.size()));
  } else if (payload.size() < 65536) {
    header = Header(first, kMasked | 126, BigEndian(payload.size(), 2));
  } else {
    header = Header(first, kMasked | 127, BigEndian(payload.size(), 8));
  }
  return header + Masked(payload);
}

std::string Fragment(Opcode opcode, std::string_view payload) {
  return Frame(opcode, payload, /*fin=*/false);
}

std::string CloseFrame(uint16_t code, std::string_view reason = "") {
  return Frame(kClose, BigEndian(code, 2).append(reason));
}

// Tells whether bytes were understood up to here.
const std::string kEcho = Frame(kPing, "echo");
const std::vector<std::string> kEchoed = {"ping echo"};

// ---- Messages.

TEST(WebSocketReaderTest, TextMessagesAreReadAndDropped) {
  ExpectFine(
      Frame(kText, "hello") + Frame(kText, "") + Frame(kText, "é😀") + kEcho,
      kEchoed);
}

TEST(WebSocketReaderTest, EveryLengthIsReadInItsForm) {
  for (size_t size : {0, 1, 124, 125, 126, 127, 128, 255, 256, 4095, 4096}) {
    ExpectFine(Frame(kText, std::string(size, 'x')) + kEcho, kEchoed);
  }
  for (size_t size : {65535, 65536, 70'000}) {
    Outcome outcome = ReadAll(Frame(kText, std::string(size, 'x')) + kEcho,
                              {.message_bytes = 70'000});
    EXPECT_EQ(outcome.reason, std::nullopt) << size;
    EXPECT_EQ(outcome.said, kEchoed);
  }
}

TEST(WebSocketReaderTest, ALengthInALongerFormThanNeededBreaksTheRules) {
  for (int size : {0, 1, 125}) {
    ExpectBroken(Header(0x81, kMasked | 126, BigEndian(size, 2)),
                 Reason::kProtocolError);
  }
  for (int size : {0, 125, 126, 65535}) {
    ExpectBroken(Header(0x81, kMasked | 127, BigEndian(size, 8)),
                 Reason::kProtocolError);
  }
}

TEST(WebSocketReaderTest, ALengthOfSixtyFourBitsBreaksTheRules) {
  ExpectBroken(Header(0x81, kMasked | 127, BigEndian(1ull << 63, 8)),
               Reason::kProtocolError);
  ExpectBroken(Header(0x81, kMasked | 127, BigEndian(~0ull, 8)),
               Reason::kProtocolError);
  ExpectBroken(Header(0x81, kMasked | 127, BigEndian(~0ull >> 1, 8)),
               Reason::kTooBig);
}

TEST(WebSocketReaderTest, AFrameThatIsNotMaskedBreaksTheRules) {
  for (int opcode : {0x81, 0x01, 0x88, 0x89, 0x8A}) {
    ExpectBroken(std::string{static_cast<char>(opcode), 0},
                 Reason::kProtocolError);
  }
}

TEST(WebSocketReaderTest, EachReservedBitBreaksTheRules) {
  for (int bit : {0x40, 0x20, 0x10}) {
    for (int opcode : {0x81, 0x89, 0x8A, 0x88}) {
      ExpectBroken(Header(opcode | bit, kMasked), Reason::kProtocolError);
    }
    ExpectBroken(Fragment(kText, "a") + Header(kFin | bit, kMasked),
                 Reason::kProtocolError);
  }
}

TEST(WebSocketReaderTest, EachReservedOpcodeBreaksTheRules) {
  for (int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    ExpectBroken(Header(kFin | opcode, kMasked), Reason::kProtocolError);
    ExpectBroken(Header(opcode, kMasked), Reason::kProtocolError);
  }
}

TEST(WebSocketReaderTest, AWrongFirstByteIsRefusedAtOnce) {
  for (int first : {0xC1, 0x83, 0x80, 0x09, 0x82}) {
    Log log;
    WebSocketReader reader({});
    char byte = static_cast<char>(first);
    EXPECT_TRUE(reader.Read({&byte, 1}, log).has_value()) << first;
  }
}

TEST(WebSocketReaderTest, ABinaryMessageIsNotText) {
  ExpectBroken(Frame(Opcode::kBinary, "x"), Reason::kNotText);
  ExpectBroken(Fragment(Opcode::kBinary, "x"), Reason::kNotText);
  ExpectBroken(Fragment(kText, "x") + Frame(Opcode::kBinary, "x"),
               Reason::kProtocolError);
}

// ---- Fragments.

TEST(WebSocketReaderTest, AMessageMayComeInFragments) {
  ExpectFine(Fragment(kText, "a") + Frame(kMore, "b") + kEcho, kEchoed);
  ExpectFine(Fragment(kText, "") + Fragment(kMore, "") + Fragment(kMore, "x") +
                 Frame(kMore, "") + Frame(kText, "next") + kEcho,
             kEchoed);
}

TEST(WebSocketReaderTest, AContinuationOfNothingBreaksTheRules) {
  ExpectBroken(Frame(kMore, "x"), Reason::kProtocolError);
  ExpectBroken(Fragment(kMore, "x"), Reason::kProtocolError);
  ExpectBroken(Frame(kText, "whole") + Frame(kMore, "x"),
               Reason::kProtocolError);
  ExpectBroken(Fragment(kText, "a") + Frame(kMore, "b") + Frame(kMore, "c"),
               Reason::kProtocolError);
  ExpectBroken(kEcho + Frame(kMore, "x"), Reason::kProtocolError, kEchoed);
}

TEST(WebSocketReaderTest, AMessageWithinAMessageBreaksTheRules) {
  ExpectBroken(Fragment(kText, "a") + Frame(kText, "b"),
               Reason::kProtocolError);
  ExpectBroken(
      Fragment(kText, "a") + Fragment(kMore, "b") + Fragment(kText, "c"),
      Reason::kProtocolError);
}

TEST(WebSocketReaderTest, ControlFramesMayStandBetweenFragments) {
  ExpectFine(Fragment(kText, "a") + Frame(kPing, "1") + Fragment(kMore, "b") +
                 Frame(kPong, "") + Frame(kPing, "2") + Frame(kMore, "c") +
                 Frame(kText, "d"),
             {"ping 1", "pong", "ping 2"});
  ExpectFine(Fragment(kText, "a") + CloseFrame(1000), {"close 1000"});
}

TEST(WebSocketReaderTest, AControlFrameBetweenFragmentsDoesNotEndTheMessage) {
  ExpectBroken(Fragment(kText, "a") + Frame(kPing, "") + Frame(kText, "b"),
               Reason::kProtocolError, {"ping "});
}

// ---- The limit.

TEST(WebSocketReaderTest, AMessageOverTheLimitIsTooBigBeforeItsContent) {
  ExpectBroken(Header(0x81, kMasked | 126, BigEndian(4097, 2)),
               Reason::kTooBig);
  ExpectBroken(Header(0x81, kMasked | 127, BigEndian(1 << 30, 8)),
               Reason::kTooBig);
}

TEST(WebSocketReaderTest, TheLimitIsForAllTheFragmentsTogether) {
  std::string half(2048, 'x');
  ExpectFine(Fragment(kText, half) + Frame(kMore, half) + kEcho, kEchoed);
  ExpectBroken(Fragment(kText, half) + Frame(kMore, half + "x"),
               Reason::kTooBig);
  ExpectBroken(Fragment(kText, half) + Fragment(kMore, half) +
                   Fragment(kMore, "") + Frame(kMore, "x"),
               Reason::kTooBig);
  ExpectBroken(Fragment(kText, "x") +
                   Header(0x80, kMasked | 127, BigEndian(~0ull >> 1, 8)),
               Reason::kTooBig);
}

TEST(WebSocketReaderTest, TheLimitIsForEachMessageAlone) {
  std::string most(4096, 'x');
  ExpectFine(Frame(kText, most) + Frame(kText, most) + kEcho, kEchoed);
}

TEST(WebSocketReaderTest, ControlFramesDoNotCountForTheLimit) {
  std::string most(4096, 'x');
  std::string ping = Frame(kPing, std::string(125, 'p'));
  ExpectFine(Fragment(kText, most) + ping + Frame(kMore, "") + kEcho,
             {"ping " + std::string(125, 'p'), "ping echo"});
}

// ---- UTF-8.

TEST(WebSocketReaderTest, FragmentsMaySplitACharacterAnywhere) {
  const std::string text = "né €uro 😀.";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    ExpectFine(Fragment(kText, text.substr(0, cut)) + Frame(kPing, "\xFF") +
                   Frame(kMore, text.substr(cut)),
               {"ping \xFF"});
  }
  std::string bytewise = Fragment(kText, "");
  for (char byte : text) bytewise += Fragment(kMore, {&byte, 1});
  ExpectFine(bytewise + Frame(kMore, "") + kEcho, kEchoed);
}

TEST(WebSocketReaderTest, AMessageThatEndsWithinACharacterIsBadUtf8) {
  for (const char* text : {"\xC3", "a\xE2\x82", "\xF0\x9F\x98"}) {
    ExpectBroken(Frame(kText, text), Reason::kBadUtf8);
    ExpectBroken(Fragment(kText, text) + Frame(kMore, ""), Reason::kBadUtf8);
    ExpectBroken(Fragment(kText, text) + Frame(kMore, "x"), Reason::kBadUtf8);
  }
}

TEST(WebSocketReaderTest, BadUtf8IsRefusedBeforeTheMessageEnds) {
  ExpectBroken(Fragment(kText, "abc\xC0"), Reason::kBadUtf8);
  ExpectBroken(Fragment(kText, "\xED\xA0\x80"), Reason::kBadUtf8);
  ExpectBroken(Fragment(kText, "\xF4") + Fragment(kMore, "\x90"),
               Reason::kBadUtf8);
  // The frame is 100 bytes long, of which the bad one is the first.
  ExpectBroken(Header(0x81, kMasked | 100) + Masked("\xFF"), Reason::kBadUtf8);
}

TEST(WebSocketReaderTest, EachMessageBeginsAnew) {
  ExpectBroken(Frame(kText, "a") + Frame(kText, "\x82"), Reason::kBadUtf8);
}

// ---- Control frames.

TEST(WebSocketReaderTest, PingsAreToldWithTheirPayload) {
  for (size_t size : {0, 1, 4, 5, 124, 125}) {
    std::string payload(size, 'p');
    ExpectFine(Frame(kPing, payload), {"ping " + payload});
  }
  std::string bytes;
  for (int byte = 0; byte < 125; ++byte) {
    bytes.push_back(static_cast<char>(2 * byte));
  }
  ExpectFine(Frame(kPing, bytes), {"ping " + bytes});
}

TEST(WebSocketReaderTest, PongsAreTold) {
  ExpectFine(Frame(kPong, "") + Frame(kPong, "unasked"), {"pong", "pong"});
}

TEST(WebSocketReaderTest, AControlFrameInFragmentsBreaksTheRules) {
  for (Opcode opcode : {kPing, kPong, kClose}) {
    ExpectBroken(Fragment(opcode, ""), Reason::kProtocolError);
    ExpectBroken(Fragment(kText, "a") + Fragment(opcode, ""),
                 Reason::kProtocolError);
  }
}

TEST(WebSocketReaderTest, AControlFrameOverOneHundredAndTwentyFiveIsRefused) {
  for (int opcode : {0x88, 0x89, 0x8A}) {
    ExpectBroken(Header(opcode, kMasked | 126, BigEndian(126, 2)),
                 Reason::kProtocolError);
    ExpectBroken(Header(opcode, kMasked | 126, BigEndian(5, 2)),
                 Reason::kProtocolError);
    ExpectBroken(Header(opcode, kMasked | 127, BigEndian(65536, 8)),
                 Reason::kProtocolError);
  }
}

// ---- Close frames.

TEST(WebSocketReaderTest, ACloseWithoutACodeIsToldAs1005) {
  ExpectFine(Frame(kClose, ""), {"close 1005"});
}

TEST(WebSocketReaderTest, ACloseOfOneByteBreaksTheRules) {
  ExpectBroken(Frame(kClose, "\x03"), Reason::kProtocolError);
}

TEST(WebSocketReaderTest, EveryCodeIsJudgedAsTheRegistrySays) {
  auto valid = [](int code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
  };
  for (int code = 0; code < 65536; ++code) {
    Log log;
    auto reason = WebSocketReader({}).Read(CloseFrame(code), log);
    if (valid(code)) {
      ASSERT_EQ(reason, std::nullopt) << code;
      ASSERT_EQ(log.said,
                std::vector<std::string>{"close " + std::to_string(code)});
    } else {
      ASSERT_EQ(reason, std::optional(Reason::kProtocolError)) << code;
      ASSERT_TRUE(log.said.empty());
    }
  }
}

TEST(WebSocketReaderTest, AReasonIsReadIfItIsUtf8) {
  ExpectFine(CloseFrame(1000, "adiós 😀"), {"close 1000"});
  ExpectFine(CloseFrame(4999, std::string(123, 'x')), {"close 4999"});
  for (const char* reason : {"\xFF", "ok\xC3", "\xED\xA0\x80", "\xC3("}) {
    ExpectBroken(CloseFrame(1000, reason), Reason::kBadUtf8);
  }
}

TEST(WebSocketReaderTest, WhatFollowsACloseIsNotRead) {
  ExpectFine(CloseFrame(1001) + kEcho + "\xFF nonsense", {"close 1001"});
}

TEST(WebSocketReaderTest, BytesThatNeverEndAFrameTellNothing) {
  std::string frame = Frame(kPing, "hello");
  for (size_t size = 0; size < frame.size(); ++size) {
    ExpectFine(frame.substr(0, size));
  }
}

TEST(WebSocketReaderTest, EachFrameHasAMaskOfItsOwn) {
  std::string unmasked = {'\x89', static_cast<char>(kMasked | 2), 0, 0, 0, 0};
  ExpectFine(Frame(kPing, "ab") + unmasked + "cd" + Frame(kPing, "ef"),
             {"ping ab", "ping cd", "ping ef"});
}

TEST(WebSocketReaderTest, TakesLessThanTwoHundredBytes) {
  EXPECT_LT(sizeof(WebSocketReader), 200u);
}

}  // namespace
}  // namespace bridge
