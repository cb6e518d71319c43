// One gRPC call to the upstream, of any method, in serialised messages.

#ifndef BRIDGE_UPSTREAM_CALL_H_
#define BRIDGE_UPSTREAM_CALL_H_

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace bridge {

// Names and values that go with a call; names in lower case.
using Metadata = std::vector<std::pair<std::string, std::string>>;

class Caller;

// A unary method is a stream of one message each way, so one kind of call
// serves all four kinds of methods.
//
// Started by a Caller. A call deletes itself after its handler's OnDone. Its
// owner is whoever started it: from one thread at a time the owner may call
// Read, Write, WritesDone and Cancel until it calls Release, which it must do
// once. OnDone comes after Release only.
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

  struct Spec {
    std::string method;  // "/package.Service/Method"
    Metadata metadata;
    std::optional<absl::Duration> timeout;
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

  Call(Caller* caller, const Spec& spec, std::shared_ptr<Handler> handler);

  void OnReadInitialMetadataDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override { handler_->OnWritten(ok); }
  void OnDone(const grpc::Status& status) override;

  Caller* const caller_;
  std::shared_ptr<Handler> handler_;
  grpc::ClientContext context_;
  grpc::ByteBuffer outgoing_;
  grpc::ByteBuffer incoming_;
};

// Starts the calls to one upstream, and knows when none is left. Must outlive
// its calls. Thread-safe.
class Caller {
 public:
  explicit Caller(std::shared_ptr<grpc::Channel> channel)
      : stub_(std::move(channel)) {}
  ~Caller() { AwaitIdle(); }

  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // Starts a call, whose handler stays alive until OnDone.
  Call* Start(const Call::Spec& spec, std::shared_ptr<Call::Handler> handler);

  // Blocks until every call is done.
  void AwaitIdle() const;

 private:
  friend class Call;

  void CallDone();

  grpc::GenericStub stub_;
  mutable absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_CALL_H_
