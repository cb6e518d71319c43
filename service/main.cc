// The Happiness service: gRPC and, unless --nobridge, the bridge with the
// dashboard, in one process.

#include <spdlog/spdlog.h>

#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bridge/bridge.h"
#include "bridge/flags.h"
#include "service/flags.h"
#include "service/logging.h"
#include "service/memory_log.h"
#include "service/port_check.h"
#include "service/server.h"
#include "service/signals.h"
#include "service/simulator.h"

namespace happiness {
namespace {

absl::Status Run(const ServiceFlags& flags) {
  MemoryLog log;
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Start(flags.server, &log);
  if (!server.ok()) return server.status();
  std::cout << "gRPC       "
            << HostPort(flags.server.address, (*server)->port()) << std::endl;

  std::unique_ptr<bridge::Bridge> bridge;
  if (flags.bridge) {
    bridge::Options options = bridge::OptionsFromFlags();
    options.upstream = (*server)->InProcessChannel();
    absl::StatusOr<std::unique_ptr<bridge::Bridge>> started =
        bridge::Bridge::Start(std::move(options));
    if (!started.ok()) return started.status();
    bridge = *std::move(started);
    std::cout << "dashboard  http://"
              << HostPort(flags.server.address, bridge->port()) << std::endl;
  }

  std::optional<Simulator> simulator;
  std::cout << "readings are kept in memory, until this process ends";
  if (flags.simulator) {
    simulator.emplace(*flags.simulator, &log);
    std::cout << "; " << flags.simulator->places
              << " places are simulated (--simulated_places=0: none)";
  }
  std::cout << std::endl;

  const int signal = WaitForTerminationSignal();
  spdlog::info("signal {}: draining", signal);
  simulator.reset();
  if (bridge != nullptr) bridge->Drain();
  (*server)->Drain();
  spdlog::info("drained");
  return absl::OkStatus();
}

}  // namespace
}  // namespace happiness

int main(int argc, char** argv) {
  happiness::HoldTerminationSignals();
  happiness::SetUpLogging();
  const absl::StatusOr<happiness::ServiceFlags> flags =
      happiness::ParseFlags(argc, argv);
  const absl::Status status =
      flags.ok() ? happiness::Run(*flags) : flags.status();
  if (status.ok()) return 0;
  std::cerr << "service: " << status.message() << std::endl;
  return 1;
}
