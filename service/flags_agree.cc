#include "service/flags_agree.h"

#include <string>

#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bridge/flag_checks.h"

namespace happiness {

absl::Status CheckNothingSaidOfABridge() {
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (!absl::EndsWith(flag->Filename(), "bridge/flags.cc") &&
        !absl::EndsWith(flag->Filename(), "bridge/request_flags.cc")) {
      continue;
    }
    // These are for gRPC, too.
    if (name == "address" || absl::StartsWith(name, "tls_")) continue;
    if (flag->CurrentValue() == flag->DefaultValue()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "--", name, "=", flag->CurrentValue(), ": --nobridge excludes it"));
  }
  return absl::OkStatus();
}

absl::Status CheckFlagsAgree(const ServiceFlags& flags) {
  const ConnectionLimits& grpc = flags.server.connections;
  if (absl::Status status = bridge::CheckAtMostIfGiven(
          "max_grpc_connections_per_address", grpc.of_address,
          "max_grpc_connections", grpc.all);
      !status.ok()) {
    return status;
  }
  const AccessOptions& access = flags.access;
  const bool named = !access.record_tokens.empty() ||
                     (!access.jwt_keys.empty() && access.jwt_records);
  if (!named && bridge::IsGiven("max_writes_per_token")) {
    return absl::InvalidArgumentError(
        "--max_writes_per_token: --record_tokens, or --jwt_keys of those who "
        "may record, must be given with it");
  }
  if (flags.simulator.has_value()) return absl::OkStatus();
  for (const char* name : {"simulation_interval", "simulation_seed"}) {
    if (!bridge::IsGiven(name)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--", name, ": needs --simulated_places, of at least 1"));
  }
  return absl::OkStatus();
}

}  // namespace happiness
