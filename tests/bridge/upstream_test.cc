// An upstream that comes, goes, and changes; and the end of the bridge.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class UpstreamTest : public BridgeTest {};

TEST_F(UpstreamTest, WaitsForOneThatIsNotUpYet) {
  int upstream_port = server_->port();
  server_.reset();
  Options options = TestOptions();
  options.upstream.target = "127.0.0.1:" + std::to_string(upstream_port);
  auto bridge = Bridge::Start(std::move(options));
  ASSERT_TRUE(bridge.ok()) << bridge.status();
  int port = (*bridge)->port();
  EXPECT_EQ(Get(port, "/healthz").status, 200);
  HttpAnswer not_ready = Get(port, "/readyz");
  EXPECT_EQ(not_ready.status, 503);
  EXPECT_THAT(not_ready.body, HasSubstr("not ready: the upstream"));
  EXPECT_EQ(Get(port, "/ticks/1").status, 503);
  RawClient early(port);
  early.Upgrade("/ticks");
  EXPECT_THAT(early.ReadToEnd(),
              AllOf(HasSubstr("UNAVAILABLE"), HasSubstr(CloseBytes(1014))));

  TickerServer server(upstream_port);
  EXPECT_TRUE(Eventually([&] { return Get(port, "/readyz").status == 200; }));
  EXPECT_EQ(Get(port, "/ticks/1").status, 200);
}

TEST_F(UpstreamTest, ViewersOutliveItsRestart) {
  StartRemote();
  // It remembers nothing: only without positions is there nothing to resume.
  WebSocketClient viewer(port(), "/replay");
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->Publish("before");
  EXPECT_THAT(viewer.Read(), HasSubstr("before"));
  int upstream_port = server_->port();
  server_.reset();
  EXPECT_TRUE(Eventually([&] { return Get(port(), "/readyz").status == 503; }));
  server_ = std::make_unique<TickerServer>(upstream_port);
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->Publish("after");
  EXPECT_THAT(viewer.Read(), HasSubstr("after"));
  EXPECT_TRUE(Eventually([&] { return Get(port(), "/readyz").status == 200; }));
}

TEST_F(UpstreamTest, ViewersAreTold1014WhenPatienceEnds) {
  Options options = TestOptions();
  options.feed.patience = absl::Milliseconds(500);
  StartRemote(options);
  // Beast's client knows no 1014.
  RawClient viewer(port());
  viewer.Upgrade("/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_.reset();
  viewer.ReadUntil("the upstream is gone");
  viewer.ReadUntil(CloseBytes(1014));
}

// What gRPC has to say of a connection that it can't make names the address.
TEST_F(UpstreamTest, ClientsDoNotHearWhereItIs) {
  Options options = TestOptions();
  options.feed.patience = absl::ZeroDuration();
  options.upstream.target = server_->target();
  const std::string upstream_port = std::to_string(server_->port());
  StartRemote(options);
  server_.reset();
  EXPECT_TRUE(Eventually([&] { return Get(port(), "/readyz").status == 503; }));
  for (const char* path :
       {"/readyz", "/ticks/1", "/ticks", "/replay?after=0"}) {
    const HttpAnswer answer = Get(port(), path);
    EXPECT_EQ(answer.status, 503) << path;
    EXPECT_THAT(answer.body, HasSubstr("the upstream")) << path;
    EXPECT_THAT(answer.body, Not(HasSubstr(upstream_port))) << path;
  }
  RawClient viewer(port());
  viewer.Upgrade("/ticks");
  EXPECT_THAT(viewer.ReadUntil(CloseBytes(1014)),
              Not(HasSubstr(upstream_port)));
  // One that does not know what the upstream offers.
  const auto cold = Bridge::Start(options);
  ASSERT_TRUE(cold.ok()) << cold.status();
  const int port = (*cold)->port();
  EXPECT_TRUE(Eventually([&] {
    return Get(port, "/readyz").body ==
           "not ready: the upstream can't be reached; trying again\n";
  }));
  EXPECT_THAT(Get(port, "/ticks/1").body, Not(HasSubstr(upstream_port)));
}

// What it says itself is for them.
TEST_F(UpstreamTest, ClientsHearWhatItSays) {
  StartRemote();
  const HttpAnswer answer = Get(port(), "/ticks/1?fail=14");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("failed as "));
}

TEST_F(UpstreamTest, AStreamFromAPositionIsNotBegunAgainWithoutCursors) {
  StartRemote();
  server_->PublishMany(3, "x");
  RawClient viewer(port());
  viewer.Upgrade("/replay?after=0");
  for (int i = 0; i < 3; ++i) viewer.ReadUntil("\"x\"");
  server_->EndWatches(grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut"));
  viewer.ReadUntil("the upstream is gone: cut");
  viewer.ReadUntil(CloseBytes(1014));
  EXPECT_EQ(server_->watches_started(), 1);
}

TEST_F(UpstreamTest, NewViewersOfAFeedThatEndedGetANewOne) {
  Start();
  WebSocketClient viewer(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->EndWatches(grpc::Status(grpc::StatusCode::ABORTED, "enough"));
  EXPECT_THAT(viewer.Read(), HasSubstr("enough"));
  EXPECT_EQ(viewer.AwaitClose(), 4010);
  WebSocketClient next(port(), "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->Publish("hello");
  EXPECT_THAT(next.Read(), HasSubstr("hello"));
}

TEST_F(UpstreamTest, DrainClosesViewersWith1012AndLetsRequestsEnd) {
  Start();
  WebSocketClient viewer(port(), "/ticks");
  RawClient events(port());
  events.Send(
      "GET /ticks HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n");
  events.ReadUntil("\r\n\r\n");
  RawClient idle(port());
  auto slow = std::async(std::launch::async, [this] {
    return Get(port(), "/ticks/1?delay_ms=500").status;
  });
  ASSERT_TRUE(Eventually([&] { return server_->gets_started() == 1; }));
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().sessions == 2; }));
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 2; }));
  auto drained = std::async(std::launch::async, [this] { bridge_->Drain(); });
  EXPECT_THAT(viewer.Read(), HasSubstr("shutting down"));
  EXPECT_EQ(viewer.AwaitClose(), 1012);
  EXPECT_THAT(events.ReadToEnd(), HasSubstr("shutting down"));
  events.Abort();  // The bridge would wait for it.
  EXPECT_TRUE(idle.AwaitEnd());
  EXPECT_EQ(slow.get(), 200);
  drained.get();
  EXPECT_EQ(bridge_->stats().sessions, 0);
}

TEST_F(UpstreamTest, DrainCutsOffWhoDoesNotEnd) {
  Options options = TestOptions();
  options.patience = absl::Milliseconds(300);
  Start(options);
  auto slow = std::async(std::launch::async, [this] {
    return Get(port(), "/ticks/1?delay_ms=3000").status;
  });
  ASSERT_TRUE(Eventually([&] { return server_->gets_started() == 1; }));
  bridge_->Drain();
  EXPECT_EQ(bridge_->stats().sessions, 0);
  EXPECT_EQ(slow.get(), 0);
}

TEST_F(UpstreamTest, DrainCutsOffViewersThatDoNotRead) {
  Options options = TestOptions();
  options.patience = absl::Milliseconds(300);
  Start(options);
  std::vector<std::unique_ptr<WebSocketClient>> stuck;
  for (int i = 0; i < 8; ++i) {  // on both shards, all of one feed
    stuck.push_back(std::make_unique<WebSocketClient>(
        port(), "/ticks", std::vector<std::pair<std::string, std::string>>(),
        4096));
  }
  ASSERT_TRUE(server_->AwaitWatches(1));
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 8; }));
  server_->PublishMany(100, std::string(50'000, 'x'));
  ASSERT_TRUE(
      Eventually([&] { return bridge_->stats().messages_taken == 100; }));
  bridge_->Drain();
  EXPECT_EQ(bridge_->stats().viewers, 0);
  EXPECT_EQ(bridge_->stats().feeds, 0);
}

}  // namespace
}  // namespace bridge::testing
