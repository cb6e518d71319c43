#include "service/replication_flags.h"

#include <string>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bridge/flag_checks.h"
#include "files/user_path.h"

ABSL_FLAG(std::string, log, "",
          "Where several replicas of the service keep their readings together: "
          "the servers of a NATS cluster with JetStream, "
          "nats://host:4222,host2:4222, or tls://... --data_dir is then this "
          "replica's copy. Empty: the readings are in --data_dir alone.");
ABSL_FLAG(int, log_replicas, 3,
          "On how many servers of --log each reading is kept, if the stream is "
          "yet to be made. 1 to 5.");
ABSL_FLAG(std::string, log_credentials, "",
          "File with the user's JWT and seed for --log, as NATS's tools make "
          "it. Empty: none.");
ABSL_FLAG(std::string, log_ca, "",
          "File with the certificates, in PEM, of those who vouch for the "
          "servers of --log. Empty: those that this machine trusts.");
ABSL_FLAG(std::string, log_cert, "",
          "File with the certificate, in PEM, that is shown to the servers of "
          "--log. Needs --log_key. Empty: none.");
ABSL_FLAG(std::string, log_key, "", "File with its private key, in PEM.");
ABSL_FLAG(int64_t, ready_lag, 1000,
          "A replica of --log is ready, for health checks and /readyz, once "
          "its copy has been at most so many readings behind. At least 0.");

ABSL_DECLARE_FLAG(std::string, data_dir);

namespace happiness {
namespace {

constexpr int kMaxReplicas = 5;  // JetStream's

absl::Status Wrong(absl::string_view flag, absl::string_view value,
                   absl::string_view rule) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, value.empty() ? "" : "=", value, ": ", rule));
}

absl::Status CheckNothingSaidOfALog() {
  for (const char* flag : {"log_replicas", "log_credentials", "log_ca",
                           "log_cert", "log_key", "ready_lag"}) {
    if (bridge::IsGiven(flag)) return Wrong(flag, "", "needs --log");
  }
  return absl::OkStatus();
}

absl::Status TargetFromFlags(const std::string& servers, NatsTarget* target) {
  auto parsed = ParseServers(servers);
  if (!parsed.ok()) {
    // Which may hold a password.
    return Wrong("log", "", std::string(parsed.status().message()));
  }
  target->servers = *std::move(parsed);
  target->credentials =
      files::AsTheUserMeansIt(absl::GetFlag(FLAGS_log_credentials));
  target->ca = files::AsTheUserMeansIt(absl::GetFlag(FLAGS_log_ca));
  target->cert = files::AsTheUserMeansIt(absl::GetFlag(FLAGS_log_cert));
  target->key = files::AsTheUserMeansIt(absl::GetFlag(FLAGS_log_key));
  if (target->cert.empty() != target->key.empty()) {
    return Wrong("log_cert", "",
                 "--log_key must be given with it, and it with "
                 "--log_key");
  }
  if (absl::StartsWith(servers, "tls://")) return absl::OkStatus();
  for (const char* flag : {"log_ca", "log_cert"}) {
    if (bridge::IsGiven(flag)) return Wrong(flag, "", "needs --log=tls://...");
  }
  return absl::OkStatus();
}

absl::Status CheckWhatIsKept() {
  if (absl::GetFlag(FLAGS_data_dir).empty()) {
    return Wrong("log", "",
                 "--data_dir must be given with it, for this "
                 "replica's copy");
  }
  if (bridge::IsGiven("retain_readings")) {
    return Wrong("retain_readings", "",
                 "--log excludes it: all replicas keep the same, by --retain");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<ReplicatedLogOptions>> ReplicationFromFlags(
    absl::Duration retain) {
  const std::string servers = absl::GetFlag(FLAGS_log);
  if (servers.empty()) {
    if (absl::Status status = CheckNothingSaidOfALog(); !status.ok()) {
      return status;
    }
    return std::nullopt;
  }
  ReplicatedLogOptions options;
  if (absl::Status status = TargetFromFlags(servers, &options.target);
      !status.ok()) {
    return status;
  }
  if (absl::Status status = CheckWhatIsKept(); !status.ok()) return status;
  const int replicas = absl::GetFlag(FLAGS_log_replicas);
  if (replicas < 1 || replicas > kMaxReplicas) {
    return Wrong("log_replicas", absl::StrCat(replicas),
                 absl::StrCat("must be from 1 to ", kMaxReplicas));
  }
  options.ready_lag = absl::GetFlag(FLAGS_ready_lag);
  if (options.ready_lag < 0) {
    return Wrong("ready_lag", absl::StrCat(options.ready_lag),
                 "must be at least 0");
  }
  options.stream = {replicas, retain};
  return options;
}

}  // namespace happiness
