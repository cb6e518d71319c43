// The Happiness service: gRPC and, unless --nobridge, the dashboard's bridge.

#include <spdlog/spdlog.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bridge/bridge.h"
#include "bridge/flags.h"
#include "bridge/process.h"
#include "service/flags.h"
#include "service/listening.h"
#include "service/logging.h"
#include "service/server.h"
#include "service/service_metrics.h"
#include "service/simulation/simulator.h"
#include "service/storage.h"

namespace {

constexpr char kUsage[] =
    "Records readings of how happy people are, by place, and streams them live "
    "over gRPC\nand, by the embedded bridge, to browsers.\n\n"
    "  service                     # to try it: in memory, some cities "
    "simulated\n"
    "  service --data_dir=DIR      # keeps the readings\n";

absl::StatusOr<std::unique_ptr<bridge::Bridge>> StartBridge(
    bridge::Options options, const happiness::StoredLog& log,
    happiness::Server* server, const char* argv0) {
  // Before the bridge starts, and logs, what it only stops again.
  auto http = happiness::ResolveListening(options.address, options.port);
  if (!http.ok()) return http.status();
  options.upstream.in_process = server->InProcessChannel();
  options.metrics.push_back(
      [&log, server] { return happiness::ToFamilies(log, server); });
  if (options.web_root.empty()) {
    options.web_root = bridge::DashboardFolder(argv0);
  }
  return bridge::Bridge::Start(std::move(options));
}

absl::Status Run(const char* argv0, bridge::StopSignal* stop) {
  absl::StatusOr<happiness::ServiceFlags> flags = happiness::OptionsFromFlags();
  if (!flags.ok()) return flags.status();
  absl::StatusOr<bridge::Options> http = bridge::OptionsFromFlags();
  if (!http.ok()) return http.status();
  // In the order of their lives: what is below uses what is above.
  auto storage = happiness::Storage::Open(flags->data_dir, flags->log);
  if (!storage.ok()) return storage.status();
  auto server = happiness::Server::Start(flags->server,
                                         (*storage)->backend(flags->min_group));
  if (!server.ok()) return server.status();
  std::unique_ptr<bridge::Bridge> bridge;
  if (flags->bridge) {
    auto started =
        StartBridge(*std::move(http), *(*storage)->log(), server->get(), argv0);
    if (!started.ok()) return started.status();
    bridge = *std::move(started);
  }
  spdlog::info((*storage)->Describe());
  std::optional<happiness::Simulator> simulator;
  if (flags->simulator) {
    spdlog::info("{} places are simulated, with --simulation_seed={}",
                 flags->simulator->places, flags->simulator->seed);
    simulator.emplace(*flags->simulator, (*storage)->log());
  }
  const std::string& address = flags->server.address;
  std::cout << "gRPC       " << happiness::HostPort(address, (*server)->port())
            << std::endl;
  if (bridge != nullptr) {
    std::cout << "dashboard  http://"
              << happiness::HostPort(address, bridge->port()) << std::endl;
  }

  stop->Wait();
  spdlog::info("draining");
  simulator.reset();
  bridge.reset();  // before the server, which it calls
  (*server)->Drain();
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  bridge::SetUpProcess();
  bridge::ParseFlags(kUsage, argc, argv);
  bridge::StopSignal stop;
  happiness::SetUpLogging();
  const absl::Status status = Run(argv[0], &stop);
  return status.ok() ? 0 : bridge::Fail(status);
}
