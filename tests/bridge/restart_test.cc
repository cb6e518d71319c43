// The service is killed and started again under a thousand viewers: the real
// one, with its store.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bridge/testing/fixture.h"
#include "tests/service/testing/program.h"

namespace bridge::testing {
namespace {

using ::happiness::Program;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kViewers = 1'000;
constexpr int kPlaces = 9;
constexpr int kReadings = 300;

std::string PlaceOf(int reading) {
  return absl::StrCat("P", reading % kPlaces);
}

// The service, at the same port and with the same store each time.
class Service {
 public:
  Service() { Start("--grpc_port=0"); }
  ~Service() {
    program_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }

  void KillAndRestart() {
    program_->Signal(SIGKILL);
    program_->Wait();
    Start(absl::StrCat("--grpc_port=", port_));
  }

 private:
  void Start(const std::string& port) {
    program_ = std::make_unique<Program>(std::vector<std::string>{
        port, "--nobridge", absl::StrCat("--data_dir=", folder_)});
    port_ = program_->port();
  }

  const std::string folder_ =
      std::filesystem::path(std::getenv("TEST_TMPDIR")) / "restart";
  std::unique_ptr<Program> program_;
  int port_ = 0;
};

// Records readings 1 to kReadings, each until it is acknowledged.
void RecordAll(int port, std::atomic<int>* recorded) {
  for (int i = 1; i <= kReadings; ++i) {
    const std::string reading =
        absl::StrCat(R"({"readingId":"r)", i, R"(","place":")", PlaceOf(i),
                     R"(","happiness":5})");
    const absl::Time limit = absl::Now() + absl::Seconds(30);
    while (Post(port, "/happiness", reading).status != 200) {
      ASSERT_LT(absl::Now(), limit) << "reading " << i;
      absl::SleepFor(absl::Milliseconds(20));
    }
    *recorded = i;
  }
}

// Viewer n: every tenth sees all places, the others one each.
std::string TargetOf(int viewer) {
  const int kind = viewer % (kPlaces + 1);
  return kind == kPlaces
             ? "/happiness?after_sequence=0"
             : absl::StrCat("/happiness?after_sequence=0&places=P", kind);
}

// Each reading that the viewer is to see, once, in order.
void ExpectAll(int viewer, WebSocketClient* client) {
  const int kind = viewer % (kPlaces + 1);
  for (int i = 1; i <= kReadings; ++i) {
    if (kind != kPlaces && kind != i % kPlaces) continue;
    ASSERT_THAT(client->Read(),
                AllOf(HasSubstr(absl::StrCat("\"sequence\":\"", i, "\"")),
                      HasSubstr(absl::StrCat("\"readingId\":\"r", i, "\""))))
        << "viewer " << viewer;
  }
}

TEST(RestartTest, AThousandViewersOfTenFeedsNoticeAPauseAndNoMore) {
  Service service;
  Options options = TestOptions();
  options.upstream.target = service.target();
  options.feed.patience = absl::Minutes(5);
  const auto bridge = StartReady(std::move(options));
  std::vector<std::unique_ptr<WebSocketClient>> viewers;
  for (int i = 0; i < kViewers; ++i) {
    viewers.push_back(
        std::make_unique<WebSocketClient>(bridge->port(), TargetOf(i)));
  }
  std::atomic<int> recorded = 0;
  std::thread writer(RecordAll, bridge->port(), &recorded);
  for (const int when : {kReadings / 3, 2 * kReadings / 3}) {
    EXPECT_TRUE(Eventually([&] { return recorded >= when; }));
    service.KillAndRestart();
  }
  writer.join();
  for (int i = 0; i < kViewers; ++i) ExpectAll(i, viewers[i].get());
  EXPECT_EQ(bridge->stats().viewers, kViewers);
  EXPECT_GE(bridge->stats().upstream_reconnects, kPlaces + 1);
}

}  // namespace
}  // namespace bridge::testing
