// A bridge as `//bridge` is, which can also tell its heap.
//
// Prints its port when it is ready. On each line that it reads, prints the
// bytes of its heap that are in use. Ends on SIGTERM.

#include <malloc.h>

#include <cstdio>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bridge/bridge.h"
#include "tests/bench/measure.h"

ABSL_FLAG(std::string, upstream, "", "The gRPC server, as host:port.");
ABSL_FLAG(bool, io_uring, true, "As the bridge's.");

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  bridge::Options options;
  options.address = "127.0.0.1";
  options.port = 0;
  options.viewer.io_uring = absl::GetFlag(FLAGS_io_uring);
  options.upstream.target = absl::GetFlag(FLAGS_upstream);
  auto bridge = bridge::Bridge::Start(std::move(options));
  bench::Check(bridge.status(), "the bridge");
  while (!(*bridge)->ready()) absl::SleepFor(absl::Milliseconds(10));
  std::printf("%d\n", (*bridge)->port());
  while (std::getchar() != EOF) {
    const auto heap = mallinfo2();
    std::printf("%zu\n", heap.uordblks + heap.hblkhd);
  }
}
