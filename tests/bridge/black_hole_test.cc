// Upstreams that vanish without a word: a process that stands still, and a
// network that drops what it is given. Real ones: the service, another network.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bridge/testing/fixture.h"
#include "tests/network/cable.h"
#include "tests/service/testing/program.h"

namespace bridge::testing {
namespace {

using ::happiness::Program;
using ::testing::HasSubstr;

Options OptionsFor(const std::string& target) {
  Options options = TestOptions();
  options.upstream.target = target;
  options.upstream.keepalive = absl::Seconds(1);
  options.feed.patience = absl::Minutes(5);
  return options;
}

bool IsReady(const Bridge& bridge) {
  return Get(bridge.port(), "/readyz").status == 200;
}

void Record(int port, int happiness) {
  const HttpAnswer answer =
      Post(port, "/happiness",
           absl::StrCat(R"({"place":"Oslo","happiness":)", happiness, "}"));
  EXPECT_EQ(answer.status, 200) << answer.body;
}

// The next reading, which must be this one: none is missing, none comes twice.
void ExpectReading(WebSocketClient* viewer, int sequence) {
  EXPECT_THAT(viewer->Read(),
              HasSubstr(absl::StrCat("\"sequence\":\"", sequence, "\"")));
}

// The upstream is there, vanishes, and comes back: the viewer notices a pause.
template <typename Vanish, typename Return>
void ExpectAPauseAndNoMore(const Bridge& bridge, Vanish vanish,
                           Return come_back) {
  WebSocketClient viewer(bridge.port(), "/happiness?after_sequence=0");
  Record(bridge.port(), 1);
  ExpectReading(&viewer, 1);

  vanish();
  auto hanging = std::async(std::launch::async, [&] {
    return Get(bridge.port(), "/happiness/readings").status;
  });
  EXPECT_TRUE(Eventually([&] { return !IsReady(bridge); }));
  // It hangs no longer than that.
  ASSERT_EQ(hanging.wait_for(std::chrono::seconds(10)),
            std::future_status::ready);
  EXPECT_EQ(hanging.get(), 503);
  EXPECT_EQ(Get(bridge.port(), "/happiness/readings").status, 503);
  EXPECT_EQ(bridge.stats().viewers, 1);

  come_back();
  EXPECT_TRUE(Eventually([&] { return IsReady(bridge); }));
  Record(bridge.port(), 2);
  ExpectReading(&viewer, 2);
}

TEST(BlackHoleTest, AServiceThatStandsStillIsAPause) {
  Program service({"--grpc_port=0", "--nobridge", "--simulated_places=0"});
  const auto bridge =
      StartReady(OptionsFor(absl::StrCat("127.0.0.1:", service.port())));
  ExpectAPauseAndNoMore(
      *bridge, [&] { service.Stop(); }, [&] { service.Signal(SIGCONT); });
}

// gRPC by itself asks twice, and then no more, while streams are quiet.
TEST(BlackHoleTest, IsNoticedOnAStreamThatWasQuietForLong) {
  Program service({"--grpc_port=0", "--nobridge", "--simulated_places=0"});
  const auto bridge =
      StartReady(OptionsFor(absl::StrCat("127.0.0.1:", service.port())));
  WebSocketClient viewer(bridge->port(), "/happiness");
  absl::SleepFor(absl::Seconds(5));
  EXPECT_EQ(bridge->stats().upstream_reconnects, 0);
  service.Stop();
  EXPECT_TRUE(Eventually([&] { return !IsReady(*bridge); }));
}

bool in_own_network = false;

TEST(BlackHoleTest, ACableThatIsCutIsAPause) {
  if (!in_own_network) GTEST_SKIP() << "no network namespaces here";
  Program service({"--net", "service/service", "--address=0.0.0.0",
                   "--grpc_port=50051", "--nobridge", "--simulated_places=0"},
                  "/usr/bin/unshare");
  service.port();  // It listens.
  network::Cable cable(service.pid());
  const auto bridge =
      StartReady(OptionsFor(absl::StrCat(network::kThere, ":50051")));
  ExpectAPauseAndNoMore(
      *bridge, [&] { cable.Cut(); }, [&] { cable.Mend(); });
}

}  // namespace
}  // namespace bridge::testing

int main(int argc, char** argv) {
  bridge::testing::in_own_network = network::EnterOwnNetwork();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
