// Some of the viewers of a benchmark, as a process of their own.
//
// Connects, and prints how many seconds that took. On each line that it reads,
// measures, and prints the report: "frames N", a "latency MS" for each sample,
// a "message NUMBER FIRST LAST" with the microseconds at which a message came
// to the first and to the last of its viewers, and "end".

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/time/time.h"
#include "tests/bench/broadcast/load_client.h"
#include "tests/bench/measure.h"

ABSL_FLAG(int, port, 0, "Where to connect.");
ABSL_FLAG(int, viewers, 1, "How many connections.");
ABSL_FLAG(int, feeds, 1, "How many different streams they watch.");
ABSL_FLAG(int, network, 0, "They come from 127.NETWORK.0.0/16.");
ABSL_FLAG(std::string, as, "websocket", "How they watch: see WaysToWatch.");
ABSL_FLAG(absl::Duration, duration, absl::Seconds(3), "What is measured.");

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  bench::RaiseDescriptorLimit();
  const auto& ways = bench::WaysToWatch();
  const auto way = std::find_if(ways.begin(), ways.end(), [](const auto& one) {
    return one.name == absl::GetFlag(FLAGS_as);
  });
  if (way == ways.end()) bench::Fail("--as: there is no such way to watch");
  std::vector<std::string> requests;
  for (int i = 0; i < absl::GetFlag(FLAGS_feeds); ++i) {
    requests.push_back(way->request(i));
  }
  bench::LoadClient client(absl::GetFlag(FLAGS_port), std::move(requests),
                           absl::GetFlag(FLAGS_network), *way);
  std::printf("%f\n", absl::ToDoubleSeconds(
                          client.Connect(absl::GetFlag(FLAGS_viewers))));
  client.ReadUntilAsked();
  while (std::getchar() != EOF) {
    const auto report = client.Measure(absl::GetFlag(FLAGS_duration));
    std::printf("frames %ld\n", static_cast<long>(report.frames));
    for (double latency : report.latencies_ms) {
      std::printf("latency %f\n", latency);
    }
    for (const auto& [number, message] : report.messages) {
      std::printf("message %u %ld %ld\n", number,
                  static_cast<long>(absl::ToUnixMicros(message.first)),
                  static_cast<long>(absl::ToUnixMicros(message.last)));
    }
    std::printf("end\n");
    client.ReadUntilAsked();
  }
}
