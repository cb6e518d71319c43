// An upstream that sends what is no message of its own types, or too much.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/bridge/testing/descriptors.h"
#include "tests/bridge/testing/fixture.h"
#include "tests/bridge/testing/raw_server.h"

namespace bridge::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Ticks, as bytes.
const std::string kFirst = "\x08\x01";
const std::string kCut = "\x08";
const std::string kNotUtf8 = "\x08\x02\x12\x01\xFF";
const std::string kCursorIsText = "\x0A\x01x";
const std::string kLengthBeyondItsEnd = "\x08\x02\x12\x7Fx";

class MalformedTest : public ::testing::Test {
 protected:
  // A bridge before a server that sends these to each call.
  void Start(std::vector<std::string> messages, bool in_process = true) {
    bridge_.reset();
    server_ = std::make_unique<RawServer>(std::move(messages));
    const auto file =
        std::filesystem::path(::testing::TempDir()) / "ticker.binpb";
    std::ofstream(file, std::ios::binary)
        << FilesOf(*Tick::descriptor()->file()).SerializeAsString();
    Options options = TestOptions();
    options.upstream.descriptor_set = file.string();
    if (in_process) {
      options.upstream.in_process = server_->InProcess();
    } else {
      options.upstream.target = server_->target();
    }
    bridge_ = StartReady(std::move(options));
  }

  int port() const { return bridge_->port(); }

  int64_t faults(const std::string& kind) {
    const auto counts = bridge_->stats().upstream_faults.Counts();
    const auto found = counts.find(kind);
    return found == counts.end() ? 0 : found->second;
  }

  void ExpectFault(const HttpAnswer& answer) {
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body,
                StartsWith(R"({"error":{"code":500,"status":"INTERNAL",)"
                           R"("message":"the upstream sent a message which )"));
  }

  std::unique_ptr<RawServer> server_;
  std::unique_ptr<Bridge> bridge_;
};

// A shared feed, one of a method without cursors, and private ones.
constexpr const char* kStreams[] = {"/ticks", "/count/5", "/replay?backlog=3",
                                    "/follow?after=0"};

TEST_F(MalformedTest, EndsAStreamBehindTheLastGoodMessage) {
  for (const std::string& bad :
       {kCut, kNotUtf8, kCursorIsText, kLengthBeyondItsEnd}) {
    Start({kFirst, bad, kFirst});
    for (const char* path : kStreams) {
      // Without a cursor a text in its place is a field that is not known.
      if (bad == kCursorIsText && path[1] != 't' && path[1] != 'f') continue;
      WebSocketClient client(port(), path);
      EXPECT_EQ(client.Read(), R"({"number":"1"})") << path;
      EXPECT_THAT(client.Read(),
                  AllOf(HasSubstr(R"("status":"INTERNAL")"),
                        HasSubstr("not a valid bridge.testing.Tick")))
          << path;
      EXPECT_EQ(client.AwaitClose(), 1011) << path;
    }
    EXPECT_GE(faults("malformed"), 2);
  }
}

TEST_F(MalformedTest, OverHttpItIsTheLastLine) {
  Start({kFirst, kNotUtf8});
  for (const char* path : kStreams) {
    const HttpAnswer answer = Get(port(), path);
    EXPECT_THAT(answer.body, StartsWith("{\"number\":\"1\"}\n{\"error\":"))
        << path;
    EXPECT_THAT(answer.body, HasSubstr("Tick.text: must be valid UTF-8"));
  }
}

TEST_F(MalformedTest, OfAnAnswerItIsAnError) {
  for (const std::string& bad : {kCut, kNotUtf8, kLengthBeyondItsEnd}) {
    Start({bad});
    ExpectFault(Get(port(), "/ticks/7"));
    EXPECT_EQ(faults("malformed"), 1);
    WebSocketClient client(port(), "/ticks/7");
    EXPECT_THAT(client.Read(), HasSubstr("INTERNAL"));
    EXPECT_EQ(client.AwaitClose(), 1011);
  }
}

TEST_F(MalformedTest, OfAnUploadItIsAnError) {
  Start({kCut});
  ExpectFault(Post(port(), "/ticks:sum", "{\"number\":1}\n{\"number\":2}\n"));
}

TEST_F(MalformedTest, ATooLargeMessageIsNoLimitThatAClientCouldHeed) {
  std::string large = "\x08\x02";
  large += std::string("\x12\x80\x80\x80\x02", 5) + std::string(4 << 20, 'x');
  for (bool in_process : {true, false}) {
    Start({large}, in_process);
    ExpectFault(Get(port(), "/ticks/7"));
    WebSocketClient client(port(), "/ticks");
    EXPECT_THAT(client.Read(), HasSubstr("too large"));
    EXPECT_EQ(client.AwaitClose(), 1011);
    EXPECT_EQ(faults("too_large"), 2);
  }
}

}  // namespace
}  // namespace bridge::testing
