#include "service/logging.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <spdlog/cfg/env.h>
#include <spdlog/spdlog.h>

#include <string>

namespace happiness {
namespace {

void LogFromProtobuf(google::protobuf::LogLevel, const char* /*file*/,
                     int /*line*/, const std::string& message) {
  spdlog::debug("protobuf: {}", message);
}

void LogFromGrpc(gpr_log_func_args* args) {
  spdlog::debug("gRPC: {}", args->message);
}

}  // namespace

void SetUpLogging() {
  spdlog::cfg::load_env_levels();
  google::protobuf::SetLogHandler(&LogFromProtobuf);
  gpr_set_log_function(&LogFromGrpc);
}

}  // namespace happiness
