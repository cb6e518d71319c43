// What one address may take, on the real port. The tests' clients are all on
// this machine, so it is not spared here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AdmissionTest : public BridgeTest {
 protected:
  // So that waiting until the bridge is ready takes none of it, what is limited
  // are connections at a time, and writes.
  static Options With(AddressLimitOptions limits) {
    Options options = TestOptions();
    options.http.per_address = limits;
    options.http.per_address.spare_loopback = false;
    return options;
  }

  static std::vector<std::string> From(const std::string& client) {
    return {"X-Forwarded-For: " + client, "Content-Type: application/json"};
  }

  int PostFrom(const std::string& client) {
    return Fetch(port(), "POST", "/ticks", From(client), "{}").status;
  }
};

TEST_F(AdmissionTest, KeepsOutTheConnectionsOfAnAddressThatHasItsShare) {
  Start(With({.connections = 3, .connects = 0}));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    // A viewer counts as a request does.
    if (i > 0) clients.back()->Upgrade("/ticks");
  }
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
  RawClient fourth(port());
  const std::string refusal = fourth.ReadToEnd();
  EXPECT_THAT(refusal, HasSubstr("HTTP/1.1 429 "));
  EXPECT_THAT(refusal, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(refusal, HasSubstr("3 connections open"));
  EXPECT_EQ(bridge_->stats().refusals.Counts().at("connections_of_an_address"),
            1);
  clients.pop_back();
  EXPECT_TRUE(
      Eventually([&] { return Get(port(), "/healthz").status == 200; }));
}

TEST_F(AdmissionTest, KeepsOutTheNewConnectionsOfAnAddressThatMakesTooMany) {
  Start(With({.connections = 0, .connects = 2}));
  const auto refusals = [&] {
    return bridge_->stats().refusals.Counts()["connects_of_an_address"];
  };
  // Waiting until the bridge is ready may have been too much already.
  const double before = refusals();
  const auto refused = [&] { return refusals() > before; };
  std::vector<std::unique_ptr<RawClient>> clients;
  while (!refused() && clients.size() < 200) {
    clients.push_back(std::make_unique<RawClient>(port()));
    const auto open = static_cast<int64_t>(clients.size());
    ASSERT_TRUE(Eventually(
        [&] { return refused() || bridge_->stats().sessions == open; }));
  }
  ASSERT_TRUE(refused());
  const std::string refusal = clients.back()->ReadToEnd();
  EXPECT_THAT(refusal, HasSubstr("HTTP/1.1 429 "));
  EXPECT_THAT(refusal, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(refusal, HasSubstr("made 2 connections a second"));
  HttpAnswer metrics;
  ASSERT_TRUE(Eventually([&] {
    metrics = Get(port(), "/metrics");
    return metrics.status == 200;
  }));
  EXPECT_THAT(
      metrics.body,
      HasSubstr("bridge_refusals_total{limit=\"connects_of_an_address\"} "));
  EXPECT_THAT(metrics.body, Not(HasSubstr("\"connections_of_an_address\"")));
}

TEST_F(AdmissionTest, KeepsOutWritesOfAnAddressThatSendsTooMany) {
  Start(With({.connections = 0, .connects = 0, .writes = 2}));
  HttpAnswer refused;
  for (int i = 0; i < 20 && refused.status != 429; ++i) {
    refused = Post(port(), "/ticks", "{}");
  }
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.Field("Retry-After"), "1");
  EXPECT_THAT(refused.body, HasSubstr("RESOURCE_EXHAUSTED"));
  EXPECT_THAT(refused.body, HasSubstr("2 requests a second"));
  EXPECT_EQ(Get(port(), "/healthz").status, 200) << "reading goes on";
  EXPECT_GE(bridge_->stats().refusals.Counts().at("writes"), 1);
}

TEST_F(AdmissionTest, OfOneAddressSoManyReadsWaitForTheUpstream) {
  Options options = With({.connections = 0, .connects = 0, .reads = 2});
  options.http.trusted_proxies = *TrustedProxies::Parse({"127.0.0.1"});
  Start(std::move(options));
  server_->HoldGets(true);
  const auto ask = [&](const std::string& client) {
    auto one = std::make_unique<RawClient>(port());
    one->Send("GET /ticks/7 HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: " + client +
              "\r\n\r\n");
    return one;
  };
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (int i = 0; i < 2; ++i) waiting.push_back(ask("192.0.2.1"));
  ASSERT_TRUE(Eventually([&] { return server_->gets_started() == 2; }));
  const HttpAnswer refused = Get(port(), "/ticks/7", From("192.0.2.1"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.Field("Retry-After"), "1");
  EXPECT_THAT(refused.body, HasSubstr("2 requests that wait for an answer"));
  WebSocketClient socket(port(), "/ticks/7",
                         {{"X-Forwarded-For", "192.0.2.1"}});
  EXPECT_EQ(socket.AwaitClose(), 1013);
  EXPECT_EQ(bridge_->stats().refusals.Counts().at("reads_of_an_address"), 2);
  // Neither others nor what changes something are held back.
  waiting.push_back(ask("192.0.2.2"));
  EXPECT_TRUE(Eventually([&] { return server_->gets_started() == 3; }));
  EXPECT_EQ(PostFrom("192.0.2.1"), 200);
  server_->HoldGets(false);
  for (const auto& one : waiting) {
    EXPECT_THAT(one->ReadUntil("}"), HasSubstr("HTTP/1.1 200 "));
  }
  EXPECT_EQ(Get(port(), "/ticks/7", From("192.0.2.1")).status, 200);
}

TEST_F(AdmissionTest, AnAnswerThatNobodyTakesIsNoReadThatWaits) {
  Options options = With({.connections = 0, .connects = 0, .reads = 1});
  Start(std::move(options));
  RawClient takes_nothing(port());
  takes_nothing.Send("GET /ticks/7?size=4000000 HTTP/1.1\r\nHost: h\r\n\r\n");
  takes_nothing.ReadUntil("\r\n\r\n");
  EXPECT_EQ(Get(port(), "/ticks/7").status, 200);
}

TEST_F(AdmissionTest, ATrustedProxyIsSparedAndSpeaksForItsClients) {
  Options options = With({.connections = 1, .connects = 0, .writes = 1});
  options.http.trusted_proxies = *TrustedProxies::Parse({"127.0.0.1"});
  Start(std::move(options));
  RawClient one(port());
  RawClient another(port());
  EXPECT_EQ(Get(port(), "/healthz").status, 200);
  EXPECT_EQ(PostFrom("192.0.2.1"), 200);
  EXPECT_EQ(PostFrom("192.0.2.2"), 200);
  int status = 0;
  for (int i = 0; i < 20 && status != 429; ++i) status = PostFrom("192.0.2.1");
  EXPECT_EQ(status, 429);
  // A line that the client sent itself, before the proxy's.
  std::vector<std::string> forged = From("203.0.113.9");
  forged.push_back("X-Forwarded-For: 192.0.2.1");
  EXPECT_EQ(Fetch(port(), "POST", "/ticks", forged, "{}").status, 429);
}

TEST_F(AdmissionTest, AProxyMaySayForwarded) {
  Options options = With({.connections = 0, .connects = 0, .writes = 1});
  options.http.trusted_proxies = *TrustedProxies::Parse({"127.0.0.1"});
  Start(std::move(options));
  const auto post = [&](const std::string& forwarded) {
    return Fetch(port(), "POST", "/ticks", {"Forwarded: " + forwarded}, "{}")
        .status;
  };
  int status = 0;
  for (int i = 0; i < 20 && status != 429; ++i) {
    status = post(absl::StrCat("for=203.0.113.", i, ", for=\"192.0.2.1:", i,
                               "\";proto=https"));
  }
  EXPECT_EQ(status, 429);
  EXPECT_EQ(post("for=\"[2001:db8::1]\""), 200);
}

TEST_F(AdmissionTest, DistinctQueriesOfOneAddressOpenSoManyStreams) {
  Options options = With({.connections = 0, .connects = 0, .feeds = 5});
  options.feed.linger = absl::Milliseconds(50);
  Start(std::move(options));
  std::vector<std::unique_ptr<WebSocketClient>> viewers;
  for (int i = 0; i < 5; ++i) {
    viewers.push_back(std::make_unique<WebSocketClient>(
        port(), "/ticks?topics=" + std::to_string(i)));
  }
  ASSERT_TRUE(server_->AwaitWatches(5));
  for (int i = 5; i < 100; ++i) {
    const std::string query = "topics=" + std::to_string(i);
    ASSERT_EQ(Get(port(), "/ticks?" + query).status, 429);
    // A stream that can't be shared is one as well.
    ASSERT_EQ(Get(port(), "/replay?after=0&" + query).status, 429);
  }
  WebSocketClient refused(port(), "/ticks?topics=new");
  EXPECT_THAT(refused.Read(), HasSubstr("5 different streams open"));
  EXPECT_EQ(refused.AwaitClose(), 1013);
  EXPECT_EQ(bridge_->stats().feeds, 5);
  EXPECT_EQ(bridge_->stats().refusals.Counts().at("feeds_of_an_address"), 191);
  WebSocketClient joins(port(), "/ticks?topics=0");
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 6; }));
  viewers.back()->Close(1000);
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().feeds == 4; }));
  viewers.back() =
      std::make_unique<WebSocketClient>(port(), "/ticks?topics=new");
  EXPECT_TRUE(server_->AwaitWatches(5));
}

TEST_F(AdmissionTest, WhoCatchesUpTakesNotAllThatOthersNeed) {
  Options options = With({.connections = 0, .connects = 0, .feeds = 2});
  options.feed.ring.frames = 4;
  options.feeds.feeds = 16;
  options.http.trusted_proxies = *TrustedProxies::Parse({"127.0.0.1"});
  Start(std::move(options));
  server_->PublishMany(100, std::string(50'000, 'x'));
  WebSocketClient live(port(), "/ticks?backlog=0");
  ASSERT_TRUE(server_->AwaitWatches(1));
  // They take nothing, so they never catch up.
  std::vector<std::unique_ptr<RawClient>> clients;
  const auto catch_up = [&](const std::string& client) {
    clients.push_back(std::make_unique<RawClient>(port()));
    clients.back()->Send(
        "GET /ticks?after=1 HTTP/1.1\r\nHost: h\r\n"
        "X-Forwarded-For: " +
        client + "\r\n\r\n");
    return clients.back()->ReadUntil("\r\n\r\n").substr(0, 12);
  };
  // While there are many, they may be one's who brings many along.
  for (int i = 0; i < 4; ++i) EXPECT_EQ(catch_up("192.0.2.1"), "HTTP/1.1 200");
  EXPECT_EQ(catch_up("192.0.2.1"), "HTTP/1.1 429");
  EXPECT_EQ(catch_up("192.0.2.2"), "HTTP/1.1 200");
  EXPECT_EQ(catch_up("192.0.2.2"), "HTTP/1.1 200");
  EXPECT_EQ(catch_up("192.0.2.2"), "HTTP/1.1 429");
  EXPECT_EQ(bridge_->stats().refusals.Counts().at("feeds_of_an_address"), 2);
  // What they had is given back.
  clients.clear();
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().feeds == 1; }));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(catch_up("192.0.2.1"), "HTTP/1.1 200");
}

TEST_F(AdmissionTest, StreamsThatAProxyBringsCountForItsClients) {
  Options options = With({.connections = 2, .connects = 0, .feeds = 1});
  options.http.trusted_proxies = *TrustedProxies::Parse({"127.0.0.1"});
  Start(std::move(options));
  const auto watch = [&](const std::string& client, const std::string& topic) {
    return std::make_unique<WebSocketClient>(
        port(), "/ticks?topics=" + topic,
        std::vector<std::pair<std::string, std::string>>{
            {"X-Forwarded-For", client}});
  };
  const auto first = watch("192.0.2.1", "a");
  ASSERT_TRUE(server_->AwaitWatches(1));
  const auto other_topic = watch("192.0.2.1", "b");
  EXPECT_THAT(other_topic->Read(), HasSubstr("1 different streams open"));
  EXPECT_EQ(other_topic->AwaitClose(), 1013);
  const auto second = watch("192.0.2.1", "a");
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
  const auto third = watch("192.0.2.1", "a");
  EXPECT_THAT(third->Read(), HasSubstr("2 connections open"));
  EXPECT_EQ(third->AwaitClose(), 1013);
  const auto another = watch("192.0.2.2", "b");
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 3; }));
  second->Close(1000);
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
  const auto again = watch("192.0.2.1", "a");
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 3; }));
}

TEST_F(AdmissionTest, WithoutTrustAForwardedAddressIsHearsay) {
  Start(With({.connections = 0, .connects = 0, .writes = 1}));
  int status = 0;
  for (int i = 0; i < 20 && status != 429; ++i) {
    status = PostFrom("192.0.2." + std::to_string(i));
  }
  EXPECT_EQ(status, 429);
}

}  // namespace
}  // namespace bridge::testing
