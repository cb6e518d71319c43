#include "service/flags.h"

#include <random>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "bridge/flags.h"
#include "service/simulation/cities.h"

ABSL_FLAG(int, grpc_port, 50051,
          "The port for gRPC. 0 takes one that is free.");
ABSL_FLAG(
    bool, bridge, true,
    "Also serve the dashboard, WebSocket, SSE and JSON over HTTP, through "
    "a bridge in this process. --nobridge: gRPC alone.");
ABSL_FLAG(int, simulated_places, 8,
          "How many cities to invent readings for, 0 to 32.");
ABSL_FLAG(absl::Duration, simulation_interval, absl::Seconds(5),
          "How often each simulated city reports. At least 1ms.");
ABSL_FLAG(uint64_t, simulation_seed, 0,
          "Repeats a simulation: the same seed gives the same places and "
          "values. 0: a random one.");
ABSL_FLAG(int, max_streams, 10000,
          "How many StreamReadings and RecordReadings calls may be open at a "
          "time.");

namespace happiness {
namespace {

constexpr int kMaxPort = 65'535;

absl::Status CheckRange(const char* flag, int value, int min, int max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--", flag, "=", value, ": must be from ", min, " to ", max));
}

absl::StatusOr<std::optional<SimulatorOptions>> SimulatorFromFlags() {
  SimulatorOptions options;
  const int places = absl::GetFlag(FLAGS_simulated_places);
  if (absl::Status status = CheckRange("simulated_places", places, 0,
                                       static_cast<int>(kCities.size()));
      !status.ok()) {
    return status;
  }
  if (places == 0) return std::nullopt;
  options.places = static_cast<size_t>(places);
  options.interval = absl::GetFlag(FLAGS_simulation_interval);
  if (options.interval < absl::Milliseconds(1) ||
      options.interval == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--simulation_interval=", absl::FormatDuration(options.interval),
        ": must be at least 1ms, and finite"));
  }
  options.seed = absl::GetFlag(FLAGS_simulation_seed);
  if (options.seed == 0) options.seed = std::random_device()();
  return options;
}

}  // namespace

absl::StatusOr<ServiceFlags> OptionsFromFlags() {
  ServiceFlags flags;
  flags.bridge = absl::GetFlag(FLAGS_bridge);
  flags.server.address = absl::GetFlag(FLAGS_address);
  flags.server.port = absl::GetFlag(FLAGS_grpc_port);
  const int max_streams = absl::GetFlag(FLAGS_max_streams);
  if (absl::Status status =
          CheckRange("grpc_port", flags.server.port, 0, kMaxPort);
      !status.ok()) {
    return status;
  }
  if (absl::Status status =
          CheckRange("max_streams", max_streams, 1, 1'000'000);
      !status.ok()) {
    return status;
  }
  flags.server.max_streams = static_cast<size_t>(max_streams);
  absl::StatusOr<std::optional<SimulatorOptions>> simulator =
      SimulatorFromFlags();
  if (!simulator.ok()) return simulator.status();
  flags.simulator = *simulator;
  return flags;
}

}  // namespace happiness
