#include "bridge/library_logs.h"

#include <grpc/support/log.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <utility>

namespace bridge {
namespace {

TEST(LibraryLogsTest, ErrorsOfGrpcAreSaidSeldomAndTheRestIsForDebugging) {
  std::ostringstream text;
  auto log = std::make_shared<spdlog::logger>(
      "", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  log->set_pattern("%l %v");
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(std::move(log));
  LogLibraries();
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_DEBUG);  // as if for all of them
  gpr_log(GPR_INFO, "of no interest");
  gpr_log(GPR_ERROR, "Handshake failed: %s", "no certificate");
  gpr_log(GPR_ERROR, "Handshake failed: %s", "again");
  spdlog::set_default_logger(before);
  EXPECT_EQ(text.str(), "warning gRPC: Handshake failed: no certificate\n");
}

}  // namespace
}  // namespace bridge
