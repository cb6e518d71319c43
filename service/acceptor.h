// Accepts the connections of a gRPC server.

#ifndef SERVICE_ACCEPTOR_H_
#define SERVICE_ACCEPTOR_H_

#include <grpcpp/server_builder.h>

#include <memory>
#include <thread>
#include <vector>

#include "service/listening.h"
#include "service/open_connections.h"
#include "waiting/seldom.h"

namespace happiness {

// Has a thread of its own, until it goes away. gRPC's (1.51) own acceptor is
// deaf for good once the process has had no descriptor left for a moment: this
// one rests then, while clients wait in the kernel's queue, and goes on.
class Acceptor {
 public:
  using Connections = grpc::experimental::ExternalConnectionAcceptor;

  // The server of `connections` must have started, and must not have been shut
  // down while this lives. What `open` does not admit is closed; its thread is
  // this one's, and it must outlive it.
  Acceptor(Listening listening, std::unique_ptr<Connections> connections,
           OpenConnections* open);
  // Listens no more. Connections that it has accepted go on.
  ~Acceptor();

  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

 private:
  void Run();
  // False if the process has no descriptor, or no memory, for another one.
  bool AcceptOne(int listener);
  void Rest(int error);

  const std::vector<Socket> sockets_;
  const std::unique_ptr<Connections> connections_;
  OpenConnections& open_;
  // The thread's.
  waiting::Seldom shortage_;
  waiting::Seldom refusal_;
  waiting::Seldom sweeps_;
  std::thread thread_;
};

}  // namespace happiness

#endif  // SERVICE_ACCEPTOR_H_
