// gRPC calls to the upstream, of any method, in serialised messages.

#ifndef BRIDGE_UPSTREAM_CALL_H_
#define BRIDGE_UPSTREAM_CALL_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bridge/upstream/channels.h"
#include "bridge/upstream/metadata.h"
#include "waiting/seldom.h"

namespace bridge {

class Caller;

// A message of the upstream's, at the most; gRPC refuses a larger one.
inline constexpr int kMaxMessageBytes = 4 << 20;

// Whether a call ended since a message of the upstream's is larger than that.
// An upstream that refuses a message of ours says the same, of its own bound:
// what the bridge sends is smaller than that.
bool IsTooLarge(const grpc::Status& status);

// What it is then: no limit that the client could heed.
absl::Status TooLarge(const grpc::Status& status);

// What clients hear of a connection that can't be made.
inline constexpr char kNoConnection[] = "no connection to the upstream";

// Which method to call, and how.
struct CallSpec {
  std::string method;  // "/package.Service/Method"
  Metadata metadata;
  std::optional<absl::Duration> timeout;
};

// A call that may have many answers.
//
// Started by a Caller. A call deletes itself after its handler's OnDone. Its
// owner is whoever started it: from one thread at a time the owner may call
// Read, Write, WriteLast and Cancel until it calls Release, which it must do
// once. OnDone comes after Release only. A call whose metadata gRPC does not
// carry ends with INVALID_ARGUMENT, and never reaches the upstream.
class Call
    : private grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // What happens to the call, told on gRPC's threads, possibly while the owner
  // is within Read or Write. Must not block. Reads are told one after another,
  // and so are writes; a read and a write may be told at the same time.
  class Handler {
   public:
    virtual ~Handler() = default;

    // The upstream has accepted the call: its headers are here.
    virtual void OnAccepted() {}

    // A message, in answer to Read. Returns whether to read on at once;
    // otherwise the owner calls Read when it wants the next.
    virtual bool OnMessage(grpc::ByteBuffer message) = 0;

    // There will be no more messages.
    virtual void OnMessagesEnd() = 0;

    // A write is done, and the next may start. Not `ok`: the call is over.
    virtual void OnWritten(bool /*ok*/) {}

    // The call is over. The last thing told.
    virtual void OnDone(const grpc::Status& status) = 0;
  };

  // Asks for one message. One read at a time.
  void Read() { StartRead(&incoming_); }

  // Sends a message. One write at a time, until OnWritten.
  void Write(grpc::ByteBuffer message);
  // Sends the last message.
  void WriteLast(grpc::ByteBuffer message);
  // Says that the last message was sent already.
  void WritesDone() { StartWritesDone(); }
  // Ends the call early. The handler hears OnMessagesEnd (if a read is pending)
  // and, after Release, OnDone.
  void Cancel() { context_.TryCancel(); }

  // The owner will not use the call any more.
  void Release() { RemoveHold(); }

 private:
  friend class Caller;

  Call(Caller* caller, const CallSpec& spec, std::shared_ptr<Handler> handler);

  void OnReadInitialMetadataDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override { handler_->OnWritten(ok); }
  void OnDone(const grpc::Status& status) override;

  Caller* const caller_;
  std::shared_ptr<Handler> handler_;
  grpc::ClientContext context_;
  const grpc::Status refused_;  // by us: OK if the call was begun
  grpc::ByteBuffer outgoing_;
  grpc::ByteBuffer incoming_;
};

// A call with one answer, to any number of messages: a unary method's, or a
// client-streaming one's. Lives, and is owned, as a Call is.
//
// Not a Call with a single Read: in gRPC 1.51 the in-process transport loses an
// answer which comes together with the call's status, unless both are awaited
// together.
class AnswerCall : private grpc::ClientWriteReactor<grpc::ByteBuffer> {
 public:
  // As Call::Handler.
  class Handler {
   public:
    virtual ~Handler() = default;

    // A write is done, and the next may start. Not `ok`: the call is over.
    virtual void OnWritten(bool ok) = 0;

    // The upstream has refused the call before its end. Not always told.
    virtual void OnRefused() {}

    // The call is over. The last thing told. `answer` is there if it is OK.
    virtual void OnDone(const grpc::Status& status,
                        grpc::ByteBuffer answer) = 0;
  };

  // Sends a message. One write at a time, until OnWritten.
  void Write(grpc::ByteBuffer message);
  // Sends the last message.
  void WriteLast(grpc::ByteBuffer message);
  // Says that the last message was sent already.
  void WritesDone() { StartWritesDone(); }
  void Release() { RemoveHold(); }

  // By which the call can be cancelled at any time, even when it is done.
  std::shared_ptr<grpc::ClientContext> context() const { return context_; }

 private:
  friend class Caller;

  AnswerCall(Caller* caller, const CallSpec& spec,
             std::shared_ptr<Handler> handler);

  void OnReadInitialMetadataDone(bool ok) override;
  void OnWriteDone(bool ok) override { handler_->OnWritten(ok); }
  void OnDone(const grpc::Status& status) override;

  Caller* const caller_;
  const std::shared_ptr<Handler> handler_;
  const std::string method_;
  const std::shared_ptr<grpc::ClientContext> context_;
  const grpc::Status refused_;
  grpc::ByteBuffer outgoing_;
  grpc::ByteBuffer answer_;
};

// Starts the calls to one upstream, each to the replica whose turn it is, and
// knows when none is left. Must outlive its calls. Thread-safe.
class Caller {
 public:
  // Who hears how calls end. What gRPC says of a connection that it can't make
  // names addresses, which is no client's affair: it is in the log then, each
  // 10 s at the most.
  enum class For { kClients, kBridge };

  explicit Caller(std::vector<std::shared_ptr<grpc::Channel>> channels,
                  For whom = For::kClients);
  explicit Caller(std::shared_ptr<grpc::Channel> channel,
                  For whom = For::kClients);
  ~Caller() { AwaitIdle(); }

  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // Starts a call, whose handler stays alive until OnDone.
  Call* Start(const CallSpec& spec, std::shared_ptr<Call::Handler> handler);
  AnswerCall* Start(const CallSpec& spec,
                    std::shared_ptr<AnswerCall::Handler> handler);

  // Blocks until every call is done.
  void AwaitIdle() const;

 private:
  friend class Call;
  friend class AnswerCall;

  // The status of a call's end, for its handler: `refused`, if it is one.
  grpc::Status WhatToTell(const grpc::Status& status,
                          const grpc::Status& refused,
                          const grpc::ClientContext& context);
  void CallBegins();
  void CallDone();

  const For whom_;
  Channels channels_;
  mutable absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  waiting::Seldom unreachable_ ABSL_GUARDED_BY(mutex_) =
      waiting::Seldom(std::chrono::seconds(10));
};

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_CALL_H_
