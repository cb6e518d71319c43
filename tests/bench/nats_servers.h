// NATS servers with JetStream, as processes of their own: one, or a cluster.

#ifndef TESTS_BENCH_NATS_SERVERS_H_
#define TESTS_BENCH_NATS_SERVERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/jetstream/replicated_log.h"
#include "tests/bench/child.h"

namespace bench {

// On loopback, below a folder of their own, which goes with them. Used by one
// thread.
class NatsServers {
 public:
  explicit NatsServers(int count);
  ~NatsServers();

  // A log on them that keeps each reading on all.
  happiness::ReplicatedLogOptions log() const;

  // Of all of them.
  absl::Duration CpuTime() const;

 private:
  std::string folder_;
  std::vector<int> ports_;
  std::vector<std::unique_ptr<Child>> servers_;
};

}  // namespace bench

#endif  // TESTS_BENCH_NATS_SERVERS_H_
