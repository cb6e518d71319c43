// A connection to a NATS cluster, and JetStream on it.

#ifndef SERVICE_JETSTREAM_CONNECTION_H_
#define SERVICE_JETSTREAM_CONNECTION_H_

#include <nats/nats.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace happiness {

// Where the cluster is, and how to get in.
struct NatsTarget {
  std::vector<std::string> servers;  // "nats://host:4222", or "tls://…"
  std::string credentials;           // a file as `nsc` makes it; empty: none
  std::string ca;    // who vouches for the servers; empty: the system's
  std::string cert;  // what this client shows, and its key; empty: nothing
  std::string key;

  // "host:4222, host2:4222", without passwords.
  std::string Describe() const;
};

// `servers` is "nats://host:4222,host2:4222", or with tls://. INVALID_ARGUMENT
// says what is wrong with it.
absl::StatusOr<std::vector<std::string>> ParseServers(
    absl::string_view servers);

// What the library says, as a status: UNAVAILABLE but where it is a refusal.
// `what` was tried.
absl::Status FromNats(natsStatus status, absl::string_view what,
                      jsErrCode error = {});

// Reconnects by itself for as long as it lives, to any of the servers. The log
// hears of it. Thread-safe.
class Connection {
 public:
  // What its owner hears, on threads of the library's. Must not block.
  struct Events {
    // It was lost, or is back, or something is wrong with a subscription.
    absl::AnyInvocable<void()> changed;
    // Of each message that was published: its acknowledgement, or an error.
    // Exactly once, unless the connection is closed before. The message may
    // not be used but to recognise it.
    absl::AnyInvocable<void(const natsMsg*, const jsPubAck*,
                            const jsPubAckErr*)>
        published;
  };

  // Blocks until it is connected, or each server has been tried once.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(
      const NatsTarget& target, Events events);

  // When this returns no event is under way, and none will come.
  ~Connection();

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  jsCtx* js() const { return js_; }

  // It will not reconnect: a new one must be opened.
  bool closed() const;

 private:
  explicit Connection(Events events);

  absl::Status Connect(const NatsTarget& target);
  absl::Status SetOptions(const NatsTarget& target);
  absl::Status SetTls(const NatsTarget& target);

  static void OnLost(natsConnection* nats, void* id);
  static void OnBack(natsConnection* nats, void* id);
  static void OnClosed(natsConnection* nats, void* id);
  static void OnError(natsConnection* nats, natsSubscription* subscription,
                      natsStatus status, void* id);
  static void OnPublished(jsCtx* js, natsMsg* message, jsPubAck* ack,
                          jsPubAckErr* error, void* id);

  void* const id_;
  Events events_;
  natsOptions* options_ = nullptr;
  natsConnection* nats_ = nullptr;
  jsCtx* js_ = nullptr;
};

}  // namespace happiness

#endif  // SERVICE_JETSTREAM_CONNECTION_H_
