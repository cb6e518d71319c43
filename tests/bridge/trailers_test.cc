// What stands behind a chunked body is no part of the request's header.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A request without a body, but with what follows one. Lines end with CRLF.
std::string Get(const std::string& target, const std::string& header,
                const std::string& trailers) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + header +
         "Transfer-Encoding: chunked\r\n\r\n0\r\n" + trailers + "\r\n";
}

constexpr char kUpgrade[] =
    "Connection: upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

class TrailersTest : public BridgeTest {};

TEST_F(TrailersTest, AClientDoesNotSayThereWhoItIs) {
  Options options = TestOptions();
  options.http.per_address = {.connections = 1, .connects = 0};
  options.http.per_address.spare_loopback = false;
  options.http.trusted_proxies = *TrustedProxies::Parse({"127.0.0.1"});
  Start(std::move(options));
  const auto request = [](const std::string& forged) {
    return Get("/ticks", "X-Forwarded-For: 192.0.2.1\r\n",
               "X-Forwarded-For: " + forged + "\r\n");
  };
  RawClient first(port());
  first.Send(request("192.0.2.8"));
  EXPECT_THAT(first.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  RawClient second(port());
  second.Send(request("192.0.2.9"));
  EXPECT_THAT(second.ReadUntil("open"), StartsWith("HTTP/1.1 429 "));
}

TEST_F(TrailersTest, AStreamDoesNotBecomeAWebSocketThere) {
  Start();
  RawClient viewer(port());
  viewer.Send(Get("/ticks", "", kUpgrade));
  EXPECT_THAT(viewer.ReadUntil("\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("ndjson")));
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->Publish("hello");
  EXPECT_THAT(viewer.ReadUntil("hello"), HasSubstr("\r\n{\"number\":\"1\""));
}

TEST_F(TrailersTest, ARefusalIsOneOfHttp) {
  Start();
  RawClient viewer(port());
  viewer.Send(Get("/ticks?after=99999999", "", kUpgrade));
  EXPECT_THAT(viewer.ReadUntil("OUT_OF_RANGE"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(TrailersTest, AnAnswerIsReadableByWhomTheHeaderNames) {
  Options options = TestOptions();
  options.allowed_origins = {"http://a.b"};
  Start(std::move(options));
  RawClient client(port());
  client.Send(Get("/ticks/1", "", "Origin: http://a.b\r\n"));
  EXPECT_THAT(client.ReadUntil("}\n"),
              AllOf(StartsWith("HTTP/1.1 200 "),
                    Not(HasSubstr("Access-Control-Allow-Origin"))));
}

}  // namespace
}  // namespace bridge::testing
