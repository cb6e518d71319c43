#include "bridge/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <spdlog/cfg/env.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <string>

#include "absl/base/attributes.h"
#include "absl/base/const_init.h"
#include "absl/synchronization/mutex.h"
#include "waiting/seldom.h"

namespace bridge {
namespace {

ABSL_CONST_INIT absl::Mutex errors_mutex(absl::kConstInit);

bool IsTimeForAnError() {
  static waiting::Seldom seldom(std::chrono::seconds(10));
  const absl::MutexLock lock(&errors_mutex);
  return seldom.IsDue();
}

void LogFromProtobuf(google::protobuf::LogLevel, const char* /*file*/,
                     int /*line*/, const std::string& message) {
  spdlog::debug("protobuf: {}", message);
}

void LogFromGrpc(gpr_log_func_args* args) {
  const bool is_error = args->severity == GPR_LOG_SEVERITY_ERROR;
  spdlog::log(is_error && IsTimeForAnError() ? spdlog::level::warn
                                             : spdlog::level::debug,
              "gRPC: {}", args->message);
}

}  // namespace

void LogLibraries() {
  spdlog::cfg::load_env_levels();
  google::protobuf::SetLogHandler(&LogFromProtobuf);
  gpr_set_log_function(&LogFromGrpc);
}

}  // namespace bridge
