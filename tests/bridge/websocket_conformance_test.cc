// What the Autobahn suite asks of a server, on the real port. Cases are grouped
// and numbered as it does (https://github.com/crossbario/autobahn-testsuite).
// The bridge's clients only watch, so nothing is echoed: that a connection
// lives is seen by the answer to a last ping. Messages end at 4 KiB here.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

enum Opcode { kMore = 0, kText = 1, kBinary = 2, kClose = 8, kPing, kPong };

constexpr int kFin = 0x80;
constexpr int kAlive = 0;   // the connection goes on
constexpr int kNoCode = 1;  // the answer to a close is one without a code

// How a client's frame looks; the mask is not zero, so that it matters.
std::string Bits(int first, std::string_view payload) {
  constexpr std::string_view kMask("\x37\xFA\x21\x3D", 4);
  std::string frame = {static_cast<char>(first)};
  const size_t size = payload.size();
  const size_t length_bytes = size < 126 ? 0 : size < 65'536 ? 2 : 8;
  frame += static_cast<char>(0x80 | (length_bytes == 0   ? size
                                     : length_bytes == 2 ? 126
                                                         : 127));
  for (size_t i = length_bytes; i-- > 0;) {
    frame += static_cast<char>(size >> (8 * i));
  }
  frame += kMask;
  for (size_t i = 0; i < size; ++i) {
    frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  }
  return frame;
}

std::string Frame(Opcode opcode, std::string_view payload) {
  return Bits(kFin | opcode, payload);
}

std::string Fragment(Opcode opcode, std::string_view payload) {
  return Bits(opcode, payload);
}

std::string CloseFrame(int code, std::string_view reason = "") {
  return Frame(kClose,
               CloseBytes(static_cast<uint16_t>(code)) + std::string(reason));
}

struct Case {
  std::string name;
  std::string bytes;
  // kAlive, kNoCode, or the code of the close frame that must come.
  int ends = kAlive;
  // What is also to be seen before the end: the answer to a ping.
  std::optional<std::string> pong = std::nullopt;
};

std::string PongOf(std::string_view payload) {
  std::string frame = {static_cast<char>(kFin | kPong),
                       static_cast<char>(payload.size())};
  return frame.append(payload);
}

class WebSocketConformanceTest : public BridgeTest {
 protected:
  void SetUp() override {
    Options options = TestOptions();
    options.viewer.inbound_rate = 0;  // a case is many pieces
    Start(options);
  }

  // Each case as one piece, as two and byte by byte.
  void Check(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
      for (size_t piece : {c.bytes.size(), c.bytes.size() / 2, size_t{1}}) {
        // A long one byte by byte takes long and tells nothing new.
        if (piece == 0 || c.bytes.size() / piece > 400) continue;
        SCOPED_TRACE(absl::StrCat(c.name, ", pieces of ", piece));
        CheckOne(c, piece);
      }
    }
  }

 private:
  void CheckOne(const Case& c, size_t piece) {
    RawClient client(port());
    client.Upgrade("/ticks");
    for (size_t i = 0; i < c.bytes.size(); i += piece) {
      // The bridge may end it before the last piece.
      client.SendAll(std::string_view(c.bytes).substr(i, piece));
    }
    if (c.pong.has_value()) client.ReadUntil(PongOf(*c.pong));
    if (c.ends == kAlive) {
      client.Send(Frame(kPing, "alive?"));
      client.ReadUntil(PongOf("alive?"));
      return;
    }
    const std::string said = client.ReadToEnd();
    const std::string close = c.ends == kNoCode
                                  ? std::string("\x88\x00", 2)
                                  : CloseBytes(static_cast<uint16_t>(c.ends));
    const size_t at = said.rfind('\x88');
    ASSERT_NE(at, said.npos) << "no close frame";
    EXPECT_NE(said.find(close, at), said.npos)
        << ::testing::PrintToString(said.substr(at));
    EXPECT_EQ(said.find("alive?"), said.npos);
  }
};

TEST_F(WebSocketConformanceTest, Messages1) {
  std::vector<Case> cases;
  for (size_t size : {0, 1, 125, 126, 127, 128, 4096}) {
    cases.push_back(
        {absl::StrCat("text of ", size), Frame(kText, std::string(size, '*'))});
  }
  for (size_t size : {4097, 65'535, 65'536, 1 << 20}) {
    cases.push_back({absl::StrCat("text of ", size),
                     Frame(kText, std::string(size, '*')), 1009});
  }
  for (size_t size : {0, 125, 126, 4096}) {
    cases.push_back({absl::StrCat("binary of ", size),
                     Frame(kBinary, std::string(size, '\xFE')), 1003});
  }
  Check(cases);
}

TEST_F(WebSocketConformanceTest, PingsAndPongs2) {
  std::string ten;
  for (int i = 0; i < 10; ++i) ten += Frame(kPing, absl::StrCat("ping ", i));
  const std::string bytes("\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF", 8);
  Check({
      {"2.1 empty", Frame(kPing, ""), kAlive, ""},
      {"2.2 text", Frame(kPing, "Hello, world!"), kAlive, "Hello, world!"},
      {"2.3 binary", Frame(kPing, bytes), kAlive, bytes},
      {"2.4 of 125 bytes", Frame(kPing, std::string(125, '\xFE')), kAlive,
       std::string(125, '\xFE')},
      {"2.5 of 126 bytes", Frame(kPing, std::string(126, '\xFE')), 1002},
      {"2.7 a pong that nobody asked for", Frame(kPong, "")},
      {"2.8 the same with a payload", Frame(kPong, "unsolicited")},
      {"2.9 a pong, then a ping", Frame(kPong, "x") + Frame(kPing, "y"), kAlive,
       "y"},
      {"2.10 ten", ten, kAlive, "ping 9"},
      {"a pong of 126 bytes", Frame(kPong, std::string(126, 'x')), 1002},
  });
}

TEST_F(WebSocketConformanceTest, ReservedBits3) {
  std::vector<Case> cases;
  for (int bits = 1; bits <= 7; ++bits) {
    for (Opcode opcode : {kText, kBinary, kClose, kPing, kPong}) {
      cases.push_back({absl::StrCat("bits ", bits, " of opcode ", opcode),
                       Bits(kFin | (bits << 4) | opcode, "x"), 1002});
    }
    cases.push_back({absl::StrCat("bits ", bits, " after a good message"),
                     Frame(kText, "Hello") +
                         Bits(kFin | (bits << 4) | kText, "Hello") +
                         Frame(kPing, ""),
                     1002});
  }
  Check(cases);
}

TEST_F(WebSocketConformanceTest, Opcodes4) {
  std::vector<Case> cases;
  for (int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    for (std::string_view payload : {"", "reserved"}) {
      cases.push_back({absl::StrCat("opcode ", opcode, " of ", payload.size()),
                       Bits(kFin | opcode, payload), 1002});
      cases.push_back({absl::StrCat("opcode ", opcode, " after a good message"),
                       Frame(kText, "Hello") + Bits(kFin | opcode, payload) +
                           Frame(kPing, ""),
                       1002});
    }
  }
  Check(cases);
}

TEST_F(WebSocketConformanceTest, Fragments5) {
  const std::string first = Fragment(kText, "fragment1");
  const std::string middle = Fragment(kMore, "fragment2");
  const std::string last = Frame(kMore, "fragment2");
  const std::string ping = Frame(kPing, "ping");
  Check({
      {"5.1 a ping in fragments", Fragment(kPing, "a") + Frame(kMore, "b"),
       1002},
      {"5.2 a pong in fragments", Fragment(kPong, "a") + Frame(kMore, "b"),
       1002},
      {"5.3 a text in two", first + last},
      {"5.6 a ping between", first + ping + last, kAlive, "ping"},
      {"5.9 a continuation of nothing", Frame(kMore, "x") + Frame(kText, "y"),
       1002},
      {"5.10 an open one of nothing", Fragment(kMore, "x") + Frame(kText, "y"),
       1002},
      {"5.12 another text behind it", Fragment(kMore, "x") + Frame(kText, "y"),
       1002},
      {"5.15 a continuation after the last", first + last + Frame(kMore, "x"),
       1002},
      {"5.16 twice", Fragment(kMore, "x") + Frame(kText, "y") + last, 1002},
      {"5.18 a text within a text", first + Frame(kText, "second"), 1002},
      {"5.19 five, with pings between",
       first + middle + ping + middle + middle + Frame(kPing, "2") + last,
       kAlive, "2"},
      {"a text whose fragments are empty",
       Fragment(kText, "") + Fragment(kMore, "") + Frame(kMore, "")},
      {"a binary in two", Fragment(kBinary, "a") + last, 1003},
      {"a close between, and nothing after", first + CloseFrame(1000) + last,
       1000},
      {"fragments of more than the limit together",
       Fragment(kText, std::string(4096, 'x')) + Frame(kMore, "y"), 1009},
  });
}

// Valid ones of each length, at the ends of their ranges, and those of the
// suite.
const std::vector<std::string>& ValidTexts() {
  static const auto* const kTexts = new std::vector<std::string>{
      "Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xC3\xBC\xC3\xA0\xC3\xA1-UTF-8!!",
      "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5",
      std::string("\x00", 1),
      "\x7F",
      "\xC2\x80",
      "\xDF\xBF",
      "\xE0\xA0\x80",
      "\xED\x9F\xBF",
      "\xEE\x80\x80",
      "\xEF\xBF\xBD",
      "\xEF\xBF\xBF",
      "\xF0\x90\x80\x80",
      "\xF4\x8F\xBF\xBF",
      "\xF0\x9F\x98\x80",
  };
  return *kTexts;
}

const std::vector<std::string>& InvalidTexts() {
  static const auto* const kTexts = new std::vector<std::string>{
      "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80 edited",
      "\x80",              // a continuation alone
      "\xBF",              //
      "\x80\xBF\x80",      //
      "\xC0\xAF",          // overlong
      "\xC1\xBF",          //
      "\xE0\x80\xAF",      //
      "\xE0\x9F\xBF",      //
      "\xF0\x80\x80\xAF",  //
      "\xF0\x8F\xBF\xBF",  //
      "\xC3 ",             // cut off
      "\xE2\x82 ",         //
      "\xF0\x9F\x98 ",     //
      "\xC3",              // at the end of the message
      "\xE2\x82",          //
      "\xF0\x9F\x98",      //
      "\xED\xA0\x80",      // surrogates
      "\xED\xAF\xBF",      //
      "\xED\xBF\xBF",      //
      "\xED\xA0\x80\xED\xB0\x80",
      "\xF4\x90\x80\x80",  // beyond U+10FFFF
      "\xF5\x80\x80\x80",  //
      "\xF8\x88\x80\x80\x80",
      "\xFC\x84\x80\x80\x80\x80",
      "\xFE",
      "\xFF",
  };
  return *kTexts;
}

// A text, split into two frames at each of its bytes, and into one for each.
std::vector<std::string> Splits(std::string_view text) {
  std::vector<std::string> splits = {Frame(kText, text)};
  std::string bytewise = Fragment(kText, "");
  for (size_t i = 0; i < text.size(); ++i) {
    splits.push_back(Fragment(kText, text.substr(0, i)) +
                     Frame(kMore, text.substr(i)));
    bytewise += Fragment(kMore, text.substr(i, 1));
  }
  splits.push_back(bytewise + Frame(kMore, ""));
  return splits;
}

TEST_F(WebSocketConformanceTest, Utf8SplitAtEveryByte6) {
  std::vector<Case> cases;
  for (const std::string& text : ValidTexts()) {
    for (const std::string& bytes : Splits(text)) {
      cases.push_back(
          {absl::StrCat("valid ", ::testing::PrintToString(text)), bytes});
    }
  }
  for (const std::string& text : InvalidTexts()) {
    for (const std::string& bytes : Splits(text)) {
      cases.push_back({absl::StrCat("invalid ", ::testing::PrintToString(text)),
                       bytes, 1007});
    }
  }
  Check(cases);
}

TEST_F(WebSocketConformanceTest, ClosingHandshake7) {
  const std::string done = CloseFrame(1000);
  std::vector<Case> cases = {
      {"7.1.1 after a message", Frame(kText, "Hello") + done, 1000},
      {"7.1.2 twice", done + done, 1000},
      {"7.1.3 a ping behind it", done + Frame(kPing, "alive?"), 1000},
      {"7.1.4 a text behind it", done + Frame(kText, "Hello"), 1000},
      {"7.1.5 a continuation behind it",
       Fragment(kText, "a") + done + Frame(kMore, "b"), 1000},
      {"7.3.1 without a code", Frame(kClose, ""), kNoCode},
      {"7.3.2 of one byte", Frame(kClose, "a"), 1002},
      {"7.3.4 with a reason", CloseFrame(1000, "Hello World!"), 1000},
      {"7.3.5 with the longest", CloseFrame(1000, std::string(123, '*')), 1000},
      {"7.3.6 with a longer one", CloseFrame(1000, std::string(124, '*')),
       1002},
      {"7.5.1 a reason that is not UTF-8",
       CloseFrame(1000, "\xCE\xBA\xED\xA0\x80"), 1007},
      {"in fragments", Fragment(kClose, "") + Frame(kMore, ""), 1002},
  };
  for (int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012,
                   1013, 1014, 3000, 3999, 4000, 4999}) {
    cases.push_back({absl::StrCat("7.7 code ", code), CloseFrame(code), code});
  }
  for (int code :
       {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65'535}) {
    cases.push_back({absl::StrCat("7.9 code ", code), CloseFrame(code), 1002});
  }
  Check(cases);
}

TEST_F(WebSocketConformanceTest, LengthsAndMasks) {
  const std::string unmasked("\x81\x05hello", 7);
  Check({
      {"not masked", unmasked, 1002},
      {"5 in two bytes", std::string("\x81\xFE\x00\x05", 4) + "maskhello",
       1002},
      {"5 in eight bytes",
       std::string("\x81\xFF\x00\x00\x00\x00\x00\x00\x00\x05", 10) +
           "maskhello",
       1002},
      {"over 63 bits",
       std::string("\x81\xFF\x80\x00\x00\x00\x00\x00\x00\x00", 10) + "mask",
       1002},
      {"8 EiB",
       std::string("\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10) + "mask",
       1009},
  });
}

}  // namespace
}  // namespace bridge::testing
