#include "service/flags.h"

#include <random>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "bridge/flags.h"
#include "bridge/time_span.h"
#include "files/user_path.h"
#include "service/flags_agree.h"
#include "service/level/source_set.h"
#include "service/replication_flags.h"
#include "service/simulation/cities.h"

ABSL_FLAG(int, grpc_port, 50051,
          "The port for gRPC. 0 takes one that is free.");
ABSL_FLAG(
    bool, bridge, true,
    "Also serve the dashboard, WebSocket, SSE and JSON over HTTP, through "
    "a bridge in this process. --nobridge: gRPC alone.");
ABSL_FLAG(std::string, data_dir, "",
          "The folder to keep the readings in; it is made if need be. Empty: "
          "they are kept in memory, and end with the process.");
ABSL_FLAG(bridge::TimeSpan, retain, absl::Hours(720),
          "How long readings are kept after they were recorded. At least 1s.");
ABSL_FLAG(absl::optional<int64_t>, retain_readings, absl::nullopt,
          "How many readings are kept at most: the latest. 0: any number. If "
          "unset: any number in --data_dir, 250000 in memory.");
ABSL_FLAG(bridge::TimeSpan, retain_history, absl::Hours(87600),
          "How long the level of each hour is kept. At least 1h.");
ABSL_FLAG(int, max_places, 10000,
          "How many different places there may be; readings of more are "
          "refused. 1 to 1000000.");
ABSL_FLAG(int, min_group, 1,
          "For privacy: a place's level is shown only where at least so many "
          "different sources contributed. 1 to 20. The readings themselves "
          "stay public.");
ABSL_FLAG(absl::optional<int>, simulated_places, absl::nullopt,
          "How many cities to invent readings for, 0 to 32. If unset: 0 with "
          "--data_dir, so that invented readings are not kept among real ones; "
          "8 in memory.");
ABSL_FLAG(bridge::TimeSpan, simulation_interval, absl::Seconds(5),
          "How often each simulated city reports. At least 1ms.");
ABSL_FLAG(uint64_t, simulation_seed, 0,
          "Repeats a simulation: the same seed gives the same places and "
          "values. 0: a random one.");
ABSL_FLAG(
    std::string, record_tokens, "",
    "File of those who may record: on each line a name, which becomes the "
    "source of what it records, and the SHA-256 of its token in hex. Read "
    "again when it changes. Empty: everybody may.");
ABSL_FLAG(std::string, read_tokens, "",
          "The same, of those who may read. Empty: everybody may.");
ABSL_FLAG(std::string, jwt_keys, "",
          "File of the public keys that sign JSON Web Tokens, a JWK set: who "
          "shows such a token may do what --jwt_for says, besides those in "
          "--record_tokens and --read_tokens. RS256 and ES256. Read again when "
          "it changes. Empty: no JWTs.");
ABSL_FLAG(std::string, jwt_audience, "",
          "What the claim aud of a JWT must name. Must be given with "
          "--jwt_keys.");
ABSL_FLAG(std::string, jwt_for, "both",
          "What a JWT is good for, and then asked for: record, read or both.");
ABSL_FLAG(
    int, max_writes_per_token, 1000,
    "How many readings a second each name in --record_tokens, or subject "
    "of JWTs, may record, by all of its calls. 0 to 1000000; 0: any number.");
ABSL_FLAG(std::string, tls_client_ca, "",
          "File with the certificates, in PEM, of those who vouch for clients: "
          "gRPC then serves only who shows a certificate of theirs. Needs "
          "--tls_cert. Read again when it changes.");
ABSL_FLAG(
    int, max_streams, 10000,
    "How many StreamReadings, StreamSummaries and RecordReadings calls may "
    "be open at a time.");
ABSL_FLAG(int, max_streams_per_connection, 10000,
          "How many calls of any kind one gRPC connection may have open at a "
          "time. 1 to 1000000.");
ABSL_FLAG(int, max_grpc_connections, 10000,
          "How many connections gRPC's port takes at a time. 1 to 1000000.");
ABSL_FLAG(int, max_grpc_connections_per_address, 1000,
          "How many of them one address may have, other than this machine's. 0 "
          "to 1000000; 0: any number.");
ABSL_FLAG(int64_t, max_grpc_bytes, 1 << 30,
          "Memory that gRPC may hold for its connections, calls and messages; "
          "over it, it ends some of them. At least 67108864.");
ABSL_FLAG(
    bridge::TimeSpan, grpc_keepalive, absl::Seconds(30),
    "How often a gRPC client from which nothing comes is asked for a sign "
    "of life; it is gone if it gives none for as long again, or 10s. 1s "
    "to 1h.");
ABSL_FLAG(std::string, grpc_address, "",
          "Where to listen for gRPC alone: localhost keeps it to this machine "
          "while --address serves the network over HTTP. Empty: --address.");

namespace happiness {
namespace {

constexpr int kMaxPort = 65'535;
constexpr int kSimulatedInMemory = 8;
constexpr int64_t kReadingsInMemory = 250'000;  // about 100 MB
constexpr int64_t kMinGrpcBytes = 64 << 20;

absl::Status CheckRange(const char* flag, int value, int min, int max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--", flag, "=", value, ": must be from ", min, " to ", max));
}

absl::Status CheckAtLeast(const char* flag, absl::Duration value,
                          absl::Duration min) {
  if (value >= min && value != absl::InfiniteDuration()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--", flag, "=", absl::FormatDuration(value), ": must be at least ",
      absl::FormatDuration(min), ", and finite"));
}

absl::StatusOr<std::optional<SimulatorOptions>> SimulatorFromFlags() {
  SimulatorOptions options;
  const bool in_memory = absl::GetFlag(FLAGS_data_dir).empty();
  const int places = absl::GetFlag(FLAGS_simulated_places)
                         .value_or(in_memory ? kSimulatedInMemory : 0);
  if (absl::Status status = CheckRange("simulated_places", places, 0,
                                       static_cast<int>(kCities.size()));
      !status.ok()) {
    return status;
  }
  if (places == 0) return std::nullopt;
  options.places = static_cast<size_t>(places);
  options.interval = absl::GetFlag(FLAGS_simulation_interval);
  if (absl::Status status = CheckAtLeast(
          "simulation_interval", options.interval, absl::Milliseconds(1));
      !status.ok()) {
    return status;
  }
  options.seed = absl::GetFlag(FLAGS_simulation_seed);
  if (options.seed == 0) options.seed = std::random_device()();
  return options;
}

absl::StatusOr<GrpcTls> TlsFromFlags() {
  absl::StatusOr<bridge::TlsFiles> identity = bridge::TlsFromFlags();
  if (!identity.ok()) return identity.status();
  GrpcTls tls = {*identity,
                 files::AsTheUserMeansIt(absl::GetFlag(FLAGS_tls_client_ca))};
  if (!tls.client_ca.empty() && tls.identity.empty()) {
    return absl::InvalidArgumentError(
        "--tls_client_ca: --tls_cert must be given with it");
  }
  return tls;
}

absl::Status JwtFromFlags(AccessOptions* options) {
  options->jwt_keys = files::AsTheUserMeansIt(absl::GetFlag(FLAGS_jwt_keys));
  options->jwt_audience = absl::GetFlag(FLAGS_jwt_audience);
  const std::string purpose = absl::GetFlag(FLAGS_jwt_for);
  if (options->jwt_keys.empty() != options->jwt_audience.empty()) {
    return absl::InvalidArgumentError(
        "--jwt_keys, --jwt_audience: must be given together");
  }
  if (purpose != "record" && purpose != "read" && purpose != "both") {
    return absl::InvalidArgumentError(
        absl::StrCat("--jwt_for=", purpose, ": must be record, read or both"));
  }
  if (options->jwt_keys.empty()) {
    if (purpose == "both") return absl::OkStatus();
    return absl::InvalidArgumentError(
        "--jwt_for: --jwt_keys must be given with it");
  }
  options->jwt_records = purpose != "read";
  options->jwt_reads = purpose != "record";
  return absl::OkStatus();
}

absl::StatusOr<StoredLogOptions> LogFromFlags() {
  StoredLogOptions options;
  options.retention.age = absl::GetFlag(FLAGS_retain);
  options.retention.history = absl::GetFlag(FLAGS_retain_history);
  const bool in_memory = absl::GetFlag(FLAGS_data_dir).empty();
  options.retention.readings = absl::GetFlag(FLAGS_retain_readings)
                                   .value_or(in_memory ? kReadingsInMemory : 0);
  const int max_places = absl::GetFlag(FLAGS_max_places);
  for (const absl::Status& status :
       {CheckAtLeast("retain", options.retention.age, absl::Seconds(1)),
        CheckAtLeast("retain_history", options.retention.history,
                     absl::Hours(1)),
        CheckRange("max_places", max_places, 1, 1'000'000)}) {
    if (!status.ok()) return status;
  }
  if (options.retention.readings < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--retain_readings=", options.retention.readings,
                     ": must be at least 0"));
  }
  options.max_places = static_cast<size_t>(max_places);
  return options;
}

absl::Status GrpcLimitsFromFlags(ServerOptions* options) {
  const int streams = absl::GetFlag(FLAGS_max_streams);
  const int of_connection = absl::GetFlag(FLAGS_max_streams_per_connection);
  const int connections = absl::GetFlag(FLAGS_max_grpc_connections);
  const int of_address = absl::GetFlag(FLAGS_max_grpc_connections_per_address);
  const int64_t memory = absl::GetFlag(FLAGS_max_grpc_bytes);
  for (const absl::Status& status :
       {CheckRange("max_streams", streams, 1, 1'000'000),
        CheckRange("max_streams_per_connection", of_connection, 1, 1'000'000),
        CheckRange("max_grpc_connections", connections, 1, 1'000'000),
        CheckRange("max_grpc_connections_per_address", of_address, 0,
                   1'000'000)}) {
    if (!status.ok()) return status;
  }
  if (memory < kMinGrpcBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--max_grpc_bytes=", memory, ": must be at least ", kMinGrpcBytes));
  }
  options->keepalive = absl::GetFlag(FLAGS_grpc_keepalive);
  if (options->keepalive < absl::Seconds(1) ||
      options->keepalive > absl::Hours(1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--grpc_keepalive=", absl::FormatDuration(options->keepalive),
        ": must be from 1s to 1h"));
  }
  options->connections = {static_cast<size_t>(connections),
                          static_cast<size_t>(of_address)};
  options->max_streams = static_cast<size_t>(streams);
  options->max_streams_per_connection = static_cast<size_t>(of_connection);
  options->max_memory = static_cast<size_t>(memory);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ServiceFlags> OptionsFromFlags() {
  ServiceFlags flags;
  flags.bridge = absl::GetFlag(FLAGS_bridge);
  if (!flags.bridge) {
    absl::Status status = CheckNothingSaidOfABridge();
    if (!status.ok()) return status;
  }
  flags.server.address = absl::GetFlag(FLAGS_grpc_address);
  if (flags.server.address.empty()) {
    flags.server.address = absl::GetFlag(FLAGS_address);
  }
  flags.server.port = absl::GetFlag(FLAGS_grpc_port);
  absl::StatusOr<GrpcTls> tls = TlsFromFlags();
  if (!tls.ok()) return tls.status();
  flags.server.tls = *std::move(tls);
  if (absl::Status status =
          CheckRange("grpc_port", flags.server.port, 0, kMaxPort);
      !status.ok()) {
    return status;
  }
  if (absl::Status status = GrpcLimitsFromFlags(&flags.server); !status.ok()) {
    return status;
  }
  const int min_group = absl::GetFlag(FLAGS_min_group);
  if (absl::Status status =
          CheckRange("min_group", min_group, 1, SourceSet::kMax);
      !status.ok()) {
    return status;
  }
  flags.min_group = static_cast<size_t>(min_group);
  flags.data_dir = files::AsTheUserMeansIt(absl::GetFlag(FLAGS_data_dir));
  if (absl::Status status = JwtFromFlags(&flags.access); !status.ok())
    return status;
  const int writes = absl::GetFlag(FLAGS_max_writes_per_token);
  if (absl::Status status =
          CheckRange("max_writes_per_token", writes, 0, 1'000'000);
      !status.ok()) {
    return status;
  }
  flags.writes_per_token = writes;
  flags.access.record_tokens =
      files::AsTheUserMeansIt(absl::GetFlag(FLAGS_record_tokens));
  flags.access.read_tokens =
      files::AsTheUserMeansIt(absl::GetFlag(FLAGS_read_tokens));
  absl::StatusOr<StoredLogOptions> log = LogFromFlags();
  if (!log.ok()) return log.status();
  flags.log = *log;
  auto replicated = ReplicationFromFlags(flags.log.retention.age);
  if (!replicated.ok()) return replicated.status();
  flags.replicated = *std::move(replicated);
  flags.server.serving = !flags.replicated.has_value();
  absl::StatusOr<std::optional<SimulatorOptions>> simulator =
      SimulatorFromFlags();
  if (!simulator.ok()) return simulator.status();
  flags.simulator = *simulator;
  if (absl::Status status = CheckFlagsAgree(flags); !status.ok()) return status;
  return flags;
}

}  // namespace happiness
