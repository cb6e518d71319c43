// What keeps a browser from making more of an answer than it is, on every kind
// of answer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SecurityHeadersTest : public BridgeTest {
 protected:
  void SetUp() override {
    const auto root = std::filesystem::path(::testing::TempDir()) / "secured";
    std::filesystem::create_directories(root);
    std::ofstream(root / "index.html") << "<h1>page</h1>";
    std::ofstream(root / "app.js") << "let x;";
    Options options = TestOptions();
    options.web_root = root.string();
    Start(options);
  }

  // Of an answer of any kind, as it is sent.
  static void ExpectCommon(const std::string& header, const std::string& what) {
    for (const char* line :
         {"X-Content-Type-Options: nosniff\r\n",
          "Referrer-Policy: no-referrer\r\n",
          "X-Frame-Options: ", "Content-Security-Policy: default-src 'none'; ",
          "frame-ancestors ", "Cross-Origin-Resource-Policy: same-origin\r\n",
          "Cache-Control: no-"}) {
      EXPECT_THAT(header, HasSubstr(line)) << what;
    }
  }

  // Of one that is no file of the page.
  static void ExpectNoPage(const std::string& header, const std::string& what) {
    ExpectCommon(header, what);
    for (const char* line :
         {"X-Frame-Options: DENY\r\n", "frame-ancestors 'none'\r\n",
          "Cache-Control: no-store\r\n"}) {
      EXPECT_THAT(header, HasSubstr(line)) << what;
    }
  }
};

TEST_F(SecurityHeadersTest, OfThePagesFiles) {
  const std::string etag = Get(port(), "/").Field("ETag");
  for (const HttpAnswer& answer :
       {Get(port(), "/"), Get(port(), "/index.html"), Get(port(), "/app.js"),
        Get(port(), "/", {"If-None-Match: " + etag})}) {
    ExpectCommon(answer.header, answer.header);
    EXPECT_EQ(answer.Field("X-Frame-Options"), "SAMEORIGIN");
    EXPECT_EQ(answer.Field("Cross-Origin-Opener-Policy"), "same-origin");
  }
}

TEST_F(SecurityHeadersTest, OfEveryOtherAnswer) {
  struct Case {
    const char* method;
    const char* target;
    int status;
    std::vector<std::string> fields = {};
  };
  for (const Case& c : std::vector<Case>{
           {"GET", "/healthz", 200},
           {"GET", "/readyz", 200},
           {"GET", "/metrics", 200},
           {"HEAD", "/healthz", 200},
           {"GET", "/ticks/7", 200},
           {"GET", "/count/3", 200},
           {"GET", "/count/3", 200, {"Accept: text/event-stream"}},
           {"GET", "/nothing", 404},
           {"GET", "/ticks/x", 400},
           {"GET", "/ticks/7?fail=5", 404},
           {"GET", "/ticks/7?fail=13", 500},
           {"GET", "/ticks/7?fail=16", 401},
           {"DELETE", "/ticks/7", 405},
           {"POST", "/ticks", 403, {"Origin: https://evil.example"}},
           {"OPTIONS",
            "/ticks/7",
            204,
            {"Origin: https://other.example",
             "Access-Control-Request-Method: GET"}},
           {"OPTIONS", "/nothing", 404},
       }) {
    const HttpAnswer answer = Fetch(port(), c.method, c.target, c.fields);
    EXPECT_EQ(answer.status, c.status) << c.method << " " << c.target;
    ExpectNoPage(answer.header, std::string(c.method) + " " + c.target);
  }
}

TEST_F(SecurityHeadersTest, OfAWebSocketsHandshake) {
  const std::string upgrade =
      " /ticks HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n"
      "Upgrade: websocket\r\nX-Request-Id: shake-1\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  struct Case {
    std::string request;
    const char* status;
    const char* type;
  };
  for (const Case& c : std::vector<Case>{
           {"GET" + upgrade + key + "Sec-WebSocket-Version: 13\r\n", "101 ",
            ""},
           {"GET" + upgrade + key + "Sec-WebSocket-Version: 12\r\n", "426 ",
            "Content-Type: text/plain; charset=utf-8\r\n"},
           {"GET" + upgrade + "Sec-WebSocket-Version: 13\r\n", "400 ",
            "Content-Type: text/plain; charset=utf-8\r\n"},
       }) {
    RawClient client(port());
    client.Send(c.request + "\r\n");
    const std::string header = client.ReadUntil("\r\n\r\n");
    EXPECT_THAT(header, StartsWith(std::string("HTTP/1.1 ") + c.status));
    ExpectNoPage(header, c.status);
    EXPECT_THAT(header, HasSubstr("X-Request-Id: shake-1\r\n"));
    EXPECT_THAT(header, HasSubstr(c.type));
  }
}

TEST_F(SecurityHeadersTest, OfRefusalsBeforeTheRequestIsKnown) {
  for (const std::string& bytes : {
           std::string("nonsense\r\n\r\n"),
           "GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n",
           std::string(
               "POST /ticks HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n"),
       }) {
    RawClient client(port());
    client.Send(bytes);
    ExpectNoPage(client.ReadUntil("\r\n\r\n"), bytes.substr(0, 20));
  }
}

}  // namespace
}  // namespace bridge::testing
