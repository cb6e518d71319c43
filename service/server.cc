#include "service/server.h"

#include <grpc/compression.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/listening.h"

namespace happiness {
namespace {

// Only reflection and gRPC's own needs take threads; a client must not be able
// to take any number of them.
constexpr int kMaxThreads = 64;

// What gRPC takes of a stream ahead of its client, so that readings share
// packets. It is held for as long as the client does not read.
constexpr int kWriteBufferBytes = 16 << 10;

// How long a client's sign of life may take, at the most.
constexpr absl::Duration kLongestPing = absl::Seconds(10);

// How often clients without a call may ping.
constexpr int kMinPingIntervalMs = 5'000;

// In which a connection must have begun to speak HTTP/2.
constexpr int kHandshakeTimeoutMs = 10'000;

using FromFd = grpc::ServerBuilder::experimental_type::ExternalConnectionType;

// Health checks and reflection come with every server that is built after this.
void EnablePluginsOnce() {
  static const bool enabled = [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(enabled);
}

// gRPC 1.51 inflates a message whole before it looks at its size: a megabyte
// became a gigabyte. Who compresses is told UNIMPLEMENTED, as gRPC has it.
void InflateNothing(grpc::ServerBuilder* builder) {
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder->SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
}

int Millis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

// Finds clients that are gone without a word.
void KeepAlive(absl::Duration keepalive, grpc::ServerBuilder* builder) {
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Millis(keepalive));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                              Millis(std::min(keepalive, kLongestPing)));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
}

void SetLimits(const ServerOptions& options, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(Server::kMaxRequestBytes);
  InflateNothing(builder);
  builder->SetResourceQuota(grpc::ResourceQuota("happiness")
                                .Resize(options.max_memory)
                                .SetMaxThreads(kMaxThreads));
  builder->AddChannelArgument(
      GRPC_ARG_MAX_CONCURRENT_STREAMS,
      static_cast<int>(options.max_streams_per_connection));
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                              kHandshakeTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE,
                              kWriteBufferBytes);
  KeepAlive(options.keepalive, builder);
  builder->AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kMinPingIntervalMs);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerOptions& options, const Backend& backend) {
  absl::StatusOr<Listening> listening = Listen(options.address, options.port);
  if (!listening.ok()) return listening.status();
  auto credentials = CredentialsOf(options.tls);
  if (!credentials.ok()) return credentials.status();
  if (options.tls.identity.empty() && !listening->loopback_only()) {
    spdlog::warn(
        "gRPC serves the network without TLS: give --tls_cert and --tls_key, "
        "or keep it to this machine by --grpc_address=localhost");
  }
  EnablePluginsOnce();
  std::unique_ptr<Server> server(new Server(options, backend));
  server->port_ = listening->port;
  grpc::ServerBuilder builder;
  SetLimits(options, &builder);
  builder.RegisterService(&server->service_);
  auto connections = builder.experimental().AddExternalConnectionAcceptor(
      FromFd::FROM_FD, *credentials);
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr) {
    return absl::InternalError("gRPC does not start, and does not say why");
  }
  if (backend.access != nullptr && (!backend.access->everybody_reads() ||
                                    !backend.access->everybody_records())) {
    server->pass_watch_.emplace(&server->streams_);
  }
  server->acceptor_.emplace(*std::move(listening), std::move(connections),
                            &server->connections_);
  server->server_->GetHealthCheckService()->SetServingStatus(
      v1::HappinessService::service_full_name(), true);
  if (!options.serving) server->SetServing(false);
  return server;
}

Server::~Server() {
  if (server_ != nullptr) Drain(absl::ZeroDuration());
}

std::shared_ptr<grpc::Channel> Server::InProcessChannel() {
  return server_->InProcessChannel(grpc::ChannelArguments());
}

void Server::SetServing(bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(serving);
}

void Server::AnnounceEnd() { server_->GetHealthCheckService()->Shutdown(); }

void Server::Drain(absl::Duration patience) {
  AnnounceEnd();
  acceptor_.reset();
  streams_.ShutDown();
  server_->Shutdown(absl::ToChronoTime(absl::Now() + patience));
  server_->Wait();
}

}  // namespace happiness
