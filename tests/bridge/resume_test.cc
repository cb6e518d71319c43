// Viewers that start at a position of a shared feed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr size_t kRing = 16;

class ResumeTest : public BridgeTest {
 protected:
  static Options SmallRing() {
    Options options = TestOptions();
    options.feed.ring.frames = kRing;
    options.feed.accept_grace = absl::Milliseconds(200);
    return options;
  }

  // Reads ticks `first` to `last`, each once.
  template <typename Viewer>
  static void ExpectTicks(Viewer& viewer, int first, int last) {
    for (int number = first; number <= last; ++number) {
      ASSERT_THAT(viewer.Read(),
                  HasSubstr("{\"number\":\"" + std::to_string(number) + "\""));
    }
  }

  std::unique_ptr<WebSocketClient> Connect(const std::string& target) {
    return std::make_unique<WebSocketClient>(port(), target);
  }

  // A viewer that has everything, so that the ring does.
  std::unique_ptr<WebSocketClient> Follow(int from, int to) {
    auto viewer = Connect("/ticks?after=" + std::to_string(from - 1));
    ExpectTicks(*viewer, from, to);
    return viewer;
  }

  bool AwaitViewers(int count) {
    return Eventually([&] { return bridge_->stats().viewers == count; });
  }
};

TEST_F(ResumeTest, AThousandPositionsWithinTheRingCostNoCall) {
  Start();
  auto first = Connect("/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->PublishMany(500, "x");
  ExpectTicks(*first, 1, 500);
  std::vector<std::unique_ptr<WebSocketClient>> viewers;
  for (int i = 0; i < 1000; ++i) {
    viewers.push_back(Connect("/ticks?after=" + std::to_string(i / 2)));
  }
  for (int i = 0; i < 1000; ++i) ExpectTicks(*viewers[i], i / 2 + 1, 500);
  server_->Publish("live");
  for (auto& viewer : viewers) ExpectTicks(*viewer, 501, 501);
  EXPECT_EQ(server_->watches_started(), 1);
}

TEST_F(ResumeTest, BehindTheRingACallCatchesUpAndEnds) {
  Start(SmallRing());
  server_->PublishMany(100, "x");
  auto live = Follow(95, 100);
  EXPECT_EQ(server_->watches_started(), 1);
  auto late = Connect("/ticks?after=10");
  ExpectTicks(*late, 11, 100);
  // Nothing is published meanwhile: it need not wait for the next message.
  EXPECT_TRUE(server_->AwaitWatches(1));
  EXPECT_EQ(server_->watches_started(), 2);
  server_->PublishMany(50, "y");
  ExpectTicks(*late, 101, 150);
  ExpectTicks(*live, 101, 150);
  EXPECT_TRUE(server_->AwaitWatches(1));
}

TEST_F(ResumeTest, TheFirstViewersPositionFillsTheRingForTheOthers) {
  Start();
  server_->PublishMany(1000, "x");
  auto first = Follow(900, 1000);
  auto second = Follow(700, 1000);
  auto third = Connect("/ticks?backlog=200");
  ExpectTicks(*third, 801, 1000);
  EXPECT_EQ(server_->watches_started(), 1);
}

TEST_F(ResumeTest, GivesEachViewerTheBacklogThatItAskedFor) {
  Start(SmallRing());
  server_->PublishMany(100, "x");
  auto four = Connect("/ticks?backlog=4");
  ExpectTicks(*four, 97, 100);
  auto two = Connect("/ticks?backlog=2");
  ExpectTicks(*two, 99, 100);
  auto none = Connect("/ticks?backlog=0");
  auto newest = Connect("/ticks");
  ExpectTicks(*newest, 100, 100);
  EXPECT_EQ(server_->watches_started(), 1);
  auto many = Connect("/ticks?backlog=50");
  ExpectTicks(*many, 51, 100);
  EXPECT_TRUE(server_->AwaitWatches(1));
  ASSERT_TRUE(AwaitViewers(5));
  server_->Publish("live");
  for (auto* viewer : {&four, &two, &none, &newest, &many}) {
    ExpectTicks(**viewer, 101, 101);
  }
}

TEST_F(ResumeTest, AnEmptyStreamTakesOneCallWhateverTheViewersAskFor) {
  Start(SmallRing());
  std::vector<std::unique_ptr<WebSocketClient>> viewers;
  for (const char* query : {"", "?backlog=3", "?after=0", "?backlog=5000"}) {
    viewers.push_back(Connect(std::string("/ticks") + query));
  }
  ASSERT_TRUE(AwaitViewers(4));
  // Those who came while the feed was new, and the one with a number, have to
  // find out whether there is anything. Nothing is.
  absl::SleepFor(absl::Seconds(1));
  EXPECT_TRUE(server_->AwaitWatches(1));
  const int calls = server_->watches_started();
  viewers.push_back(Connect("/ticks?backlog=7"));
  ASSERT_TRUE(AwaitViewers(5));
  server_->PublishMany(3, "x");
  for (auto& viewer : viewers) ExpectTicks(*viewer, 1, 3);
  EXPECT_EQ(server_->watches_started(), calls);
}

TEST_F(ResumeTest, ABacklogThatComesSlowlyIsNotMistakenForAll) {
  Start(SmallRing());
  server_->PublishMany(20, "x");
  // The feed asks for eight, which takes longer than it would wait for the
  // next.
  const std::string slow = "/ticks?pause_ms=60&";
  auto first = Connect(slow + "after=15");
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().messages_taken > 3; }));
  auto two = Connect(slow + "backlog=2");
  auto many = Connect(slow + "backlog=10");
  ExpectTicks(*two, 19, 20);
  ExpectTicks(*first, 16, 20);
  ExpectTicks(*many, 11, 20);
  EXPECT_TRUE(server_->AwaitWatches(1));
}

TEST_F(ResumeTest, APositionAheadOfAShortBusyLogIsRefused) {
  Start();  // a feed asks for more than there is
  server_->PublishMany(3, "x");
  std::atomic<bool> done = false;
  std::thread busy([&] {
    while (!done) {
      server_->Publish("y");
      absl::SleepFor(absl::Milliseconds(100));
    }
  });
  auto viewer = Connect("/ticks?after=1000000");
  EXPECT_THAT(viewer->Read(), HasSubstr("OUT_OF_RANGE"));
  EXPECT_EQ(viewer->AwaitClose(), 4011);
  done = true;
  busy.join();
}

TEST_F(ResumeTest, MissesNothingThatIsPublishedWhileTheFeedIsNew) {
  Options options = SmallRing();
  options.feed.accept_grace = absl::Seconds(10);  // longer than all of this
  Start(options);
  server_->PublishMany(3, "x");
  auto first = Connect("/ticks?after=3");  // the ring's eight are not full yet
  ASSERT_TRUE(AwaitViewers(1));            // it is the one that opens the feed
  auto none = Connect("/ticks?backlog=0");
  // Its call is there before more is published; it has heard nothing.
  ASSERT_TRUE(server_->AwaitWatches(2));
  auto one = Connect("/ticks?backlog=1");
  ExpectTicks(*one, 3, 3);
  ASSERT_TRUE(AwaitViewers(3));
  server_->PublishMany(2, "y");
  for (auto* viewer : {&first, &none, &one}) ExpectTicks(**viewer, 4, 5);
  EXPECT_TRUE(server_->AwaitWatches(1));
}

TEST_F(ResumeTest, WithoutABacklogACutOnAQuietStreamLosesNothing) {
  Start(SmallRing());
  server_->PublishMany(10, "x");
  auto viewer = Connect("/follow?after=10");
  ASSERT_TRUE(server_->AwaitWatches(2));
  absl::SleepFor(absl::Milliseconds(600));  // three times what it waits
  server_->EndWatches(grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut"));
  server_->Publish("in the gap");
  ExpectTicks(*viewer, 11, 11);
}

TEST_F(ResumeTest, WithoutABacklogToAskForTheNextMessageTellsWhereToMeet) {
  Start(SmallRing());
  server_->PublishMany(10, "x");
  auto resumed = Connect("/follow?after=4");
  ExpectTicks(*resumed, 5, 10);
  auto live = Connect("/follow");
  ASSERT_TRUE(server_->AwaitWatches(2));
  ASSERT_TRUE(AwaitViewers(2));
  server_->Publish("y");
  ExpectTicks(*resumed, 11, 11);
  ExpectTicks(*live, 11, 11);
  EXPECT_TRUE(server_->AwaitWatches(1));
  auto another = Connect("/follow?after=10");
  ExpectTicks(*another, 11, 11);
  EXPECT_EQ(server_->watches_started(), 2);
}

TEST_F(ResumeTest, WithoutCursorsEachHasACallOfItsOwn) {
  Start(SmallRing());
  server_->PublishMany(10, "x");
  auto one = Connect("/replay?after=4");
  auto two = Connect("/replay?after=4");
  ExpectTicks(*one, 5, 10);
  ExpectTicks(*two, 5, 10);
  EXPECT_TRUE(server_->AwaitWatches(2));
}

// ---- Ends and refusals.

TEST_F(ResumeTest, APositionThatIsNotThereIsTheUpstreamsToRefuse) {
  Start(SmallRing());
  server_->PublishMany(10, "x");
  HttpAnswer cold = Get(port(), "/ticks?after=999");
  EXPECT_EQ(cold.status, 400);
  EXPECT_THAT(cold.body, HasSubstr("OUT_OF_RANGE"));
  auto live = Follow(1, 10);
  EXPECT_EQ(Get(port(), "/ticks?after=999").status, 400);
  auto lost = Connect("/ticks?after=999");
  EXPECT_THAT(lost->Read(), AllOf(HasSubstr("OUT_OF_RANGE"),
                                  HasSubstr("there are 10 ticks")));
  EXPECT_EQ(lost->AwaitClose(), 4011);
  server_->Publish("y");
  ExpectTicks(*live, 11, 11);
}

TEST_F(ResumeTest, ARefusedStreamIsRefusedOnce) {
  Start(SmallRing());
  HttpAnswer refused = Get(port(), "/ticks?refuse=7&after=3");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(bridge_->stats().upstream_calls, 1);
}

TEST_F(ResumeTest, CatchingUpCountsAmongTheFeeds) {
  Options options = SmallRing();
  options.feeds.feeds = 1;
  Start(options);
  server_->PublishMany(100, "x");
  auto live = Follow(95, 100);
  auto late = Connect("/ticks?after=10");
  EXPECT_THAT(late->Read(), HasSubstr("too many different streams"));
  EXPECT_EQ(late->AwaitClose(), 1013);
  EXPECT_EQ(Get(port(), "/ticks?after=10").status, 429);
  server_->Publish("y");
  ExpectTicks(*live, 101, 101);
}

TEST_F(ResumeTest, ThoseWhoseStreamIsQuietHoldUpNobodyWhoCatchesUp) {
  Start(SmallRing());
  server_->PublishMany(1'000, "x");
  auto live = Follow(995, 1'000);
  // More than may read at once. Each has a call of its own for good.
  std::vector<std::unique_ptr<WebSocketClient>> quiet;
  for (int i = 0; i < 40; ++i) quiet.push_back(Connect("/replay?after=999"));
  for (auto& viewer : quiet) ExpectTicks(*viewer, 1'000, 1'000);
  std::vector<std::unique_ptr<WebSocketClient>> late;
  for (int i = 0; i < 40; ++i) late.push_back(Connect("/ticks?after=10"));
  for (auto& viewer : late) ExpectTicks(*viewer, 11, 1'000);
  server_->Publish("y");
  for (auto& viewer : quiet) ExpectTicks(*viewer, 1'001, 1'001);
  for (auto& viewer : late) ExpectTicks(*viewer, 1'001, 1'001);
  ExpectTicks(*live, 1'001, 1'001);
}

// ---- Cuts.

TEST_F(ResumeTest, ACutUpstreamIsResumedAndNobodyNoticesButAPause) {
  Start(SmallRing());
  auto viewer = Connect("/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->PublishMany(3, "x");
  ExpectTicks(*viewer, 1, 3);
  server_->EndWatches(grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut"));
  server_->PublishMany(5, "meanwhile");
  ExpectTicks(*viewer, 4, 8);
  EXPECT_EQ(server_->watches_started(), 2);
}

TEST_F(ResumeTest, CutWhileItCatchesUpAViewerMissesNothing) {
  Start(SmallRing());
  const std::string large(200'000, 'x');  // so that the viewer sets the pace
  server_->PublishMany(100, large);
  WebSocketClient viewer(port(), "/ticks?after=0", {}, 4096);
  ExpectTicks(viewer, 1, 20);
  server_->EndWatches(grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut"));
  ExpectTicks(viewer, 21, 60);
  server_->EndWatches(grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut"));
  ExpectTicks(viewer, 61, 100);
}

TEST_F(ResumeTest, ALogThatWasReplacedIsTold) {
  StartRemote(SmallRing());
  server_->PublishMany(10, "x");
  auto viewer = Follow(1, 10);
  RawClient events(port());
  events.Send(
      "GET /ticks HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n");
  events.ReadUntil("\"10\"");
  int upstream_port = server_->port();
  server_.reset();
  server_ = std::make_unique<TickerServer>(upstream_port);
  EXPECT_THAT(viewer->Read(), HasSubstr("OUT_OF_RANGE"));
  EXPECT_EQ(viewer->AwaitClose(), 4011);
  EXPECT_THAT(events.ReadToEnd(), HasSubstr("OUT_OF_RANGE"));
  // Those who start anew see what is there now.
  server_->Publish("new");
  auto anew = Follow(1, 1);
}

// ---- Event streams.

TEST_F(ResumeTest, AnEventStreamResumesByLastEventId) {
  Start(SmallRing());
  server_->PublishMany(10, "x");
  RawClient events(port());
  // What the browser saw last wins over what its URL says since the beginning.
  events.Send(
      "GET /ticks?backlog=2 HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 6\r\n"
      "Accept: text/event-stream\r\n\r\n");
  EXPECT_THAT(events.ReadUntil("\"10\""),
              AllOf(Not(HasSubstr("id: 6\n")), HasSubstr("id: 7\n"),
                    HasSubstr("id: 8\n"), HasSubstr("id: 10\n")));
  HttpAnswer wrong = Get(port(), "/ticks", {"Last-Event-ID: six"});
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr("header last-event-id"));
  // A method that knows no positions has no ids: it is not ours.
  EXPECT_EQ(Get(port(), "/count/1", {"Last-Event-ID: six"}).status, 200);
}

TEST_F(ResumeTest, EveryFramingSharesTheFeed) {
  Start(SmallRing());
  server_->PublishMany(5, "x");
  auto socket = Follow(3, 5);
  RawClient events(port());
  events.Send(
      "GET /ticks?after=2 HTTP/1.1\r\nHost: h\r\n"
      "Accept: text/event-stream\r\n\r\n");
  events.ReadUntil("\"5\"");
  RawClient lines(port());
  lines.Send("GET /ticks?after=2 HTTP/1.0\r\n\r\n");
  EXPECT_THAT(lines.ReadUntil("\"5\""),
              HasSubstr("\r\n\r\n{\"number\":\"3\",\"text\":\"x\"}\n"));
  EXPECT_EQ(server_->watches_started(), 1);
  EXPECT_EQ(bridge_->stats().messages_taken, 5);
}

}  // namespace
}  // namespace bridge::testing
