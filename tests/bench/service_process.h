// The service's program, as a process of its own.

#ifndef TESTS_BENCH_SERVICE_PROCESS_H_
#define TESTS_BENCH_SERVICE_PROCESS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/bench/child.h"

namespace bench {

// Used by one thread.
class ServiceProcess {
 public:
  // Starts `program` on free ports of loopback, with these flags besides, and
  // returns when it has said where it serves.
  ServiceProcess(const std::string& program,
                 const std::vector<std::string>& flags);

  int grpc_port() const { return grpc_port_; }
  int http_port() const { return http_port_; }
  // From just before exec until it said where it serves gRPC.
  absl::Duration start_time() const { return start_time_; }

  absl::Duration CpuTime() const { return process_.CpuTime(); }
  double ResidentMegabytes() const { return process_.ResidentMegabytes(); }

  // Ends it in order.
  void Stop() { process_.Stop(); }

 private:
  // The port in the next line that begins so.
  int ReadPort(const std::string& line_begin);

  const absl::Time start_;
  Child process_;
  const int grpc_port_;
  const absl::Duration start_time_;
  const int http_port_;
};

}  // namespace bench

#endif  // TESTS_BENCH_SERVICE_PROCESS_H_
