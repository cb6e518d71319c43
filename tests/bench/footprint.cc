// What 10 million stored readings cost: the time from the start of the service
// until it is ready, and its resident memory, just started and with 1,000 open
// streams that have received some readings.
//
//   ./bazelw run //tests/bench:footprint -- --data_dir=/var/tmp/happiness
//
// Fills the folder first, unless it is there: readings from all of the last
// year, through RecordReadings. Each stream has its own TCP connection unless
// --connections says otherwise. The files are in the page cache, as after a
// restart of the service alone. Time is from just before exec until the service
// prints its address, the median of some starts.

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/bench/measure.h"
#include "tests/bench/raw_client.h"
#include "tests/bench/service_process.h"

ABSL_FLAG(std::string, service, "service/service", "The service's program.");
ABSL_FLAG(std::string, data_dir, "", "Where the readings are, or will be.");
ABSL_FLAG(int, readings, 10'000'000, "Readings to store.");
ABSL_FLAG(int, streams, 1'000, "Streams to open.");
ABSL_FLAG(int, connections, 1'000, "TCP connections that they come over.");
ABSL_FLAG(int, starts, 5, "Starts to measure.");

namespace {

bench::ServiceProcess Start() {
  return {absl::GetFlag(FLAGS_service),
          {"--data_dir=" + absl::GetFlag(FLAGS_data_dir)}};
}

void Fill() {
  const int count = absl::GetFlag(FLAGS_readings);
  std::printf("storing %d readings\n", count);
  bench::ServiceProcess service = Start();
  bench::Record(service.grpc_port(), count, absl::Hours(24 * 365));
  service.Stop();
}

// The service's memory while as many streams are open as asked for.
double MeasureStreams(const bench::ServiceProcess& service) {
  constexpr int kLive = 10;
  const int count = absl::GetFlag(FLAGS_streams);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < absl::GetFlag(FLAGS_connections); ++i) {
    channels.push_back(bench::Connect(service.grpc_port()));
  }
  absl::BlockingCounter opened(count);
  absl::BlockingCounter received(count);
  std::vector<std::unique_ptr<bench::RawStream>> streams;
  for (int i = 0; i < count; ++i) {
    streams.push_back(std::make_unique<bench::RawStream>(
        channels[static_cast<size_t>(i) % channels.size()],
        bench::v1::StreamReadingsRequest(), kLive, &opened, &received));
  }
  opened.Wait();
  bench::Record(service.grpc_port(), kLive, absl::ZeroDuration());
  received.Wait();
  return service.ResidentMegabytes();
}

}  // namespace

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  setenv("SPDLOG_LEVEL", "warn", /*replace=*/0);  // of the service
  const std::string folder = absl::GetFlag(FLAGS_data_dir);
  if (folder.empty()) bench::Fail("--data_dir is missing");
  if (!std::filesystem::exists(folder)) Fill();
  std::vector<double> start_times;
  for (int i = 0; i < absl::GetFlag(FLAGS_starts); ++i) {
    bench::ServiceProcess service = Start();
    start_times.push_back(absl::ToDoubleSeconds(service.start_time()));
    service.Stop();
  }
  const bench::ServiceProcess service = Start();
  const double started = service.ResidentMegabytes();
  const double streaming = MeasureStreams(service);
  std::printf("%-32s\n", "the service");
  std::printf("%-32s %8.3f\n", "s until ready (under 1)",
              bench::Median(start_times));
  std::printf("%-32s %8.1f\n", "MB resident, just started", started);
  std::printf("%-32s %8.1f\n", "MB with the streams (under 150)", streaming);
}
