// The bridge alone, before a gRPC server of any kind.

#include <spdlog/spdlog.h>

#include <cstdio>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bridge/bridge.h"
#include "bridge/flags.h"
#include "bridge/process.h"

ABSL_FLAG(std::string, upstream, "localhost:50051",
          "The gRPC server whose methods to serve: host:port, or any name that "
          "gRPC resolves (dns:///host:port, unix:/path).");
ABSL_FLAG(std::string, descriptor_set, "",
          "File with a FileDescriptorSet (with imports) of the upstream's "
          "services, for a server without reflection.");

namespace {

constexpr char kUsage[] =
    "Carries any gRPC service to browsers: WebSocket, server-sent events, "
    "NDJSON and JSON over HTTP.\n\n"
    "  bridge --upstream=localhost:50051\n\n"
    "It learns the service's methods by server reflection, and serves each at "
    "its google.api.http route and at /package.Service/Method.\n";

absl::StatusOr<std::string> UpstreamFromFlags() {
  std::string target = absl::GetFlag(FLAGS_upstream);
  if (absl::StrContains(target, ':')) return target;
  return absl::InvalidArgumentError(
      absl::StrCat("--upstream=", target, ": must be host:port"));
}

}  // namespace

int main(int argc, char** argv) {
  bridge::SetUpProcess();
  bridge::ParseFlags(kUsage, argc, argv);
  bridge::StopSignal stop;
  auto options = bridge::OptionsFromFlags();
  if (!options.ok()) return bridge::Fail(options.status());
  auto target = UpstreamFromFlags();
  if (!target.ok()) return bridge::Fail(target.status());
  options->upstream.target = *std::move(target);
  options->upstream.descriptor_set = absl::GetFlag(FLAGS_descriptor_set);
  if (options->web_root.empty()) {
    options->web_root = bridge::DashboardFolder(argv[0]);
  }
  std::string address = options->address;
  auto bridge = bridge::Bridge::Start(*std::move(options));
  if (!bridge.ok()) return bridge::Fail(bridge.status());
  std::printf("HTTP       http://%s:%d\n", address.c_str(), (*bridge)->port());
  std::fflush(stdout);
  stop.Wait();
  spdlog::info("draining");
  (*bridge)->Drain();
  return 0;
}
