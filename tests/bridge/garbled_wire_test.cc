// An upstream, or what stands before it, that breaks HTTP/2 itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bridge/testing/fixture.h"
#include "tests/bridge/testing/garbling_proxy.h"

namespace bridge::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A frame's head, and its payload whether that fits or not.
std::string Frame(uint32_t length, int type, int flags, uint32_t stream,
                  const std::string& payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) {
    frame += static_cast<char>(length >> shift);
  }
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) {
    frame += static_cast<char>(stream >> shift);
  }
  return frame + payload;
}

enum Type { kData = 0, kHeaders = 1, kSettings = 4, kWindow = 8, kMore = 9 };
constexpr int kUnknown = 0xBE;
constexpr int kPadded = 0x8;
constexpr int kEndHeaders = 0x4;

enum class Effect {
  kNone,           // as if it had not been sent
  kNewConnection,  // streams are resumed on it
  kEnd             // the stream ends with an error
};

struct Case {
  const char* name;
  GarblingProxy::Garbler bytes;
  Effect effect;
  bool then_end = false;
};

std::vector<Case> Cases() {
  const std::string zero(4, '\0');
  const std::string most = "\x7F\xFF\xFF\xFF";
  const auto always = [](std::string bytes) {
    return [bytes](uint32_t) { return bytes; };
  };
  return {
      {"garbage", always("garbage, and no frame"), Effect::kNewConnection},
      {"a length over the maximum",
       [](uint32_t stream) { return Frame(0xFFFFFF, kData, 0, stream, "x"); },
       Effect::kEnd},
      // On the first stream gRPC listens whether the upstream serves.
      {"a length over the maximum, where health is told",
       always(Frame(0xFFFFFF, kData, 0, 1, "x")), Effect::kNewConnection},
      {"DATA on stream 0", always(Frame(1, kData, 0, 0, "x")), Effect::kNone},
      {"padding longer than its frame",
       [](uint32_t stream) {
         return Frame(2, kData, kPadded, stream, "\xFFx");
       },
       Effect::kEnd},
      {"HEADERS with HPACK's index 0",
       [](uint32_t stream) {
         return Frame(1, kHeaders, kEndHeaders, stream, "\x80");
       },
       Effect::kNewConnection},
      {"SETTINGS of 5 bytes", always(Frame(5, kSettings, 0, 0, "12345")),
       Effect::kNewConnection},
      {"a CONTINUATION of nothing",
       [](uint32_t stream) {
         return Frame(1, kMore, kEndHeaders, stream, "\x88");
       },
       Effect::kNewConnection},
      {"WINDOW_UPDATE of 0", always(Frame(4, kWindow, 0, 0, zero)),
       Effect::kNewConnection},
      {"WINDOW_UPDATE that overflows", always(Frame(4, kWindow, 0, 0, most)),
       Effect::kNone},
      {"an unknown frame", always(Frame(3, kUnknown, 0, 0, "new")),
       Effect::kNone},
      {"a cut frame, and the end", always(Frame(100, kData, 0, 1, "cut")),
       Effect::kNewConnection, true},
  };
}

class GarbledWireTest : public BridgeTest {
 protected:
  Options OptionsOfProxy() {
    Options options = TestOptions();
    options.upstream.target = proxy_->target();
    options.feed.linger = absl::ZeroDuration();
    return options;
  }

  void ExpectTick(WebSocketClient* viewer, const std::string& text) {
    server_->Publish(text);
    EXPECT_EQ(viewer->Read(), absl::StrCat(R"({"number":")", ++ticks_,
                                           R"(","text":")", text, R"("})"));
  }

  std::unique_ptr<GarblingProxy> proxy_ =
      std::make_unique<GarblingProxy>(server_->port());
  int ticks_ = 0;
};

TEST_F(GarbledWireTest, IsAPauseForViewersOrAnEndThatIsTold) {
  bridge_ = StartReady(OptionsOfProxy());
  for (const Case& one : Cases()) {
    SCOPED_TRACE(one.name);
    WebSocketClient viewer(port(), absl::StrCat("/ticks?after=", ticks_));
    ASSERT_TRUE(server_->AwaitWatches(1));
    ExpectTick(&viewer, "before");
    const int connections = proxy_->connections();
    const int watches = server_->watches_started();
    proxy_->Put(one.bytes, one.then_end);
    if (one.effect == Effect::kEnd) {
      EXPECT_EQ(viewer.AwaitClose(), 1011);
    } else {
      ExpectTick(&viewer, "in the midst");
      const bool anew = one.effect == Effect::kNewConnection;
      EXPECT_EQ(proxy_->connections() > connections, anew);
      EXPECT_EQ(server_->watches_started() - watches, anew ? 1 : 0);
    }
    // gRPC may drop the connection a moment after the stream that it ended.
    EXPECT_TRUE(Eventually([&] {
      return Get(port(), "/readyz").status == 200 &&
             Get(port(), "/ticks/7").status == 200;
    }));
    viewer.Close(1000);
    ASSERT_TRUE(Eventually([&] { return bridge_->stats().feeds == 0; }));
  }
}

TEST_F(GarbledWireTest, AnUpstreamThatSpeaksNoHttp2IsNoneUntilItDoes) {
  for (const char* instead :
       {"garbage from the first byte, and longer than a frame's head",
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"}) {
    SCOPED_TRACE(instead);
    proxy_->Speak(instead);
    auto bridge = Bridge::Start(OptionsOfProxy());
    ASSERT_TRUE(bridge.ok()) << bridge.status();
    const int port = (*bridge)->port();
    const int before = proxy_->connections();
    EXPECT_TRUE(Eventually([&] { return proxy_->connections() > before; }));
    for (const char* path : {"/readyz", "/ticks/1", "/ticks"}) {
      const HttpAnswer answer = Get(port, path);
      EXPECT_EQ(answer.status, 503) << path;
      EXPECT_THAT(answer.body, HasSubstr("the upstream")) << path;
      EXPECT_THAT(answer.body, Not(HasSubstr(std::to_string(proxy_->port()))));
      EXPECT_THAT(answer.body, Not(HasSubstr("127.0.0.1"))) << path;
    }
    proxy_->Speak("");
    EXPECT_TRUE(Eventually([&] { return Get(port, "/readyz").status == 200; }));
    EXPECT_EQ(Get(port, "/ticks/1").status, 200);
  }
}

}  // namespace
}  // namespace bridge::testing
