// The gRPC server: HappinessService, health and reflection, at a port and in
// process.

#ifndef SERVICE_SERVER_H_
#define SERVICE_SERVER_H_

#include <grpcpp/channel.h>
#include <grpcpp/server.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/acceptor.h"
#include "service/grpc_tls.h"
#include "service/open_connections.h"
#include "service/rpc/backend.h"
#include "service/rpc/happiness_service.h"
#include "service/rpc/open_streams.h"
#include "service/rpc/pass_watch.h"

namespace happiness {

struct ServerOptions {
  std::string address = "localhost";  // a host name: all of its addresses
  int port = 50'051;                  // 0: any that is free
  GrpcTls tls = {};
  // StreamReadings, StreamSummaries and RecordReadings calls together. Each
  // costs about 10 KB, most of it gRPC's, and with a connection of its own 40
  // KB; one that stands still 16 KB more that gRPC has taken from it, and 120
  // KB of the largest readings; the names of 100 long places 90 KB.
  size_t max_streams = 10'000;
  // Calls of any kind at a time, of clients that heed it. A bridge of another
  // process makes all its calls on one connection.
  size_t max_streams_per_connection = 10'000;
  ConnectionLimits connections = {};
  // What gRPC may hold of what clients send, and for calls. Over it, it ends
  // streams and then connections, whoever's they are.
  size_t max_memory = 1 << 30;
  // A client from which nothing comes for so long is asked for a sign of life,
  // and gone if it gives none for as long again, or 10 s. At least 1 s.
  absl::Duration keepalive = absl::Seconds(30);
  // What health checks are told, until SetServing says something else.
  bool serving = true;
};

// Serves on threads of gRPC's. Its own methods may be called from any thread,
// but Drain from one at a time.
class Server {
 public:
  // How long Drain waits for calls that don't end by themselves.
  static constexpr absl::Duration kDrainTime = absl::Seconds(5);

  // Requests are readings, so small: at most 1 MiB.
  static constexpr int kMaxRequestBytes = 1 << 20;

  // Listens and serves when it returns. The error is one line for the person
  // who started the program.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const ServerOptions& options, const Backend& backend);

  // Ends what is left of the calls, without waiting for them as Drain does.
  ~Server();

  int port() const { return port_; }

  const OpenConnections& connections() const { return connections_; }
  size_t open_streams() const { return streams_.size(); }
  // Streams that ended because their token was valid no longer.
  int64_t invalid_streams() const { return streams_.invalid(); }
  int64_t refused_streams() const { return streams_.refused(); }
  const metrics::LabelCounts& refused() const { return service_.refused(); }
  std::optional<v1::Summary> LevelNow() { return service_.LevelNow(); }

  // A channel to this server that needs no network. Calls must not be started
  // on it once the server drains: gRPC 1.51 crashes.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // What health checks are told. Calls are served in any case.
  void SetServing(bool serving);

  // Says NOT_SERVING to health checks for good, and goes on.
  void AnnounceEnd();

  // Says NOT_SERVING to health checks, takes no more calls, ends streams with
  // UNAVAILABLE, lets other calls finish, and cancels those that have not ended
  // after `patience`. May be called again, to no effect.
  void Drain(absl::Duration patience = kDrainTime);

 private:
  Server(const ServerOptions& options, const Backend& backend)
      : connections_(options.connections),
        streams_(options.max_streams),
        service_(backend, &streams_) {}

  OpenConnections connections_;
  OpenStreams streams_;
  HappinessService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::optional<PassWatch> pass_watch_;  // none where everybody may call
  std::optional<Acceptor> acceptor_;     // none once it drains
};

}  // namespace happiness

#endif  // SERVICE_SERVER_H_
