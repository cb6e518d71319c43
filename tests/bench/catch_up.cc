// How fast one client reads everything that is stored in a folder, over TCP.
// Beside it, in the same run, the speed of gRPC alone: a server whose loop
// writes the same ByteBuffer again and again.
//
//   ./bazelw run //tests/bench:catch_up
//
// Client and server are in one process, and the client counts the messages but
// does not parse them. The two servers take turns; filling the log is not
// counted. Prints the medians of all rounds in readings a second, and their
// ratio, which is to be at least 0.8.

#include <cstdint>
#include <cstdio>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/bench/bare_server.h"
#include "tests/bench/measure.h"
#include "tests/bench/raw_client.h"

ABSL_FLAG(int, readings, 1'000'000, "Stored readings.");
ABSL_FLAG(int, rounds, 3, "Rounds of each.");

namespace {

// Readings a second.
double MeasureRead(int port, int readings) {
  bench::v1::StreamReadingsRequest request;
  request.set_after_sequence(0);
  absl::BlockingCounter opened(1);
  absl::BlockingCounter received(1);
  const absl::Time start = absl::Now();
  bench::RawStream stream(bench::Connect(port), request, readings, &opened,
                          &received);
  received.Wait();
  const absl::Duration time = absl::Now() - start;
  opened.Wait();
  return readings / absl::ToDoubleSeconds(time);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  const int readings = absl::GetFlag(FLAGS_readings);
  const bench::Service service;
  bench::Append(service.log(), readings);
  bench::BareServer bare(readings);
  std::vector<double> ours;
  std::vector<double> loop;
  for (int round = 0; round < absl::GetFlag(FLAGS_rounds); ++round) {
    ours.push_back(MeasureRead(service.port(), readings));
    loop.push_back(MeasureRead(bare.port(), readings));
  }
  std::printf("%-24s %10s\n", "catching up", "readings/s");
  std::printf("%-24s %10.0f\n", "the service", bench::Median(ours));
  std::printf("%-24s %10.0f\n", "an empty loop", bench::Median(loop));
  std::printf("%-24s %10.2f\n", "ratio (at least 0.8)",
              bench::Median(ours) / bench::Median(loop));
}
