// HTTP itself: files, health, CORS, and the bounds of a request.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::HasSubstr;

class HttpTest : public BridgeTest {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(::testing::TempDir()) / "root";
    std::filesystem::create_directories(root_);
    std::ofstream(root_ / "index.html") << "<h1>page</h1>";
    std::ofstream(root_ / "app.js") << "let x;";
    Options options = TestOptions();
    options.web_root = root_.string();
    Start(options);
  }

  bool AwaitRefusals(const std::string& limit, int64_t count) {
    return Eventually([&] {
      const auto refusals = bridge_->stats().refusals.Counts();
      return refusals.contains(limit) && refusals.at(limit) == count;
    });
  }

  std::filesystem::path root_;
};

TEST_F(HttpTest, ServesThePage) {
  HttpAnswer page = Get(port(), "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<h1>page</h1>");
  EXPECT_EQ(page.Field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.Field("Content-Security-Policy"),
              HasSubstr("script-src 'self'"));
  EXPECT_THAT(page.Field("Content-Security-Policy"),
              Not(HasSubstr("unsafe-inline")));
  EXPECT_EQ(page.Field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(Get(port(), "/app.js?v=1").Field("Content-Type"),
            "text/javascript; charset=utf-8");
  EXPECT_EQ(Get(port(), "/../../etc/passwd").status, 404);
}

TEST_F(HttpTest, SendsAFileOnceUntilItChanges) {
  std::string etag = Get(port(), "/").Field("ETag");
  ASSERT_NE(etag, "");
  HttpAnswer again = Get(port(), "/", {"If-None-Match: " + etag});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(again.Field("Content-Length"), "");
  EXPECT_EQ(Get(port(), "/", {"If-None-Match: \"old\""}).status, 200);
}

TEST_F(HttpTest, AnswersHeadWithoutABody) {
  HttpAnswer head = Fetch(port(), "HEAD", "/");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Field("Content-Length"), "13");
  EXPECT_EQ(head.body, "");
}

TEST_F(HttpTest, SaysWhetherItIsHealthyAndReady) {
  EXPECT_EQ(Get(port(), "/healthz").body, "healthy\n");
  EXPECT_EQ(Get(port(), "/readyz").body, "ready\n");
}

TEST_F(HttpTest, AnswersPreflights) {
  HttpAnswer read = Fetch(
      port(), "OPTIONS", "/ticks",
      {"Origin: https://any.example", "Access-Control-Request-Method: GET"});
  EXPECT_EQ(read.status, 204);
  EXPECT_EQ(read.Field("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(read.Field("Access-Control-Allow-Methods"), "GET, POST");
  HttpAnswer write = Fetch(
      port(), "OPTIONS", "/ticks",
      {"Origin: https://any.example", "Access-Control-Request-Method: POST"});
  EXPECT_EQ(write.status, 403);
  EXPECT_EQ(Fetch(port(), "OPTIONS", "/nowhere",
                  {"Origin: https://any.example",
                   "Access-Control-Request-Method: GET"})
                .status,
            404);
}

TEST_F(HttpTest, BoundsTheHeader) {
  EXPECT_EQ(Get(port(), "/healthz", {"X: " + std::string(7000, 'x')}).status,
            200);
  HttpAnswer answer = Get(port(), "/healthz", {"X: " + std::string(9000, 'x')});
  EXPECT_EQ(answer.status, 431);
  EXPECT_THAT(answer.body, HasSubstr("8192 bytes"));
  EXPECT_EQ(bridge_->stats().refusals.Counts().at("header_bytes"), 1);
}

TEST_F(HttpTest, RefusesWhatIsNotHttp) {
  RawClient client(port());
  client.Send("\x16\x03\x01 this is TLS\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("HTTP/1.1 400"));
}

TEST_F(HttpTest, ClosesAConnectionWhoseHeaderDoesNotCome) {
  Options options = TestOptions();
  options.http.header_timeout = absl::Milliseconds(200);
  Start(options);
  RawClient silent(port());
  RawClient slow(port());
  slow.Send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(silent.AwaitEnd());
  EXPECT_TRUE(slow.AwaitEnd());
  EXPECT_TRUE(AwaitRefusals("header_timeout", 2));
}

TEST_F(HttpTest, ClosesAConnectionWhoseNextHeaderDoesNotCome) {
  Options options = TestOptions();
  options.http.idle_timeout = absl::Milliseconds(200);
  Start(options);
  RawClient slow(port());
  slow.Send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /healthz HTTP/1.1");
  EXPECT_THAT(slow.ReadToEnd(), HasSubstr("healthy"));
  EXPECT_TRUE(AwaitRefusals("idle_timeout", 1));
}

TEST_F(HttpTest, ClosesAConnectionThatDoesNotTakeItsResponse) {
  std::ofstream(root_ / "large.bin") << std::string(32 << 20, 'x');
  Options options = TestOptions();
  options.web_root = root_.string();
  options.http.write_timeout = absl::Milliseconds(200);
  Start(options);
  RawClient stuck(port());
  stuck.Send("GET /large.bin HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(AwaitRefusals("write_timeout", 1));
}

TEST_F(HttpTest, BoundsTheConnections) {
  Options options = TestOptions();
  options.http.max_connections = 2;
  options.http.reserved_connections = 1;  // we are on this machine
  Start(options);
  std::vector<std::unique_ptr<WebSocketClient>> viewers;
  for (int i = 0; i < 3; ++i) {
    // The requests that asked for readiness may be ending still.
    ASSERT_TRUE(Eventually([&] {
      return bridge_->stats().sessions + bridge_->stats().viewers == i;
    }));
    viewers.push_back(std::make_unique<WebSocketClient>(port(), "/ticks"));
  }
  RawClient fourth(port());
  EXPECT_THAT(fourth.ReadToEnd(),
              AllOf(HasSubstr("HTTP/1.1 503"), HasSubstr("Retry-After: 1")));
  EXPECT_TRUE(AwaitRefusals("connections", 1));
  viewers.pop_back();
  EXPECT_TRUE(
      Eventually([&] { return Get(port(), "/healthz").status == 200; }));
}

// Takes every descriptor of the process but one.
class NoDescriptors {
 public:
  NoDescriptors() {
    int fd;
    while ((fd = dup(STDERR_FILENO)) >= 0) taken_.push_back(fd);
    close(taken_.back());
    taken_.pop_back();
  }
  ~NoDescriptors() {
    for (int fd : taken_) close(fd);
  }

 private:
  std::vector<int> taken_;
};

TEST_F(HttpTest, AcceptingRestsWhenThereAreNoDescriptors) {
  auto none = std::make_unique<NoDescriptors>();
  RawClient client(port());  // with the last one: the bridge has none for it
  client.Send("GET /healthz HTTP/1.0\r\n\r\n");
  const std::clock_t cpu = std::clock();
  absl::SleepFor(absl::Milliseconds(500));  // to see what it does meanwhile
  const double busy = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  EXPECT_LT(busy, 0.25) << "seconds of CPU in half a second";
  EXPECT_EQ(bridge_->stats().sessions, 0);
  none.reset();
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("200 OK"));
}

TEST_F(HttpTest, RefusesAPortThatIsInUse) {
  Options options = TestOptions();
  options.upstream.in_process = server_->InProcess();
  options.port = port();
  auto second = Bridge::Start(std::move(options));
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(std::to_string(port())));
}

}  // namespace
}  // namespace bridge::testing
