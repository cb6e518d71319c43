#include "service/jetstream/connection.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/jetstream/registry.h"

namespace happiness {
namespace {

constexpr int64_t kConnectMs = 2'000;  // for each server
constexpr int64_t kRequestMs = 1'000;
// A server from which nothing comes is left after twice this.
constexpr int64_t kPingMs = 2'000;
constexpr int kMaxPings = 2;
constexpr int64_t kWriteMs = 2'000;
constexpr int64_t kReconnectMs = 100;  // and half as long again, at the most
constexpr size_t kMaxServers = 64;
// Of what is published while there is no connection; more is refused.
constexpr int kReconnectBytes = 1 << 20;

absl::string_view WithoutUser(absl::string_view server) {
  const size_t at = server.rfind('@');
  return at == absl::string_view::npos ? server : server.substr(at + 1);
}

absl::string_view WithoutScheme(absl::string_view server) {
  for (const char* scheme : {"nats://", "tls://"}) {
    if (absl::ConsumePrefix(&server, scheme)) return server;
  }
  return server;
}

std::string UrlOf(natsConnection* nats) {
  char url[512] = "";
  natsConnection_GetConnectedUrl(nats, url, sizeof(url));
  return std::string(WithoutUser(WithoutScheme(url)));
}

// The library reads some when it connects, and then says no more than that it
// did not.
absl::Status CheckFiles(const NatsTarget& target) {
  const std::pair<const char*, const std::string&> files[] = {
      {"log_credentials", target.credentials},
      {"log_ca", target.ca},
      {"log_cert", target.cert},
      {"log_key", target.key}};
  for (const auto& [flag, file] : files) {
    if (file.empty() || access(file.c_str(), R_OK) == 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "--", flag, "=", file, ": can't be read: ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::Status Unusable(const char* flag, const std::string& file,
                      natsStatus status) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, "=", file, ": ", natsStatus_GetText(status)));
}

// What the library says of its last error, if that is `status`, without the
// place in its code: "Error: (js.c:12): no such stream".
std::string DetailOf(natsStatus status) {
  natsStatus last = NATS_OK;
  const char* text = nats_GetLastError(&last);
  if (text == nullptr || last != status) return "";
  const absl::string_view detail = text;
  const size_t place = detail.find("): ");
  return std::string(
      place == absl::string_view::npos ? detail : detail.substr(place + 3));
}

bool IsHostAndPort(absl::string_view text) {
  const size_t colon = text.rfind(':');
  int port = 0;
  return colon != absl::string_view::npos && colon > 0 &&
         text.find_first_of("/ ") == absl::string_view::npos &&
         absl::SimpleAtoi(text.substr(colon + 1), &port) && port > 0 &&
         port <= 65'535;
}

}  // namespace

std::string NatsTarget::Describe() const {
  return absl::StrJoin(
      servers, ", ", [](std::string* out, absl::string_view server) {
        absl::StrAppend(out, WithoutUser(WithoutScheme(server)));
      });
}

absl::StatusOr<std::vector<std::string>> ParseServers(
    absl::string_view servers) {
  const bool tls = absl::StartsWith(servers, "tls://");
  if (!tls && !absl::StartsWith(servers, "nats://")) {
    return absl::InvalidArgumentError(
        "must be nats://host:4222, or tls://host:4222, or several of them with "
        "commas between");
  }
  const char* const scheme = tls ? "tls://" : "nats://";
  std::vector<std::string> parsed;
  for (absl::string_view server : absl::StrSplit(servers, ',')) {
    absl::ConsumePrefix(&server, scheme);
    if (!IsHostAndPort(WithoutUser(server))) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", std::string(WithoutUser(server)),
                       "\" must be a host, a colon and a port"));
    }
    parsed.push_back(absl::StrCat(scheme, server));
  }
  if (parsed.size() > kMaxServers) {
    return absl::InvalidArgumentError(
        absl::StrCat("must have at most ", kMaxServers, " servers"));
  }
  return parsed;
}

absl::Status FromNats(natsStatus status, absl::string_view what,
                      jsErrCode error) {
  if (status == NATS_OK) return absl::OkStatus();
  const std::string detail = DetailOf(status);
  const std::string text = absl::StrCat(
      what, ": ", detail.empty() ? natsStatus_GetText(status) : detail);
  if (error == JSStreamReplicasNotSupportedErr) {
    return absl::FailedPreconditionError(
        absl::StrCat(text, ": a single server takes --log_replicas=1"));
  }
  switch (status) {
    case NATS_NOT_PERMITTED:
    case NATS_CONNECTION_AUTH_FAILED:
      return absl::PermissionDeniedError(text);
    case NATS_NO_RESPONDERS:
      return absl::UnavailableError(
          absl::StrCat(text, " (is JetStream on, and has it a leader?)"));
    case NATS_NOT_FOUND:
      return absl::NotFoundError(text);
    default:
      return absl::UnavailableError(text);
  }
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const NatsTarget& target, Events events) {
  std::unique_ptr<Connection> connection(new Connection(std::move(events)));
  if (absl::Status status = connection->Connect(target); !status.ok()) {
    return status;
  }
  return connection;
}

Connection::Connection(Events events)
    : id_(Registry<Connection>::Add(this)), events_(std::move(events)) {}

Connection::~Connection() {
  Registry<Connection>::Remove(id_);
  jsCtx_Destroy(js_);
  natsConnection_Destroy(nats_);
  natsOptions_Destroy(options_);
}

bool Connection::closed() const { return natsConnection_IsClosed(nats_); }

absl::Status Connection::Connect(const NatsTarget& target) {
  if (absl::Status status = SetOptions(target); !status.ok()) return status;
  if (natsStatus s = natsConnection_Connect(&nats_, options_); s != NATS_OK) {
    return FromNats(s, absl::StrCat("NATS at ", target.Describe()));
  }
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = kRequestMs;
  options.PublishAsync.AckHandler = &Connection::OnPublished;
  options.PublishAsync.AckHandlerClosure = id_;
  return FromNats(natsConnection_JetStream(&js_, nats_, &options), "JetStream");
}

absl::Status Connection::SetOptions(const NatsTarget& target) {
  if (absl::Status status = CheckFiles(target); !status.ok()) return status;
  std::vector<const char*> servers;
  for (const std::string& server : target.servers) {
    servers.push_back(server.c_str());
  }
  natsStatus s = natsOptions_Create(&options_);
  const auto set = [&s](natsStatus next) {
    if (s == NATS_OK) s = next;
  };
  set(natsOptions_SetServers(options_, servers.data(),
                             static_cast<int>(servers.size())));
  set(natsOptions_SetName(options_, "happiness"));
  set(natsOptions_SetTimeout(options_, kConnectMs));
  set(natsOptions_SetPingInterval(options_, kPingMs));
  set(natsOptions_SetMaxPingsOut(options_, kMaxPings));
  set(natsOptions_SetMaxReconnect(options_, -1));
  set(natsOptions_SetReconnectWait(options_, kReconnectMs));
  set(natsOptions_SetReconnectJitter(options_, kReconnectMs / 2,
                                     kReconnectMs / 2));
  // Otherwise one that hangs holds up all that the library does.
  set(natsOptions_SetWriteDeadline(options_, kWriteMs));
  set(natsOptions_SetReconnectBufSize(options_, kReconnectBytes));
  set(natsOptions_SetDisconnectedCB(options_, &Connection::OnLost, id_));
  set(natsOptions_SetReconnectedCB(options_, &Connection::OnBack, id_));
  set(natsOptions_SetClosedCB(options_, &Connection::OnClosed, id_));
  set(natsOptions_SetErrorHandler(options_, &Connection::OnError, id_));
  if (s != NATS_OK) return FromNats(s, "NATS's options");
  if (!target.credentials.empty()) {
    s = natsOptions_SetUserCredentialsFromFiles(
        options_, target.credentials.c_str(), nullptr);
    if (s != NATS_OK) return Unusable("log_credentials", target.credentials, s);
  }
  return SetTls(target);
}

absl::Status Connection::SetTls(const NatsTarget& target) {
  if (!absl::StartsWith(target.servers.front(), "tls://")) {
    return absl::OkStatus();
  }
  if (natsStatus s = natsOptions_SetSecure(options_, true); s != NATS_OK) {
    return FromNats(s, "TLS");
  }
  if (!target.ca.empty()) {
    natsStatus s =
        natsOptions_LoadCATrustedCertificates(options_, target.ca.c_str());
    if (s != NATS_OK) return Unusable("log_ca", target.ca, s);
  }
  if (!target.cert.empty()) {
    natsStatus s = natsOptions_LoadCertificatesChain(
        options_, target.cert.c_str(), target.key.c_str());
    if (s != NATS_OK) return Unusable("log_cert", target.cert, s);
  }
  return absl::OkStatus();
}

void Connection::OnLost(natsConnection*, void* id) {
  Registry<Connection>::Tell(id, [](Connection* self) {
    spdlog::warn("the connection to NATS is lost; trying again");
    self->events_.changed();
  });
}

void Connection::OnBack(natsConnection* nats, void* id) {
  Registry<Connection>::Tell(id, [nats](Connection* self) {
    spdlog::info("connected to NATS again, at {}", UrlOf(nats));
    self->events_.changed();
  });
}

void Connection::OnClosed(natsConnection*, void* id) {
  Registry<Connection>::Tell(id,
                             [](Connection* self) { self->events_.changed(); });
}

void Connection::OnError(natsConnection*, natsSubscription*, natsStatus status,
                         void* id) {
  spdlog::debug("NATS: {}", natsStatus_GetText(status));
  Registry<Connection>::Tell(id,
                             [](Connection* self) { self->events_.changed(); });
}

void Connection::OnPublished(jsCtx*, natsMsg* message, jsPubAck* ack,
                             jsPubAckErr* error, void* id) {
  Registry<Connection>::Tell(id, [=](Connection* self) {
    self->events_.published(message, ack, error);
  });
  natsMsg_Destroy(message);
}

}  // namespace happiness
