#include "tests/bench/service_process.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "tests/bench/measure.h"

namespace bench {
namespace {

std::vector<std::string> Arguments(const std::string& program,
                                   const std::vector<std::string>& flags) {
  std::vector<std::string> arguments = {program, "--address=127.0.0.1",
                                        "--grpc_port=0", "--http_port=0",
                                        "--drain=0"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return arguments;
}

}  // namespace

ServiceProcess::ServiceProcess(const std::string& program,
                               const std::vector<std::string>& flags)
    : start_(absl::Now()),
      process_(Arguments(program, flags)),
      grpc_port_(ReadPort("gRPC")),
      start_time_(absl::Now() - start_),
      http_port_(ReadPort("dashboard")) {}

int ServiceProcess::ReadPort(const std::string& line_begin) {
  std::string line;
  do {
    line = process_.ReadLine();
  } while (!absl::StartsWith(line, line_begin));
  int port = 0;
  if (!absl::SimpleAtoi(line.substr(line.rfind(':') + 1), &port)) {
    Fail("no port: " + line);
  }
  return port;
}

}  // namespace bench
