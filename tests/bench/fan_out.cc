// What it costs to send a reading to many clients who are all at the live end:
// CPU time of the server, user and system, for each message delivered. Beside
// it, in the same run, that of the same service written with the typed callback
// API and a queue for each client (typed_baseline.h).
//
//   ./bazelw run //tests/bench:fan_out
//
// The clients are in a process of their own, each with its own TCP connection
// unless --connections says otherwise. Readings come from a thread of the
// server: one by one, so many a second, and in bursts, as a log with group
// commit publishes them when there are many. The two servers take turns;
// opening and closing the streams is not counted. Prints the medians of all
// rounds, in microseconds, and their ratio, which is to be at most 0.9.
//
// The fewer there are a second, the less there is to gain: where each message
// is a packet of its own, half of the time goes into gRPC's reading of what the
// client answers it with, the two updates of its windows.

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "tests/bench/child.h"
#include "tests/bench/measure.h"
#include "tests/bench/raw_client.h"
#include "tests/bench/typed_baseline.h"

ABSL_FLAG(int, clients, 1'000, "Streams.");
ABSL_FLAG(int, connections, 1'000, "TCP connections that they come over.");
ABSL_FLAG(int, readings, 40, "Readings in a round.");
ABSL_FLAG(int, rounds, 4, "Rounds of each.");
ABSL_FLAG(int, watch_port, 0, "Be the clients, of the server at this port.");

namespace {

constexpr char kWatching[] = "watching";
constexpr char kReceived[] = "received";

// The clients' process. Says when all streams are open, and when each has
// received all readings.
void Watch(int port) {
  const int clients = absl::GetFlag(FLAGS_clients);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < absl::GetFlag(FLAGS_connections); ++i) {
    channels.push_back(bench::Connect(port));
  }
  absl::BlockingCounter opened(clients);
  absl::BlockingCounter received(clients);
  std::vector<std::unique_ptr<bench::RawStream>> streams;
  for (int i = 0; i < clients; ++i) {
    streams.push_back(std::make_unique<bench::RawStream>(
        channels[static_cast<size_t>(i) % channels.size()],
        bench::v1::StreamReadingsRequest(), absl::GetFlag(FLAGS_readings),
        &opened, &received));
  }
  opened.Wait();
  std::puts(kWatching);
  received.Wait();
  std::puts(kReceived);
  absl::Notification().WaitForNotification();  // to be killed
}

struct Load {
  const char* name;
  int burst;  // readings at once
  absl::Duration pause;
};

using Publish = std::function<void(std::vector<bench::v1::Reading>)>;

// Microseconds of this process for each message that `publish` makes the server
// at `port` deliver.
double MeasureOne(int port, const Load& load, const Publish& publish) {
  bench::Child watchers(
      {bench::ThisProgram(), absl::StrCat("--watch_port=", port),
       absl::StrCat("--clients=", absl::GetFlag(FLAGS_clients)),
       absl::StrCat("--connections=", absl::GetFlag(FLAGS_connections)),
       absl::StrCat("--readings=", absl::GetFlag(FLAGS_readings))});
  if (watchers.ReadLine() != kWatching) bench::Fail("no clients");
  const absl::Duration start = bench::CpuTime();
  for (int i = 0; i < absl::GetFlag(FLAGS_readings); i += load.burst) {
    std::vector<bench::v1::Reading> readings;
    for (int j = i; j < i + load.burst; ++j) {
      readings.push_back(bench::MakeReading(j));
    }
    publish(std::move(readings));
    absl::SleepFor(load.pause);
  }
  if (watchers.ReadLine() != kReceived) bench::Fail("readings are lost");
  return absl::ToDoubleMicroseconds(bench::CpuTime() - start) /
         absl::GetFlag(FLAGS_readings) / absl::GetFlag(FLAGS_clients);
}

void Measure(const Load& load) {
  const bench::Service service;
  bench::TypedBaseline typed;
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int round = 0; round < absl::GetFlag(FLAGS_rounds); ++round) {
    ours.push_back(MeasureOne(
        service.port(), load,
        [&service](std::vector<bench::v1::Reading> readings) {
          service.log()->Append(std::move(readings), [](auto appended) {
            bench::Check(appended.status(), "Append");
          });
        }));
    theirs.push_back(MeasureOne(
        typed.port(), load, [&typed](std::vector<bench::v1::Reading> readings) {
          typed.Publish(std::move(readings));
        }));
  }
  std::printf("%-20s %12.2f %12.2f %8.2f\n", load.name, bench::Median(ours),
              bench::Median(theirs),
              bench::Median(ours) / bench::Median(theirs));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  if (const int port = absl::GetFlag(FLAGS_watch_port); port != 0) Watch(port);
  std::printf("%-20s %12s %12s %8s\n", "us a message", "the service",
              "a queue each", "ratio");
  Measure({"20 a second", 1, absl::Milliseconds(50)});
  Measure({"40 a second", 1, absl::Milliseconds(25)});
  Measure({"100 a second", 1, absl::Milliseconds(10)});
  Measure({"ten, twice a second", 10, absl::Milliseconds(500)});
}
