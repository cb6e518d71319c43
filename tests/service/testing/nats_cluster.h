// NATS servers with JetStream, which a test starts, kills and starts again.
//
//   NatsCluster nats;  // one server
//   Connection::Open(nats.Target(), ...);
//   nats.Kill(0);
//   nats.Start(0);

#ifndef TESTS_SERVICE_TESTING_NATS_CLUSTER_H_
#define TESTS_SERVICE_TESTING_NATS_CLUSTER_H_

#include <memory>
#include <string>
#include <vector>

#include "service/jetstream/connection.h"
#include "tests/service/testing/program.h"

namespace happiness {

// On loopback, with what they keep in a folder of the test's. They end with it.
// Belongs to one thread.
class NatsCluster {
 public:
  // Starts that many servers: one alone, or three as a cluster, which has to
  // elect a leader yet. `config` is added to what each is told.
  explicit NatsCluster(int nodes = 1, std::string config = "");

  // Returns when the server takes connections, at the same port as ever.
  void Start(int node);

  // As a power cut does. Returns when it is gone.
  void Kill(int node);

  // It hangs, until it goes on.
  void Stop(int node);
  void Continue(int node);

  // What the servers call it.
  static std::string Name(int node);

  // All of them. `user` is "name:password"; empty: none.
  NatsTarget Target(const std::string& user = "") const;

 private:
  struct Node {
    int port;
    int route;
    std::unique_ptr<Program> program;
  };

  std::string Folder(int node) const;
  std::string Config(int node) const;

  const std::string folder_;
  const std::string config_;
  std::vector<Node> nodes_;
};

}  // namespace happiness

#endif  // TESTS_SERVICE_TESTING_NATS_CLUSTER_H_
