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
#include "bridge/clock_watch.h"
#include "bridge/flags.h"
#include "bridge/process.h"
#include "bridge/spare_memory.h"
#include "service/access/open_access.h"
#include "service/flags.h"
#include "service/listening.h"
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
    bridge::Options options, happiness::Server* server, const char* argv0) {
  // Before the bridge starts, and logs, what it only stops again.
  auto http = happiness::Listen(options.address, options.port).status();
  if (!http.ok()) return http;
  options.upstream.in_process = server->InProcessChannel();
  if (options.web_root.empty()) {
    options.web_root = bridge::DashboardFolder(argv0);
  }
  return bridge::Bridge::Start(std::move(options));
}

// Tells health checks when a replica is ready.
class ReadyWatch {
 public:
  ReadyWatch(happiness::ReplicatedLog* log, happiness::Server* server)
      : log_(log) {
    if (log_ == nullptr) return;
    log_->WhenReady([server] { server->SetServing(true); });
  }
  ~ReadyWatch() {
    if (log_ != nullptr) log_->WhenReady(nullptr);
  }

  ReadyWatch(const ReadyWatch&) = delete;
  ReadyWatch& operator=(const ReadyWatch&) = delete;

 private:
  happiness::ReplicatedLog* const log_;
};

absl::Status Run(const char* argv0, bridge::StopSignal* stop) {
  absl::StatusOr<happiness::ServiceFlags> flags = happiness::OptionsFromFlags();
  if (!flags.ok()) return flags.status();
  absl::StatusOr<bridge::Options> http = bridge::OptionsFromFlags();
  if (!http.ok()) return http.status();
  const std::string address = http->address;
  auto access = happiness::OpenAccess(flags->access);
  if (!access.ok()) return access.status();
  // In the order of their lives: what is below uses what is above.
  auto storage =
      happiness::Storage::Open(flags->data_dir, flags->log, flags->replicated);
  if (!storage.ok()) return storage.status();
  happiness::Backend backend = (*storage)->backend(flags->min_group);
  backend.access = access->get();
  backend.writes_per_token = flags->writes_per_token;
  auto server = happiness::Server::Start(flags->server, backend);
  if (!server.ok()) return server.status();
  const ReadyWatch ready((*storage)->replicated(), server->get());
  std::unique_ptr<bridge::Bridge> bridge;
  if (flags->bridge) {
    // What only some may read is in no metrics, which are for everybody.
    http->metrics.push_back([storage = storage->get(), server = server->get(),
                             levels = (*access)->everybody_reads()] {
      return happiness::ToFamilies(*storage->log(), storage->replicated(),
                                   server, levels);
    });
    if (const auto* replicated = (*storage)->replicated()) {
      http->http.also_ready = [replicated] { return replicated->Ready(); };
    }
    auto started = StartBridge(*std::move(http), server->get(), argv0);
    if (!started.ok()) return started.status();
    bridge = *std::move(started);
  }
  spdlog::info((*storage)->Describe());
  std::optional<happiness::Simulator> simulator;
  if (flags->simulator) {
    spdlog::info("{} places are simulated, with --simulation_seed={}",
                 flags->simulator->places, flags->simulator->seed);
    simulator.emplace(*flags->simulator, backend.log);
  }
  const bool tls = !flags->server.tls.identity.empty();
  std::cout << "gRPC       "
            << happiness::HostPort(flags->server.address, (*server)->port())
            << (tls ? " (TLS)" : "") << std::endl;
  if (bridge != nullptr) {
    std::cout << "dashboard  " << (tls ? "https://" : "http://")
              << happiness::HostPort(address, bridge->port()) << std::endl;
  }

  stop->Wait();
  spdlog::info("draining");
  (*server)->AnnounceEnd();
  if (bridge != nullptr) bridge->Drain();
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
  const bridge::SpareMemory spare_memory;
  const bridge::ClockWatch clock_watch;
  const absl::Status status = Run(argv[0], &stop);
  return status.ok() ? 0 : bridge::Fail(status);
}
