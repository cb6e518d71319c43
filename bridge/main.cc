// The bridge alone, before a gRPC server of any kind.

#include <spdlog/spdlog.h>

#include <cstdio>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bridge/bridge.h"
#include "bridge/clock_watch.h"
#include "bridge/flags.h"
#include "bridge/process.h"
#include "bridge/spare_memory.h"
#include "bridge/time_span.h"
#include "bridge/upstream/targets.h"
#include "files/user_path.h"

ABSL_FLAG(
    std::string, upstream, "localhost:50051",
    "The gRPC server whose methods to serve: host:port, or any name that "
    "gRPC resolves (dns:///host:port, unix:/path). All addresses that the "
    "name has are used in turn, and so are those of a list separated by "
    "commas, of at most 64: replicas that serve the same.");
ABSL_FLAG(bool, upstream_health, true,
          "Use no upstream whose health service (grpc.health.v1) says that it "
          "does not serve, or lets nobody ask. One without that service is "
          "used.");
ABSL_FLAG(std::string, descriptor_set, "",
          "File with a FileDescriptorSet (with imports) of the upstream's "
          "services, for a server without reflection.");
ABSL_FLAG(bridge::TimeSpan, upstream_keepalive, absl::Seconds(10),
          "How often the upstream is asked for a sign of life. One that gives "
          "none for as long again, or 10s, is taken to be gone. 1s to 1h.");
// How often Abseil told of --upstream_tls: once at the program's start, and
// then for each time that it is given. Nothing else tells --noupstream_tls from
// none.
static int upstream_tls_updates = 0;
ABSL_FLAG(bool, upstream_tls, false,
          "Speak TLS to the upstream; its certificate must be one that this "
          "machine trusts, or --upstream_ca vouches for.")
    .OnUpdate([] { ++upstream_tls_updates; });
ABSL_FLAG(std::string, upstream_ca, "",
          "File with the certificates, in PEM, of those who vouch for the "
          "upstream. Read again when it changes, as the next two are. Any of "
          "the three stands for --upstream_tls, too.");
ABSL_FLAG(std::string, upstream_cert, "",
          "File with the certificate, in PEM, that the upstream asks for.");
ABSL_FLAG(std::string, upstream_key, "",
          "File with the key of --upstream_cert, in PEM.");

namespace {

constexpr char kUsage[] =
    "Carries any gRPC service to browsers: WebSocket, server-sent events, "
    "NDJSON and JSON over HTTP.\n\n"
    "  bridge --upstream=localhost:50051\n\n"
    "It learns the service's methods by server reflection, and serves each at "
    "its google.api.http route and at /package.Service/Method.\n";

absl::StatusOr<std::string> UpstreamFromFlags() {
  std::string target = absl::GetFlag(FLAGS_upstream);
  const absl::Status status = bridge::ParseTargets(target).status();
  if (status.ok()) return target;
  return absl::InvalidArgumentError(
      absl::StrCat("--upstream=", std::string(status.message())));
}

absl::StatusOr<absl::Duration> KeepaliveFromFlags() {
  const absl::Duration keepalive = absl::GetFlag(FLAGS_upstream_keepalive);
  if (keepalive >= absl::Seconds(1) && keepalive <= absl::Hours(1)) {
    return keepalive;
  }
  return absl::InvalidArgumentError(
      "--upstream_keepalive: must be from 1s to 1h");
}

absl::StatusOr<bridge::UpstreamTls> UpstreamTlsFromFlags() {
  bridge::UpstreamTls tls;
  tls.ca = files::AsTheUserMeansIt(absl::GetFlag(FLAGS_upstream_ca));
  tls.identity = {files::AsTheUserMeansIt(absl::GetFlag(FLAGS_upstream_cert)),
                  files::AsTheUserMeansIt(absl::GetFlag(FLAGS_upstream_key))};
  const bool wanted = absl::GetFlag(FLAGS_upstream_tls);
  tls.on = wanted || !tls.ca.empty() || !tls.identity.empty();
  if (tls.on && !wanted && upstream_tls_updates > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("--noupstream_tls: --",
                     !tls.ca.empty()              ? "upstream_ca"
                     : !tls.identity.cert.empty() ? "upstream_cert"
                                                  : "upstream_key",
                     " excludes it"));
  }
  if (tls.identity.cert.empty() != tls.identity.key.empty()) {
    return absl::InvalidArgumentError(
        "--upstream_cert and --upstream_key must be given together");
  }
  return tls;
}

}  // namespace

int main(int argc, char** argv) {
  bridge::SetUpProcess();
  bridge::ParseFlags(kUsage, argc, argv);
  bridge::StopSignal stop;
  const bridge::SpareMemory spare_memory;
  const bridge::ClockWatch clock_watch;
  auto options = bridge::OptionsFromFlags();
  if (!options.ok()) return bridge::Fail(options.status());
  auto target = UpstreamFromFlags();
  if (!target.ok()) return bridge::Fail(target.status());
  options->upstream.target = *std::move(target);
  options->upstream.health = absl::GetFlag(FLAGS_upstream_health);
  auto keepalive = KeepaliveFromFlags();
  if (!keepalive.ok()) return bridge::Fail(keepalive.status());
  options->upstream.keepalive = *keepalive;
  auto tls = UpstreamTlsFromFlags();
  if (!tls.ok()) return bridge::Fail(tls.status());
  options->upstream.tls = *std::move(tls);
  options->upstream.descriptor_set =
      files::AsTheUserMeansIt(absl::GetFlag(FLAGS_descriptor_set));
  if (options->web_root.empty()) {
    options->web_root = bridge::DashboardFolder(argv[0]);
  }
  std::string address = options->address;
  const char* const scheme = options->tls.empty() ? "http" : "https";
  auto bridge = bridge::Bridge::Start(*std::move(options));
  if (!bridge.ok()) return bridge::Fail(bridge.status());
  std::printf("HTTP       %s://%s:%d\n", scheme, address.c_str(),
              (*bridge)->port());
  std::fflush(stdout);
  stop.Wait();
  spdlog::info("draining");
  (*bridge)->Drain();
  return 0;
}
