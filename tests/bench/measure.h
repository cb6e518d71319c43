// What the programs of this folder share.

#ifndef TESTS_BENCH_MEASURE_H_
#define TESTS_BENCH_MEASURE_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.pb.h"
#include "service/log/reading_log.h"
#include "service/server.h"
#include "service/storage.h"

namespace bench {

namespace v1 = happiness::v1;

// The program's flags; and only warnings are logged, so that a table stays one.
void Start(int argc, char** argv);

// Ends the program.
[[noreturn]] void Fail(const std::string& message);

// Ends the program unless `status` of `what` is OK.
void Check(const absl::Status& status, const char* what);
void Check(const grpc::Status& status, const char* what);

// A connection is a descriptor, and the usual soft limit is 1,024.
void RaiseDescriptorLimit();

// User and system time of this process, all its threads.
absl::Duration CpuTime();

// The value below which `part` (0 to 1) of `values` are; there must be some.
double Percentile(std::vector<double> values, double part);
double Median(std::vector<double> values);

// The service on a free port of loopback, which keeps readings in a folder of
// its own. The folder goes with it.
class Service {
 public:
  // With `replicated` that folder is a copy of it; returns when it is complete.
  explicit Service(
      const std::optional<happiness::ReplicatedLogOptions>& replicated = {});
  ~Service();

  happiness::StoredLog* log() const { return storage_->log(); }
  happiness::Server& server() const { return *server_; }
  int port() const { return server_->port(); }

 private:
  std::string folder_;
  std::unique_ptr<happiness::Storage> storage_;
  std::unique_ptr<happiness::Server> server_;
};

// A connection of its own to a server on loopback.
std::shared_ptr<grpc::Channel> Connect(int port);

// A reading as a client sends it which means to send it again if need be: with
// a UUID, a time, and a source. `number` chooses the place, one of 100.
v1::Reading MakeReading(int number);

// Appends `count` readings, and returns when they are durable.
void Append(happiness::ReadingLog* log, int count);

// Records `count` readings, which were felt in the time up to now, with the
// service at `port`.
void Record(int port, int count, absl::Duration span);

}  // namespace bench

#endif  // TESTS_BENCH_MEASURE_H_
